package main

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"

	"github.com/logboom/logboom/internal/config"
)

// envToken names the variable with a token for the console, where it wants one
// from this machine too.
const envToken = "LOGBOOM_CONSOLE_TOKEN"

// consoleAddress returns where the console is asked: at the address given on
// the command line, else where the settings have it. What goes through it is
// told where it is switched off.
func consoleAddress(given string, cfg *config.Config, what string) (string, error) {
	if address := cmp.Or(given, localConsole(cfg.Console.Listen)); address != "" {
		return address, nil
	}
	return "", hint(errors.New("the console is switched off, and "+what), `set console.listen = "127.0.0.1:8514"`)
}

// localConsole returns where this machine reaches a console that listens on an
// address: one that listens on all is on loopback, too.
func localConsole(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	a, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && a == netip.IPv4Unspecified():
		return net.JoinHostPort("127.0.0.1", port)
	case err == nil && a == netip.IPv6Unspecified():
		return net.JoinHostPort("::1", port)
	}
	return listen
}

// authorize shows the console the token of the environment, if there is one.
func authorize(r *http.Request) {
	if token := os.Getenv(envToken); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}
