package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

func ask(t testing.TB, text string) *query.Query {
	t.Helper()
	q, err := query.Parse(text)
	if err != nil {
		t.Fatalf("query %q: %v", text, err)
	}
	return q
}

// naive finds what Search has to find, by looking at everything.
func naive(all []syslog.Record, s Search) []syslog.Record {
	f := s.filter()
	var found []syslog.Record
	zero := syslog.Position{}
	for i := range all {
		r := &all[i]
		if f.accepts(r) && (s.Before == zero || r.Position.Compare(s.Before) < 0) && (s.After == zero || r.Position.Compare(s.After) > 0) {
			found = append(found, *r)
		}
	}
	slices.SortFunc(found, func(x, y syslog.Record) int { return x.Position.Compare(y.Position) })
	return found
}

func TestSearchFindsWhatPeopleAskFor(t *testing.T) {
	l := newLibrary(t)
	at := noon
	say := func(source, raw string) syslog.Record {
		at = at.Add(time.Second)
		return note(source, at, raw)
	}
	old := l.direct(dayBefore, note("10.0.0.1", noon.AddDate(0, 0, -1), "ONU 1 deregister yesterday"))
	filed := l.direct(thisDay, say("10.0.0.1", "ONU 7 deregister"), say("10.0.0.2", "link up"), say("2001:db8::1", "Link Down"))
	other := l.others(thisDay, say("203.0.113.9", "forged link"))
	waiting := l.receive(thisDay, say("10.0.0.2", "link down again"), say("10.0.0.3", "new here"))
	all := slices.Concat(old, filed, other, waiting)
	a := l.archive()

	tests := []struct {
		name string
		s    Search
		want []int // places in all
		more bool
	}{
		{"everything", Search{}, []int{0, 1, 2, 3, 4, 5, 6}, false},
		{"a word in any case", Search{Query: ask(t, "LINK")}, []int{2, 3, 4, 5}, false},
		{"newest only", Search{Query: ask(t, "link"), Limit: 2}, []int{4, 5}, true},
		{"over days", Search{Query: ask(t, "deregister")}, []int{0, 1}, false},
		{"one device, filed and waiting", Search{Device: netip.MustParseAddr("10.0.0.2")}, []int{2, 5}, false},
		{"one device as v4-mapped", Search{Device: netip.MustParseAddr("::ffff:10.0.0.2")}, []int{2, 5}, false},
		{"an IPv6 device", Search{Device: netip.MustParseAddr("2001:db8::1")}, []int{3}, false},
		{"a device beyond the limit of tables", Search{Device: netip.MustParseAddr("203.0.113.9")}, []int{4}, false},
		{"a device in the query", Search{Query: ask(t, "device:10.0.0.*")}, []int{0, 1, 2, 5, 6}, false},
		{"an unknown device", Search{Device: netip.MustParseAddr("192.0.2.1")}, nil, false},
		{"from", Search{From: all[4].ReceivedAt}, []int{4, 5, 6}, false},
		{"to, excluded", Search{To: all[2].ReceivedAt}, []int{0, 1}, false},
		{"nothing then", Search{From: 1, To: 2}, nil, false},
		{"before", Search{Before: all[3].Position, Limit: 2}, []int{1, 2}, true},
		{"before the first of a day", Search{Before: all[1].Position}, []int{0}, false},
		{"after, oldest first", Search{After: all[0].Position, Limit: 2}, []int{1, 2}, true},
		{"after the last", Search{After: all[6].Position}, nil, false},
		{"between, newest", Search{After: all[1].Position, Before: all[6].Position, Limit: 2}, []int{4, 5}, true},
		{"a day that is not there", Search{After: syslog.Position{Day: 20300101}}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := a.Search(t.Context(), tt.s)
			if err != nil {
				t.Fatal(err)
			}
			var want []syslog.Record
			for _, i := range tt.want {
				want = append(want, all[i])
			}
			equal(t, got.Records, want)
			if got.More != tt.more || len(got.Notes) > 0 {
				t.Errorf("more = %v, want %v; notes %q", got.More, tt.more, got.Notes)
			}
		})
	}
}

