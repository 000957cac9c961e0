package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

func TestRehearse(t *testing.T) {
	o := options()
	var asked *Rehearsal
	var fails error
	o.Rehearse = func(_ context.Context, r Rehearsal) (*alert.Rehearsed, error) {
		asked = &r
		if fails != nil {
			return nil, fails
		}
		return &alert.Rehearsed{Notices: 3, Newest: []alert.RehearsedNotice{{Kind: alert.KindAlert, Rule: "<b>", Text: "x"}}}, nil
	}
	c := made(t, o)
	day := 24 * time.Hour
	from := func(d time.Duration) int64 { return noon.Add(-d).UnixMicro() }
	tests := []struct {
		name, body string
		fails      error
		status     int
		want       Rehearsal
		answer     string // part of it
	}{
		{"a rule", `{"rule":"ONU lost","since":"24h"}`, nil, 200, Rehearsal{Rule: "ONU lost", From: from(day)}, `"notices":3,"alerts":0,"days":[],"busiest":{"at":0,"alerts":0},"devices":[],"rules":[],"texts":[],"newest":[{"sent_at":0,"at":0,"kind":"alert","rule":"\u003cb\u003e"`},
		{"a week if nothing is said", `{}`, nil, 200, Rehearsal{From: from(7 * day)}, `"took_ms":`},
		{"a draft, from and to", `{"draft":"[alerts]","from":"yesterday","to":"today"}`, nil, 200, Rehearsal{Draft: "[alerts]", From: from(36 * time.Hour), To: from(12 * time.Hour)}, `"left_off":0`},
		{"both", `{"rule":"a","draft":"b"}`, nil, 400, Rehearsal{}, "both given"},
		{"since and from", `{"since":"7d","from":"-7d"}`, nil, 400, Rehearsal{}, "both given"},
		{"no time", `{"since":"soon"}`, nil, 400, Rehearsal{}, `\"soon\" is no time`},
		{"the end before the beginning", `{"since":"1h","to":"-2h"}`, nil, 400, Rehearsal{}, "begins after its end"},
		{"another key", `{"rules":"a"}`, nil, 400, Rehearsal{}, "expected a JSON object"},
		{"a number", `{"rule":7}`, nil, 400, Rehearsal{}, "expected a JSON object"},
		{"nothing", ``, nil, 400, Rehearsal{}, "expected a JSON object"},
		{"no such rule", `{"rule":"x"}`, &Refusal{Message: "there is none", Hint: "look"}, 400, Rehearsal{Rule: "x", From: from(7 * day)}, `{"error":{"message":"there is none","hint":"look"}}`},
		{"a draft with mistakes", `{"draft":"x"}`, &Refusal{Message: "no", Problems: []Problem{{Key: "alerts"}}}, 400, Rehearsal{Draft: "x", From: from(7 * day)}, `"problems":[{"key":"alerts"`},
		{"what cannot be read", `{}`, errors.New("disk gone"), 500, Rehearsal{From: from(7 * day)}, "disk gone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked, fails = nil, tt.fails
			w := do(c, request("POST", "/api/v1/alerts/rehearse", tt.body))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.answer) {
				t.Errorf("status %d %s, want %d %s", w.Code, w.Body, tt.status, tt.answer)
			}
			if got := asked; got == nil && tt.want != (Rehearsal{}) || got != nil && *got != tt.want {
				t.Errorf("asked for %+v, want %+v", got, tt.want)
			}
		})
	}
	large := request("POST", "/api/v1/alerts/rehearse", `{"draft":"`+strings.Repeat("x", 257<<10)+`"}`)
	large.ContentLength = -1
	if w := do(c, large); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long draft: status %d", w.Code)
	}
}

func TestOneRehearsalAtATimeThatEndsWithItsClient(t *testing.T) {
	o := options()
	entered, ended := make(chan struct{}), make(chan struct{})
	o.Rehearse = func(ctx context.Context, _ Rehearsal) (*alert.Rehearsed, error) {
		if _, limited := ctx.Deadline(); !limited {
			t.Error("there is no limit of time")
		}
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	c := made(t, o)
	ctx, leave := context.WithCancel(t.Context())
	go func() { // ends with leave
		defer close(ended)
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("an answer to nobody")
			}
		}()
		do(c, request("POST", "/api/v1/alerts/rehearse", `{}`).WithContext(ctx))
	}()
	<-entered
	if w := do(c, request("POST", "/api/v1/alerts/rehearse", `{}`)); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second: status %d %s", w.Code, w.Body)
	}
	leave()
	<-ended
	if len(c.rehearse) != 0 {
		t.Error("the place was not given back")
	}
}

func TestParseSince(t *testing.T) {
	for text, want := range map[string]time.Time{
		"7d": noon.Add(-7 * 24 * time.Hour), "90m": noon.Add(-90 * time.Minute), "2w": noon.Add(-14 * 24 * time.Hour), " -1h ": noon.Add(-time.Hour),
		"today": noon.Add(-12 * time.Hour), "2026-11-20": time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), "20261120": time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		"11:30": noon.Add(-30 * time.Minute),
	} {
		if got, err := ParseSince(text, noon, time.UTC); err != nil || got != want.UnixMicro() {
			t.Errorf("%q: %v, %v, want %v", text, time.UnixMicro(got).UTC(), err, want)
		}
	}
	if _, err := ParseSince("7 days", noon, time.UTC); err == nil || !strings.Contains(err.Error(), `"7 days" is no time: expected how far back`) {
		t.Errorf("got %v", err)
	}
}
