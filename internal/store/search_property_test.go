package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// chronicle fills a library at random, with clocks that jump, rows in the
// inbox, in tables and in second parts, and returns all records.
func chronicle(l *library, rng *rand.Rand, n int) []syslog.Record {
	words := []string{"link", "Link", "down", "up", "deregister", "ONU", "größe", "100%", "a_b", "x\x00y", "\xff\xfe", "rx", "tx", "error"}
	var all []syslog.Record
	day, at := dayBefore, noon.AddDate(0, 0, -1)
	for len(all) < n {
		if rng.IntN(12) == 0 { // somebody sets the clock
			at = at.Add(time.Duration(rng.IntN(7200)-3600) * time.Second)
		}
		if len(all) > n/2 && day == dayBefore {
			day, at = thisDay, noon
		}
		batch := make([]syslog.Record, 1+rng.IntN(20))
		for i := range batch {
			raw := "<134>"
			for range 1 + rng.IntN(5) {
				raw += words[rng.IntN(len(words))] + " "
			}
			at = at.Add(time.Duration(rng.IntN(3000)) * time.Millisecond)
			batch[i] = note(fmt.Sprintf("10.0.%d.%d", rng.IntN(2), rng.IntN(6)), at, raw)
			batch[i].Severity = uint8(rng.IntN(8))
			batch[i].MessageAt = 5
		}
		switch k := rng.IntN(10); {
		case k < 4:
			batch = l.direct(day, batch...)
		case k < 8:
			batch = l.receive(day, batch...)
			if rng.IntN(4) == 0 {
				l.file(day)
			}
		case k < 9:
			batch = l.others(day, batch...)
		default:
			batch = l.part(day, 1, batch...)
		}
		all = append(all, batch...)
	}
	return all
}

func randomSearch(t testing.TB, rng *rand.Rand, all []syslog.Record) Search {
	queries := []string{"", "link", "down link", "-link", `"link down"`, "größe", "100%", "a_b", "y", "deregister severity:warning+", "device:10.0.1.*",
		"(onu OR rx) -error", "/o[nx]u/", "nowhere", "severity:3", "device:10.0.0.2 up"}
	var s Search
	if text := queries[rng.IntN(len(queries))]; text != "" {
		s.Query = ask(t, text)
	}
	some := func() *syslog.Record { return &all[rng.IntN(len(all))] }
	if rng.IntN(3) == 0 {
		s.From = some().ReceivedAt
	}
	if rng.IntN(3) == 0 {
		s.To = some().ReceivedAt
	}
	if rng.IntN(4) == 0 {
		s.Device = some().Source
	}
	if rng.IntN(3) == 0 {
		s.Before = some().Position
	}
	if rng.IntN(3) == 0 {
		s.After = some().Position
	}
	s.Limit = 5 + rng.IntN(200)
	return s
}

// Pages of Search, put together, are what a look at every message finds.
func TestSearchPagesEqualNaiveFilter(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	l := newLibrary(t)
	all := chronicle(l, rng, 3000)
	a := l.archive()
	for range 100 {
		s := randomSearch(t, rng, all)
		want := naive(all, s)
		upward := s.After != syslog.Position{} && s.Before == syslog.Position{}
		var got []syslog.Record
		for pages := 0; ; pages++ {
			r, err := a.Search(t.Context(), s)
			if err != nil || len(r.Notes) > 0 {
				t.Fatalf("%+v: %v, notes %q", s, err, r.Notes)
			}
			if upward {
				got = append(got, r.Records...)
				s.After = r.Reached
			} else {
				got = append(slices.Clone(r.Records), got...)
				s.Before = r.Reached
			}
			if !r.More {
				break
			}
			if len(r.Records) != s.Limit {
				t.Fatalf("%+v: a page of %d that is not the last", s, len(r.Records))
			}
		}
		equal(t, got, want)
	}
}