func TestSearchAround(t *testing.T) {
	l := newLibrary(t)
	var all []syslog.Record
	for i := range 20 {
		all = append(all, l.direct(thisDay, note("10.0.0.1", noon.Add(time.Duration(i)*time.Second), fmt.Sprint("message ", i)))...)
	}
	a := l.archive()
	tests := []struct {
		name        string
		center      int
		limit       int
		first, last int
		more, newer bool
	}{
		{"in the middle", 10, 5, 8, 12, true, true},
		{"at the newest", 19, 4, 16, 19, true, false},
		{"at the oldest", 0, 4, 0, 3, false, true},
		{"all", 10, 100, 0, 19, false, false},
		{"one", 10, 1, 10, 10, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := a.Search(t.Context(), Search{Around: all[tt.center].Position, Limit: tt.limit})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got.Records, all[tt.first:tt.last+1])
			if got.More != tt.more || got.Newer != tt.newer {
				t.Errorf("more, newer = %v, %v, want %v, %v", got.More, got.Newer, tt.more, tt.newer)
			}
		})
	}
}

// Needles that SQL or its LIKE could take for something else, also behind a
// NUL, and in bytes that are no text.
func TestSearchTakesNeedlesLiterally(t *testing.T) {
	l := newLibrary(t)
	raws := []string{
		"load 100% now", "load 100x now", "a_b", "axb", `back\slash`, "it's down", `say "hi"`, "before\x00behind rogue", "plain rogue",
		"\xff\xfe rogue bytes", "\xd0\xc2\xc9\xe8\xb1\xb8 gbk", "Größe", "GRÖSSE größe", "50%_\\'x", "tab\there", "a%b", "two\nlines",
	}
	var records []syslog.Record
	for i, raw := range raws {
		records = append(records, note(fmt.Sprintf("10.0.0.%d", i%3+1), noon.Add(time.Duration(i)*time.Second), raw))
	}
	half := len(records) / 2
	all := append(l.direct(thisDay, records[:half]...), l.receive(thisDay, records[half:]...)...)
	a := l.archive()

	needles := []string{`100%`, `a_b`, `back\\slash`, `it's`, `rogue`, `behind`, `"50%_\\'x"`, `größe`, `GRÖSSE`, `"a%b"`, `%`, `_`, `'`, `gbk`, `"two lines"`, `-rogue`, `/rog.e/`, `/^a.b$/`}
	for _, needle := range needles {
		q, err := query.Parse(needle)
		if err != nil {
			t.Errorf("query %q: %v", needle, err)
			continue
		}
		got, err := a.Search(t.Context(), Search{Query: q})
		if err != nil {
			t.Fatalf("%q: %v", needle, err)
		}
		equal(t, got.Records, naive(all, Search{Query: q}))
	}
	got, err := a.Search(t.Context(), Search{Query: ask(t, "rogue")})
	if err != nil || len(got.Records) != 3 {
		t.Errorf("rogue found %d times, err %v, want 3: one behind a NUL, one among bytes that are no text", len(got.Records), err)
	}
}

// While rows move from the inbox to the tables of their devices, every search
// finds each of them once.
func TestSearchSeesRowsOnceWhileTheyAreFiled(t *testing.T) {
	l := newLibrary(t)
	stop := make(chan struct{})
	done := make(chan struct{})
	committed := make(chan int64, 1) // the highest id that is surely there
	committed <- 0
	a := func() *Archive { l.db(thisDay, 0); return l.archive() }()
	go func() {
		defer close(done)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			var batch []syslog.Record
			for range 1 + rng.IntN(30) {
				batch = append(batch, note(fmt.Sprintf("10.0.0.%d", rng.IntN(20)), noon, "moving"))
			}
			l.receive(thisDay, batch...)
			<-committed
			committed <- l.last[thisDay]
			if i%3 == 0 {
				l.file(thisDay)
			}
		}
	}()
	for range 60 {
		atLeast := <-committed
		committed <- atLeast
		r, err := a.Search(t.Context(), Search{Limit: 300})
		if err != nil || len(r.Notes) > 0 {
			t.Fatal(err, r.Notes)
		}
		if n := len(r.Records); n > 0 {
			newest := r.Records[n-1].ID
			if newest < atLeast || n < int(min(newest, 300)) {
				t.Fatalf("%d records up to %d, while %d were committed", n, newest, atLeast)
			}
		} else if atLeast > 0 {
			t.Fatalf("nothing found, %d committed", atLeast)
		}
		for i := 1; i < len(r.Records); i++ {
			if r.Records[i].ID != r.Records[i-1].ID+1 {
				t.Fatalf("id %d follows %d", r.Records[i].ID, r.Records[i-1].ID)
			}
		}
	}
	close(stop)
	<-done
}

