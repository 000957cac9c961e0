package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/login"
	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// The pace of a live tail. A browser draws 20,000 rows a second, but the line
// to it may be thin and nobody reads more than these.
const (
	tailEvery = 100 * time.Millisecond // between two batches
	tailRate  = 500                    // rows a second
	tailBurst = 2000                   // rows at once, at the start and after silence
	tailPing  = 15 * time.Second       // proxies cut silent connections, some after 30 s
	tailRetry = 2000                   // ms until a browser that lost us tries again
	tailBytes = 16 << 20               // of memory, about, that the rows to be sent may take
	tailEvent = 1 << 20                // the same of one event, but for one long row

	// A tail uses a tenth of a core at most, after its burst: a batch is looked
	// at for so long, and the next one not before nine times that is over.
	tailLook = 50 * time.Millisecond
	tailRest = 9
	tailStep = 4096 // bytes of messages between two looks at the clock

	tailsOfOne  = 6  // open tails of a person
	tailsOfHere = 12 // the same of this machine, where nobody has a name
)

// getTail answers GET tail with server-sent events: a batch every 100 ms at
// most, at most 500 rows a second, the newest of them, and the number of those
// left out. Last-Event-ID, which browsers send when they come back, or after=
// begins with what was stored since then, its newest 2,000 rows. fields= names
// columns that rows have besides; see moreFields. With full=1 rows are whole; see
// fullFields.
func (c *Console) getTail(w http.ResponseWriter, r *http.Request) {
	done, ok := c.takeTail(w, r)
	if !ok {
		return
	}
	defer done()
	q, after, more, ok := c.tailOf(w, r)
	if !ok {
		return
	}

	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() { // ends with the stream
		select {
		case <-c.stop:
			cancel()
		case <-stop:
		}
	}()
	control := http.NewResponseController(w)
	// The time for reading the request must not end the stream; without
	// deadlines there is nothing to lift.
	_ = control.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	w.WriteHeader(http.StatusOK)
	s := &stream{query: q, dir: c.opts.Directory, w: w, control: control, tokens: tailBurst, filled: time.Now(), seen: map[int]int64{}, full: r.URL.Query().Get("full") == "1", more: more}
	s.run(ctx, c.opts.Tail(), c.opts.Archive, after, c.limits.searchTime)
}

// takeTail takes a place for a tail of who asks; done gives it back. If ok is
// false there is none, and it has answered.
func (c *Console) takeTail(w http.ResponseWriter, r *http.Request) (done func(), ok bool) {
	p, most := whoAsks(r), tailsOfOne
	if p.How == login.ByMachine {
		most = tailsOfHere
	}
	mine, ok := c.tails.take(who(p), most)
	if !ok {
		c.busy(w, "%s %d live tails open already", has(p), most)
		return nil, false
	}
	free, err := take(r.Context(), c.streams, 0)
	if err != nil {
		mine()
		c.busy(w, "%d live tails are open already", cap(c.streams))
		return nil, false
	}
	return func() { free(); mine() }, true
}

func (c *Console) tailOf(w http.ResponseWriter, r *http.Request) (q *query.Query, after syslog.Position, more []string, ok bool) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		fail(w, http.StatusBadRequest, "the parameters cannot be read: "+err.Error(), `write "%" as %25`)
		return nil, after, nil, false
	}
	text := params.Get("query")
	if q, err = query.Parse(text); err != nil {
		failQuery(w, text, err)
		return nil, after, nil, false
	}
	if v := params.Get("after"); v != "" {
		if after, err = syslog.ParsePosition(v); err != nil {
			fail(w, http.StatusBadRequest, fmt.Sprintf("after: %q is %v", v, err), "")
			return nil, after, nil, false
		}
	}
	if v := params.Get("fields"); v != "" {
		more = strings.Split(v, ",")
		for i, name := range more {
			if !slices.Contains(moreFields, name) || slices.Contains(more[:i], name) {
				fail(w, http.StatusBadRequest, fmt.Sprintf("fields: %q is not one of %s, once and with commas between them", name, strings.Join(moreFields, ", ")), "")
				return nil, after, nil, false
			}
		}
	}
	// A browser repeats the first address when it comes back; what it has seen
	// since stands in the header. One that it did not get from us is nothing.
	if p, err := syslog.ParsePosition(r.Header.Get("Last-Event-ID")); err == nil {
		after = p
	}
	return q, after, more, true
}

// stream is one open tail.
type stream struct {
	query   *query.Query
	dir     query.Directory
	w       http.ResponseWriter
	control *http.ResponseController

	tokens float64 // rows that may be sent, at filled
	filled time.Time
	wrote  time.Time     // last
	looked time.Duration // at the last batch
	seen   map[int]int64 // last id sent from the archive, by day
	full   bool          // rows are whole
	more   []string      // of moreFields, those that rows have besides

	newest []*syslog.Record // those to be sent, while they are chosen
	event  []byte           // likewise, while it is written
}

