package main

import (
	"cmp"
	"errors"

	"github.com/logboom/logboom/internal/config"
)

// consoleAddress returns where the console is asked: at the address given on
// the command line, else where the settings have it. What goes through it is
// told where it is switched off.
func consoleAddress(given string, cfg *config.Config, what string) (string, error) {
	if address := cmp.Or(given, cfg.Console.Listen); address != "" {
		return address, nil
	}
	return "", hint(errors.New("the console is switched off, and "+what), `set console.listen = "127.0.0.1:8514"`)
}