func TestNothingIsAfterTheHighestID(t *testing.T) {
	s := Search{After: syslog.Position{Day: thisDay, ID: math.MaxInt64}}
	if lowest, _, ok := s.bounds(thisDay); ok {
		t.Errorf("messages from %d on are after the highest id, want none", lowest)
	}
	if _, _, ok := s.bounds(thisDay + 1); !ok {
		t.Error("the next day is not after it")
	}
}

func TestSearchIsBounded(t *testing.T) {
	l := newLibrary(t)
	big := make([]byte, 60_000)
	for i := range big {
		big[i] = 'x'
	}
	var records []syslog.Record
	for i := range 600 {
		records = append(records, note(fmt.Sprintf("10.0.0.%d", i%5), noon, string(big)))
	}
	l.direct(thisDay, records...)
	a := l.archive()
	r, err := a.Search(t.Context(), Search{Limit: 5000})
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for i := range r.Records {
		size += len(r.Records[i].Raw)
	}
	if size > pageBytes || !r.More || len(r.Records) == 0 {
		t.Errorf("%d records of %d bytes, more = %v; want at most %d bytes and more", len(r.Records), size, r.More, pageBytes)
	}
	if want := r.Records[0].Position; r.Reached != want {
		t.Errorf("reached %v, want %v", r.Reached, want)
	}
}

func TestSearchStopsWhenItsTimeIsUp(t *testing.T) {
	l := newLibrary(t)
	l.direct(thisDay, note("10.0.0.1", noon, "one"))
	a := l.archive()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Search(ctx, Search{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancellation: %v", err)
	}

	ctx, cancel = context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	// The places are free, so that either the wait for one or the search ends.
	for range 10 {
		r, err := a.Search(ctx, Search{})
		if err == nil && (!r.More || len(r.Notes) != 1) || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("when the time is up: %+v, %v", r, err)
		}
	}
}

// Time ranges of large days pass over what is certainly outside, and over
// nothing else.
func TestClockIndexPassesOverOnlyWhatIsOutside(t *testing.T) {
	const minute = 60 * 1e6
	steady := clockIndex{samples: []sample{{1, 0}, {1000, 60 * minute}, {2000, 120 * minute}, {3000, 180 * minute}}}
	setBack := clockIndex{samples: []sample{{1, 100 * minute}, {1000, 160 * minute}, {2000, 40 * minute}, {3000, 100 * minute}}}
	tests := []struct {
		name     string
		x        clockIndex
		from, to int64
		want     []keyRange
	}{
		{"all", steady, 0, 0, []keyRange{{1, 4000}}},
		{"long ago", steady, 0, 20 * minute, []keyRange{{1, 1000}, {3000, 4000}}},
		{"in the middle", steady, 80 * minute, 90 * minute, []keyRange{{1, 1}, {1000, 2000}, {3000, 4000}}},
		{"near an edge", steady, 115 * minute, 116 * minute, []keyRange{{1, 1}, {1000, 4000}}},
		{"set back, both times", setBack, 120 * minute, 130 * minute, []keyRange{{1, 2000}, {3000, 4000}}},
		{"set back, before all", setBack, 41 * minute, 42 * minute, []keyRange{{1, 1}, {1000, 4000}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.x.ranges(4000, cmp.Or(tt.from, 0), tt.to); !slices.Equal(got, tt.want) {
				t.Errorf("ranges %v, want %v", got, tt.want)
			}
		})
	}
}
