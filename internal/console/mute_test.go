package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMute(t *testing.T) {
	o := options()
	var asked time.Duration
	calls := 0
	var broken error
	o.Mute = func(_ context.Context, d time.Duration) (time.Time, error) {
		asked = d
		calls++
		if d == 0 || broken != nil {
			return time.Time{}, broken
		}
		return noon.Add(d), nil
	}
	c := made(t, o)
	tests := []struct {
		name, body string
		status     int
		want       time.Duration
		answer     string // part of it
	}{
		{"an hour", `{"minutes": 60}`, 200, time.Hour, `{"muted_until":1795352400000000}`},
		{"a minute", `{"minutes": 1}`, 200, time.Minute, `{"muted_until":1795348860000000}`},
		{"a day", `{"minutes": 1440}`, 200, 24 * time.Hour, `{"muted_until":1795435200000000}`},
		{"no longer", `{"minutes": 0}`, 200, 0, `{"muted_until":0}`},
		{"too long", `{"minutes": 1441}`, 400, 0, `minutes: 1441 is not from 0 to 1440`},
		{"negative", `{"minutes": -1}`, 400, 0, `minutes: -1 is not from 0 to 1440`},
		{"a fraction", `{"minutes": 1.5}`, 400, 0, `expected a JSON object with \"minutes\"`},
		{"beyond numbers", `{"minutes": 1e99}`, 400, 0, `expected a JSON object`},
		{"a text", `{"minutes": "60"}`, 400, 0, `expected a JSON object`},
		{"nothing", ``, 400, 0, `expected a JSON object`},
		{"null", `{"minutes": null}`, 400, 0, `expected a JSON object`},
		{"another key", `{"hours": 1}`, 400, 0, `expected a JSON object`},
		{"a list", `[60]`, 400, 0, `expected a JSON object`},
		{"no JSON", `minutes=60`, 400, 0, `expected a JSON object`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := calls
			asked = 0
			w := do(c, request("POST", "/api/v1/alerts/mute", tt.body))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) || asked != tt.want {
				t.Errorf("status %d %s, asked for %v; want %d %s, %v", w.Code, w.Body, asked, tt.status, tt.answer, tt.want)
			}
			if (calls > before) != (tt.status == 200) {
				t.Errorf("asked %d times", calls-before)
			}
		})
	}
	broken = errors.New("disk full")
	if w := do(c, request("POST", "/api/v1/alerts/mute", `{"minutes": 60}`)); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "disk full") {
		t.Errorf("status %d %s, want 500 and why", w.Code, w.Body)
	}
}

func TestMuteIsGuardedLikeTheOthers(t *testing.T) {
	o := options()
	o.Mute = func(context.Context, time.Duration) (time.Time, error) {
		t.Error("it was muted")
		return time.Time{}, nil
	}
	c := made(t, o)
	for name, change := range map[string]func(*http.Request){
		"another site":        func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another origin":      func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"a form":              func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"a name of elsewhere": func(r *http.Request) { r.Host = "evil.example" },
		"GET":                 func(r *http.Request) { r.Method = http.MethodGet },
		"a long body":         func(r *http.Request) { r.ContentLength = 1 << 20 },
	} {
		r := request("POST", "/api/v1/alerts/mute", `{"minutes": 60}`)
		change(r)
		if w := do(c, r); w.Code < 400 || w.Code >= 500 {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
	r := request("POST", "/api/v1/alerts/mute", `{"minutes": 60, "x": "`+strings.Repeat("x", 65<<10)+`"}`)
	r.ContentLength = -1
	if w := do(c, r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a chunked body that is too long: status %d", w.Code)
	}
}
