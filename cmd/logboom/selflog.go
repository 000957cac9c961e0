package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/logboom/logboom/internal/config"
)

// selfLog says where Logboom's own log goes.
type selfLog struct {
	config  config.Log
	service bool      // runs under a service manager: there is nobody at a terminal
	dir     string    // data directory, where the log of a service lies if it may not be in the system's place
	stderr  io.Writer // of the foreground; under systemd it reaches the journal
}

// open returns the logger and what must be closed at the end.
//
// In the foreground lines go to stderr, and to the file too if one is set. As
// a service they go to a file, [config.SystemLogFile] unless one is set, which
// is rotated by size and age. There is exactly one file logger in a process:
// lumberjack's background goroutine never ends.
// Its level can be changed.
func (s selfLog) open() (*slog.Logger, *slog.LevelVar, io.Closer, error) {
	out := s.stderr
	var file io.Closer = io.NopCloser(nil)
	name := s.name()
	if name != "" {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			return nil, nil, nil, hint(fmt.Errorf("making the folder of the log: %w", err), "set log.file to a file in a folder that this user may write")
		}
		rotated := &lumberjack.Logger{
			Filename: name, MaxSize: s.config.MaxSizeMB, MaxBackups: s.config.MaxBackups, MaxAge: s.config.MaxAgeDays,
		}
		file = rotated
		// A full disk must not silence the terminal or the journal: stderr first.
		out = tee{s.stderr, rotated}
	}
	level := new(slog.LevelVar)
	level.Set(s.config.SlogLevel())
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})), level, file, nil
}

// name returns the file that open writes to, "" for none.
func (s selfLog) name() string {
	if s.config.File != "" || !s.service {
		return s.config.File
	}
	name := config.SystemLogFile()
	if !mayWrite(filepath.Dir(name)) {
		name = filepath.Join(s.dir, filepath.Base(name))
	}
	return name
}

// tee writes to both and fails only if both fail.
type tee struct{ first, second io.Writer }

func (t tee) Write(p []byte) (int, error) {
	_, err1 := t.first.Write(p)
	_, err2 := t.second.Write(p)
	if err1 != nil && err2 != nil {
		return 0, err1
	}
	return len(p), nil
}