// run writes until ctx is done or the client does not take it.
func (s *stream) run(ctx context.Context, tail Tail, archive Archive, after syslog.Position, searchTime time.Duration) {
	if !s.write([]byte(fmt.Sprintf("retry: %d\n\n", tailRetry))) {
		return
	}
	// The tail is open already, so nothing falls between archive and tail;
	// what is in both is left out by its id.
	if after != (syslog.Position{}) && !s.resume(ctx, archive, after, searchTime) {
		return
	}
	for {
		ping := s.wrote.Add(tailPing)
		wait, cancel := context.WithDeadline(ctx, ping)
		records, skipped, err := tail.Next(wait)
		timedOut := errors.Is(wait.Err(), context.DeadlineExceeded)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, io.EOF):
			s.notice("Logboom is stopping")
			return
		case err != nil && !timedOut:
			s.notice(err.Error())
			return
		case err == nil && !s.send(ctx, records, skipped):
			return
		}
		if !time.Now().Before(ping) && s.wrote.Add(tailPing).Equal(ping) && !s.write([]byte(": ping\n\n")) {
			return
		}
		if err != nil {
			continue
		}
		timer := time.NewTimer(max(tailEvery, tailRest*s.looked))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// send writes those of records that match, or the newest of them if they are
// too many, or take too long to be looked at.
func (s *stream) send(ctx context.Context, records []syslog.Record, skipped int64) bool {
	began, bytes := time.Now(), 0
	defer func() { s.looked = time.Since(began) }()
	c := counts{matched: skipped, received: skipped}
	most := s.allowed()
	s.newest = s.newest[:0]
	all := s.query.MatchesAll()
	for i := len(records) - 1; i >= 0; i-- {
		late := false
		if bytes >= tailStep {
			if bytes = 0; ctx.Err() != nil {
				return false
			}
			late = time.Since(began) >= tailLook
		}
		if late || all && len(s.seen) == 0 && len(s.newest) == most { // those before it need not be looked at
			c.received += int64(i + 1)
			c.matched += int64(i + 1)
			break
		}
		r := &records[i]
		bytes += len(r.Raw) + 64 // a short one takes its time, too
		if last, ok := s.seen[r.Day]; ok && r.ID <= last {
			continue // sent from the archive
		}
		c.received++
		if !s.query.Match(r, s.dir) {
			continue
		}
		c.matched++
		if len(s.newest) < most {
			s.newest = append(s.newest, r)
		}
	}
	if c.matched == 0 {
		return true
	}
	var rows newestRows
	for _, r := range slices.Backward(s.newest) {
		rows.add(s.row(r))
	}
	clear(s.newest)
	c.skipped = c.matched - int64(len(rows.rows))
	s.tokens -= float64(len(rows.rows))
	return s.events(c, rows.rows)
}

// allowed returns how many rows may be sent now.
func (s *stream) allowed() int {
	now := time.Now()
	s.tokens = min(tailBurst, s.tokens+now.Sub(s.filled).Seconds()*tailRate)
	s.filled = now
	return int(s.tokens)
}

// resume sends what was stored after a position: the newest rows of it, and how
// many were left out before them.
func (s *stream) resume(ctx context.Context, archive Archive, after syslog.Position, most time.Duration) bool {
	bounded, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var newest newestRows
	var c counts
	var err error
	search := Search{Query: s.query, Directory: s.dir, After: after, Limit: mostRows}
	for more := true; more && err == nil; {
		var page Result
		page, err = archive.Search(bounded, search)
		for i := range page.Records {
			r := &page.Records[i]
			newest.add(s.row(r))
			c.matched++
			s.seen[r.Day] = max(s.seen[r.Day], r.ID)
			search.After = r.Position
		}
		more = page.More && len(page.Records) > 0
		for _, note := range page.Notes {
			if !s.notice(note) {
				return false
			}
		}
	}
	if ctx.Err() != nil || err != nil && !s.notice("not everything since "+after.String()+" could be read: "+err.Error()) {
		return false
	}
	if c.matched == 0 {
		return true
	}
	c.received, c.skipped = c.matched, c.matched-int64(len(newest.rows))
	s.tokens -= float64(len(newest.rows))
	return s.events(c, newest.rows)
}

// notice writes an event that says something in words.
func (s *stream) notice(text string) bool {
	data, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		panic(err) // a string cannot be written
	}
	return s.write(fmt.Appendf(nil, "event: notice\ndata: %s\n\n", SafeJSON(data)))
}

// write sends b; false means that the client is gone or does not read.
func (s *stream) write(b []byte) bool {
	s.wrote = time.Now()
	if _, err := s.w.Write(b); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
