package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestReload(t *testing.T) {
	tests := []struct {
		name   string
		done   Reloaded
		err    error
		status int
		want   string
	}{
		{"nothing has changed", Reloaded{}, nil, http.StatusOK, `{"applied":[],"restart":[],"notes":[]}`},
		{"some is in force and some takes a restart", Reloaded{Applied: []string{"alerts.rule"}, Restart: []string{"store.directory"}}, nil,
			http.StatusOK, `{"applied":["alerts.rule"],"restart":["store.directory"],"notes":[]}`},
		{"settings that cannot be used", Reloaded{}, &Refusal{Message: "cannot be used", Problems: []Problem{{File: "config.toml", Line: 4, Key: "retention.days", Have: "-3", Want: "more"}}},
			http.StatusUnprocessableEntity, `{"error":{"message":"cannot be used"},"problems":[{"file":"config.toml","line":4,"key":"retention.days","have":"-3","want":"more","hint":""}]}`},
		{"a file that cannot be read", Reloaded{}, &Refusal{Message: "no such file"}, http.StatusUnprocessableEntity, `"problems":[]`},
		{"something else", Reloaded{}, errors.New("boom"), http.StatusInternalServerError, "the ones before are in force"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := options()
			o.Reload = func(context.Context) (Reloaded, error) { return tt.done, tt.err }
			w := do(made(t, o), request("POST", "/api/v1/reload", "{}"))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("status %d, %s; want %d, %s", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}
