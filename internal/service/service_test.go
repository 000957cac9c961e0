package service

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	type look struct {
		state State
		err   error
	}
	always := func(s State) func(time.Duration) look { return func(time.Duration) look { return look{s, nil} } }
	tests := []struct {
		name  string
		look  func(since time.Duration) look
		ready func(since time.Duration) error
		want  string // in the error; "" = none
		takes time.Duration
	}{
		{"runs already", always(Running), nil, "", 0},
		{"runs after a while", func(d time.Duration) look {
			if d < 2*time.Second {
				return look{Starting, nil}
			}
			return look{Running, nil}
		}, nil, "", 2 * time.Second},
		{"is ready after a while", always(Running), func(d time.Duration) error {
			if d < 3*time.Second {
				return errors.New("connection refused")
			}
			return nil
		}, "", 3 * time.Second},
		{"never runs", always(Starting), nil, "logboom is starting and not running after 30s\nbecause of the moon", 30 * time.Second},
		{"never is ready", always(Running), func(time.Duration) error { return errors.New("connection refused") },
			"runs, but does not answer after 30s: connection refused\nbecause of the moon", 30 * time.Second},
		{"ends", func(d time.Duration) look {
			if d < time.Second {
				return look{Starting, nil}
			}
			return look{Stopped, errors.New("it ended")}
		}, nil, "it ended", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				c := Config{Name: "logboom"}
				if tt.ready != nil {
					c.Ready = func(context.Context) error { return tt.ready(time.Since(begun)) }
				}
				err := c.await(t.Context(), Running, startTime, func() (State, error) {
					l := tt.look(time.Since(begun))
					return l.state, l.err
				}, func() string { return "because of the moon" })
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("await() = %v, want %q", err, tt.want)
				}
				if took := time.Since(begun); took != tt.takes {
					t.Errorf("it took %v, want %v", took, tt.takes)
				}
			})
		})
	}
}

func TestSupervise(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name    string
		run     func(ctx context.Context, ready func()) error
		want    error
		started time.Duration // -1 = not
	}{
		{"ready at once, ends when told", func(ctx context.Context, ready func()) error { ready(); ready(); <-ctx.Done(); return nil }, nil, 0},
		{"never says that it is ready", func(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }, nil, readyTime},
		{"fails at the start", func(context.Context, func()) error { return boom }, boom, -1},
		{"fails later", func(_ context.Context, ready func()) error { ready(); time.Sleep(time.Second); return boom }, boom, 0},
		{"ends without being told to", func(_ context.Context, ready func()) error { ready(); return nil }, errEnded, 0},
		{"fails while it stops", func(ctx context.Context, ready func()) error { ready(); <-ctx.Done(); return boom }, boom, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				var started atomic.Int64 // a timer may set it
				started.Store(-1)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				err := supervise(ctx, tt.run, func() {
					if !started.CompareAndSwap(-1, int64(time.Since(begun))) {
						t.Error("started twice")
					}
				})
				if at := time.Duration(started.Load()); !errors.Is(err, tt.want) || at != tt.started {
					t.Errorf("supervise() = %v, started at %v; want %v, %v", err, at, tt.want, tt.started)
				}
			})
		})
	}
}

func TestInstallChecksItsConfig(t *testing.T) {
	program, err := os.Executable() // any program does
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"relative program", Config{Executable: "logboom"}, "absolute"},
		{"relative directory", Config{Executable: program, Writable: []string{"data"}}, `"data"`},
		{"relative file", Config{Executable: program, Readable: []string{"config.toml"}}, `"config.toml"`},
		{"line break", Config{Executable: program, Arguments: []string{"--config", "/a\nExecStart=/bin/sh"}}, "line break"},
		{"line break in a directory", Config{Executable: program, Writable: []string{program + "\nUser=root"}}, "line break"},
		{"line break in a file", Config{Executable: program, Readable: []string{program + "\nUser=root"}}, "line break"},
		{"no program", Config{Executable: program + "-not"}, "not where the service would look"},
		{"directory", Config{Executable: filepath.Dir(program)}, "not a program file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.c.complete(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("complete() = %v, want %q", err, tt.want)
			}
		})
	}
	own := Config{Name: "logboom"}
	if err := own.complete(); err != nil || !filepath.IsAbs(own.Executable) {
		t.Errorf("complete() = %v, program %q", err, own.Executable)
	}
}

func TestStatesHaveNames(t *testing.T) {
	for s := NotInstalled; s <= Failed; s++ {
		if s.String() == "" || strings.HasPrefix(s.String(), "state ") {
			t.Errorf("state %d has no name", s)
		}
	}
	if got := State(99).String(); got != "state 99" {
		t.Errorf("State(99) = %q", got)
	}
}
