package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/state"
	"github.com/logboom/logboom/internal/store"
)

// wanted are the flags of the commands that read stored messages.
type wanted struct {
	from, to, device string
	directory        string
	zone             *time.Location
	names            *config.Directory

	denied error // of some of the day files, which this user may not read
}

func (w *wanted) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&w.from, "from", "", "received from this `time` on: -1h, -7d, today, yesterday, 14:30, 2026-11-22, or RFC 3339")
	f.StringVar(&w.to, "to", "", "received before this `time`")
	f.StringVar(&w.device, "device", "", "only from this `address`, network (10.0.0.0/8), or name")
	w.directoryFlag(cmd)
}

func (w *wanted) directoryFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&w.directory, "directory", "", "read the day files of this `folder` instead of the configured one")
}

// open opens the archive that the settings and flags mean.
func (w *wanted) open(a *app) (*store.Archive, error) {
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	w.zone, w.names = cfg.Location(), cfg.Directory()
	if w.directory == "" {
		w.directory = dataDirectory(cfg)
	}
	archive, err := store.OpenArchive(w.directory, w.zone)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, hint(err, "nothing has been stored there yet: start logboom, or name the folder with --directory")
	case errors.Is(err, os.ErrPermission):
		return nil, hint(err, rightsHint)
	case err != nil:
		return nil, err
	}
	var all bool
	if all, w.denied = denied(w.directory); all {
		return nil, errors.Join(w.denied, archive.Close())
	}
	return archive, nil
}

// readState finds the data of the settings and lets read look into logboom.db, if
// there is one.
func (w *wanted) readState(a *app, read func(*state.State) error) error {
	archive, err := w.open(a)
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	st, err := openState(w.directory)
	if st == nil || err != nil {
		return err
	}
	return errors.Join(read(st), st.Close())
}

// openState opens logboom.db of a data directory for reading; nil if nothing was
// received there yet.
func openState(directory string) (*state.State, error) {
	path := filepath.Join(directory, state.FileName)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if !mayRead(path) {
		return nil, hint(fmt.Errorf("this user may not read %s: %w", path, os.ErrPermission), rightsHint)
	}
	return state.OpenReader(path)
}

// dataDirectory returns where the messages are: the folder that is set, else
// the system's, else that of a server which runs without rights.
func dataDirectory(cfg *config.Config) string {
	if cfg.Store.Directory != "" {
		return cfg.Store.Directory
	}
	if system := cfg.DataDirectory(); readable(system) || !readable(config.UserDirectory()) {
		return system
	}
	return config.UserDirectory()
}

func readable(directory string) bool {
	_, err := os.ReadDir(directory)
	return err == nil
}

// search makes of the flags and the words of a query what the archive is asked.
func (w *wanted) search(words []string) (store.Search, error) {
	text := strings.Join(words, " ")
	s := store.Search{Directory: w.names}
	now := time.Now()
	var err error
	if s.From, err = console.ParseTime(w.from, now, w.zone); err != nil {
		return s, usage("--from: %w", err)
	}
	if s.To, err = console.ParseTime(w.to, now, w.zone); err != nil {
		return s, usage("--to: %w", err)
	}
	if s.From != 0 && s.To != 0 && s.From >= s.To {
		return s, usage("--from %s is not before --to %s", w.from, w.to)
	}
	if w.device != "" {
		if address, err := netip.ParseAddr(w.device); err == nil {
			s.Device = address.Unmap().WithZone("")
		} else if text, err = withDevice(text, w.device); err != nil {
			return s, err
		}
	}
	s.Query, err = query.Parse(text)
	if err != nil {
		return s, misuse{err}
	}
	return s, nil
}

// withDevice adds to a query that the device must be the named one.
func withDevice(text, device string) (string, error) {
	if strings.ContainsAny(device, "\"\\\x00\n\r") {
		return "", usage("--device %q: expected an address, a network or a name", device)
	}
	// A query whose brackets do not match is to be explained as it was written.
	if _, err := query.Parse(text); err != nil {
		return "", misuse{err}
	}
	if text = strings.TrimSpace(text); text != "" {
		text = "(" + text + ") "
	}
	return text + `device:"` + device + `"`, nil
}

// span says in words which time and folder were searched.
func (w *wanted) span(s *store.Search) string {
	at := func(micros int64) string { return time.UnixMicro(micros).In(w.zone).Format("2006-01-02 15:04:05") }
	var b strings.Builder
	if s.From != 0 {
		fmt.Fprintf(&b, " from %s", at(s.From))
	}
	if s.To != 0 {
		fmt.Fprintf(&b, " to %s", at(s.To))
	}
	fmt.Fprintf(&b, " in %s", w.directory)
	return b.String()
}

// formatFlag adds --format with the formats of messages.
func formatFlag(cmd *cobra.Command, format *string, given string) {
	cmd.Flags().StringVar(format, "format", given, "how messages are written: "+strings.Join(console.Formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(console.Formats, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

func checkFormat(format string, accepted ...string) error {
	for _, f := range accepted {
		if f == format {
			return nil
		}
	}
	return usage("--format %q: must be one of %s", format, strings.Join(accepted, ", "))
}
