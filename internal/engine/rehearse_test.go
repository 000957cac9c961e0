package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/alert"
	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/store"
	"github.com/logboom/logboom/internal/syslog"
)

// rehearse asks the console to, and returns its answer.
func (s *server) rehearse(body string) (int, string) {
	s.t.Helper()
	r, err := http.Post("http://"+s.e.ConsoleAddr()+"/api/v1/alerts/rehearse", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// told says of a rehearsal how many messages there were, and what would have
// been sent.
func told(r *alert.Rehearsed) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", r.Messages)
	for _, n := range r.Newest {
		fmt.Fprintf(&b, " %s %s %s,", n.Kind, n.Rule, n.Device)
	}
	return b.String()
}

func TestRehearsalsOverTheConsole(t *testing.T) {
	s := start(t, testConfig(t, "[alerts]\npacks = []\nkeywords = ['fire', 'big fire']\n[[alerts.rule]]\nname = 'Uplink'\nquery = '\"uplink lost\"'\nclear = '\"uplink back\"'\n"))
	for _, text := range []string{"uplink lost", "hello", "a big fire", "a fire", "uplink back", "smoke of 7", "smoke of 8"} {
		s.send(0, "127.0.0.3", "<131>host app: "+text)
	}
	s.send(0, "127.0.0.4", "<131>host app: smoke of 9")
	s.awaitStored(8)
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"everything as configured", `{"since":"1h"}`, 200, "8: alert Uplink 127.0.0.3, alert fire 127.0.0.3, clear Uplink 127.0.0.3,"},
		{"a rule", `{"rule":"Uplink","since":"1h"}`, 200, "8: alert Uplink 127.0.0.3, clear Uplink 127.0.0.3,"},
		{"a keyword", `{"rule":"fire"}`, 200, "8: alert fire 127.0.0.3,"},
		{"a draft", `{"draft":"[[alerts.rule]]\nname = \"Smoke\"\nquery = \"smoke\"\nthreshold = 2"}`, 200, "8: alert Smoke 127.0.0.3,"},
		{"another time", `{"rule":"Uplink","from":"2020-01-01","to":"2020-01-02"}`, 200, "0:"},
		{"a rule that is not there", `{"rule":"Uplnk"}`, 400, `there is no rule, pack rule or keyword \"Uplnk\"`},
		{"a draft with mistakes", `{"draft":"[[alerts.rule]]\nname = \"Smoke\"\nquery = \"(\"\nthreshold=0"}`, 400, `"problems":[{"key":"alerts.rule \"Smoke\", query"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := s.rehearse(tt.body)
			got := body
			if status == 200 {
				var r alert.Rehearsed
				if err := json.Unmarshal([]byte(body), &r); err != nil {
					t.Fatal(err)
				}
				got = told(&r)
			}
			if status != tt.status || !strings.Contains(got, tt.want) || status == 200 && got != tt.want {
				t.Errorf("status %d, %s; want %d, %s", status, got, tt.status, tt.want)
			}
		})
	}
}

// manyMessages stores 500 messages of 5 devices.
func manyMessages(t *testing.T) (*server, *config.Config) {
	cfg := testConfig(t, "[alerts]\npacks = []\nkeywords = ['nothing like this']\n[[alerts.rule]]\nname = 'lost'\nquery = '\"lost\" -Test'\nclear = 'found'\ncooldown = '1s'\n")
	s := start(t, cfg)
	for i := range 500 {
		s.send(0, fmt.Sprintf("127.0.0.%d", 3+i%5), fmt.Sprintf("<131>Jun 13 10:00:01 test app: ONU %d %s", i, []string{"is lost", "found", "works", "test lost"}[i%7%4]))
	}
	s.awaitStored(500)
	return s, cfg
}

func TestReadingOnlyWhatARuleMayFindChangesNothing(t *testing.T) {
	s, cfg := manyMessages(t)
	now := time.Now().UnixMicro()
	rehearse := func(cfg *config.Config, from, to int64) *alert.Rehearsed {
		r, err := Rehearse(t.Context(), cfg, s.e.store.Archive(), Rehearsal{From: from, To: to, Notices: 1000})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, ok := cfg.WithRule("lost")
	if !ok || one.Wanted() == nil || cfg.Wanted() != nil {
		t.Fatal("the rule alone is to be read by its query, with keywords all is to be read")
	}
	all := rehearse(cfg, 0, now)
	if all.Messages != 500 || all.Notices < 5 {
		t.Fatalf("%d messages, %d notices", all.Messages, all.Notices)
	}
	middle := all.Newest[len(all.Newest)/2].At
	for name, span := range map[string][2]int64{"all": {1, now}, "the first half": {1, middle}, "the second half": {middle, now}, "none": {1, 2}} {
		t.Run(name, func(t *testing.T) {
			got, want := rehearse(one, span[0], span[1]), rehearse(cfg, span[0], span[1])
			for i := range got.Newest { // up to a second apart
				got.Newest[i].SentAt, want.Newest[i].SentAt = 0, 0
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestARehearsalThatIsCutShortSaysSo(t *testing.T) {
	s, cfg := manyMessages(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	one, _ := cfg.WithRule("lost")
	for _, cfg := range []*config.Config{cfg, one} {
		if r, err := Rehearse(ctx, cfg, s.e.store.Archive(), Rehearsal{From: 1000}); err != nil || !r.Stopped || r.Messages != 0 || r.To != 1000 {
			t.Errorf("the time is up: %+v, %v", r, err)
		}
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if r, err := Rehearse(ctx, cfg, s.e.store.Archive(), Rehearsal{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %+v, %v", r, err)
	}
}

func TestRehearsalsHaveAPlaceOfTheirOwn(t *testing.T) {
	s, cfg := manyMessages(t)
	archive := s.e.store.Archive()
	gate, ended := make(chan struct{}), make(chan error)
	slowly := func(each func(context.Context, store.Search, func(*syslog.Record) error) error) {
		began := make(chan struct{})
		go func() { // ends with the gate
			ended <- each(t.Context(), store.Search{Limit: 1}, func(*syslog.Record) error { close(began); <-gate; return nil })
		}()
		<-began
	}
	slowly(archive.Each)
	slowly(archive.Each) // as many exports as there may be
	r, err := Rehearse(t.Context(), cfg, archive, Rehearsal{})
	if err != nil || r.Messages != 500 || r.Stopped {
		t.Errorf("while two export slowly: %+v, %v", r, err)
	}
	slowly(archive.Replay)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	r, err = Rehearse(ctx, cfg, archive, Rehearsal{})
	if err != nil || !r.Stopped || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "did not begin") {
		t.Errorf("while another one goes on: %+v, %v", r, err)
	}
	close(gate)
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
