package engine

import (
	"log/slog"

	"github.com/logboom/logboom/internal/config"
)

// Check says why a server could not run with settings that were read well: it
// makes the rules, with keywords and packs, and the ways to tell people, all that
// may fail for what the settings say. It opens nothing and asks nobody.
func Check(cfg *config.Config) error {
	if _, err := alertSet(cfg, cfg.Directory(), nil); err != nil {
		return err
	}
	if _, err := Chats(cfg, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	_, err := Ways(cfg, slog.New(slog.DiscardHandler))
	return err
}
