package console

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/logboom/logboom/internal/login"
)

func TestPasswordOnLoopbackWithoutAUserLetsNobodyIn(t *testing.T) {
	for name, users := range map[string]string{"no file": "", "no user": `{"users":[]}`, "a file that cannot be read": `{"users":`} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			h := guarded(t, func(o *Options) {
				o.PasswordOnLoopback, o.Log = true, slog.New(slog.NewTextHandler(&log, nil))
				o.FirstPassword = func(context.Context, string) error { t.Error("a password was set"); return nil }
				path := filepath.Join(t.TempDir(), login.FileName)
				if users != "" {
					if err := os.WriteFile(path, []byte(users), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				var err error
				if o.Guard, err = login.NewGuard(t.Context(), login.Options{Path: path, Sessions: &drawer{}}); err != nil {
					t.Fatal(err)
				}
			})
			for path, methods := range h.routes {
				for method := range methods {
					need, _ := roleOf(t, method, path)
					want := http.StatusOK
					if need > login.Public || path == "/api/v1/login" {
						want = http.StatusUnauthorized
					}
					if w := do(h.Console, request(method, pathOf(path), bodyOf(path))); w.Code != want {
						t.Errorf("%s %s: status %d, want %d: %.100s", method, path, w.Code, want, w.Body)
					}
				}
			}
			if err := h.Shut(); err == nil || errors.Is(err, ErrNoPassword) != (name != "a file that cannot be read") || !strings.Contains(log.String(), "lets nobody in") {
				t.Errorf("Shut = %v, log %s", err, &log)
			}
		})
	}
}
