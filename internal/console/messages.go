package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/logboom/logboom/internal/query"
	"github.com/logboom/logboom/internal/syslog"
)

// The rows of one page: what is given if nothing is asked for, and the most.
const (
	defaultRows = 200
	mostRows    = 1000
)

// searchOf reads the parameters of a search; if they are wrong it answers and
// returns false.
func (c *Console) searchOf(w http.ResponseWriter, r *http.Request) (s Search, params url.Values, ok bool) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		fail(w, http.StatusBadRequest, "the parameters cannot be read: "+err.Error(), `write "%" as %25`)
		return s, params, false
	}
	text := params.Get("query")
	if s.Query, err = query.Parse(text); err != nil {
		failQuery(w, text, err)
		return s, params, false
	}
	s.Directory = c.opts.Directory
	bad := func(name string, err error) (Search, url.Values, bool) {
		fail(w, http.StatusBadRequest, name+": "+err.Error(), "")
		return s, params, false
	}
	if s.From, err = ParseTime(params.Get("from"), c.now(), c.opts.Location); err != nil {
		return bad("from", err)
	}
	if s.To, err = ParseTime(params.Get("to"), c.now(), c.opts.Location); err != nil {
		return bad("to", err)
	}
	if d := params.Get("device"); d != "" {
		if s.Device, err = parseDevice(d); err != nil {
			return bad("device", err)
		}
	}
	given := 0
	for _, p := range []struct {
		name string
		to   *syslog.Position
	}{{"before", &s.Before}, {"after", &s.After}, {"around", &s.Around}} {
		if v := params.Get(p.name); v != "" {
			if *p.to, err = syslog.ParsePosition(v); err != nil {
				return bad(p.name, fmt.Errorf("%q is %w", v, err))
			}
			given++
		}
	}
	if given > 1 {
		return bad("before, after, around", errors.New("only one of them can be asked for at a time"))
	}
	s.Limit = defaultRows
	if v := params.Get("limit"); v != "" {
		if s.Limit, err = strconv.Atoi(v); err != nil || s.Limit < 1 {
			return bad("limit", fmt.Errorf("%q is not a number from 1 to %d", v, mostRows))
		}
	}
	return s, params, true
}

// parseDevice reads the address of a device; v4-mapped is v4, as in the store.
func parseDevice(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, fmt.Errorf(`%q is no address; for a name, put device:"name" into the query`, text)
	}
	return a.Unmap().WithZone(""), nil
}

// getMessages answers GET messages: a page of what was stored, newest last, with
// long texts cut; or, asked for an id, that one message whole.
func (c *Console) getMessages(w http.ResponseWriter, r *http.Request) {
	// To read a query is work already: as many as may run are read.
	free, err := take(r.Context(), c.searches, c.limits.searchWait)
	if err != nil {
		c.busy(w, "%d searches are running already", cap(c.searches))
		return
	}
	defer free()
	s, params, ok := c.searchOf(w, r)
	if !ok {
		return
	}
	id := params.Get("id")
	if id == "" {
		s.Limit = min(s.Limit, mostRows)
		c.answerSearch(w, r, s, syslog.Position{})
		return
	}
	p, err := syslog.ParsePosition(id)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Sprintf("id: %q is %v", id, err), "")
		return
	}
	c.answerSearch(w, r, Search{Directory: s.Directory, After: syslog.Position{Day: p.Day, ID: p.ID - 1}, Limit: 1}, p)
}

// answerSearch runs one search, in the slot that its caller took, and answers
// with what it found. If only is not zero it is the one message that is wanted.
func (c *Console) answerSearch(w http.ResponseWriter, r *http.Request, s Search, only syslog.Position) {
	ctx, cancel := context.WithTimeout(r.Context(), c.limits.searchTime)
	defer cancel()
	began := time.Now()
	result, err := c.opts.Archive.Search(ctx, s)
	if err != nil {
		c.failSearch(w, r, ctx, err)
		return
	}
	most := shownCharacters
	if only != (syslog.Position{}) {
		if len(result.Records) != 1 || result.Records[0].Position != only {
			fail(w, http.StatusNotFound, "there is no message "+only.String(), "its day may have been deleted by retention")
			return
		}
		most = 0
	}
	rows := make([]row, len(result.Records))
	for i := range rows {
		rows[i] = newRow(&result.Records[i], c.opts.Directory, most)
	}
	answer(w, http.StatusOK, messagesPage{rows, result.More, list(result.Notes), time.Since(began).Milliseconds()})
}

// messagesPage answers GET messages.
type messagesPage struct {
	Messages []row    `json:"messages"` // oldest first, newest last
	More     bool     `json:"more"`     // there are others beyond the limit
	Notes    []string `json:"notes"`    // what could not be read
	TookMS   int64    `json:"took_ms"`
}

// failSearch explains why a search under ctx, a part of that of r, did not end.
func (c *Console) failSearch(w http.ResponseWriter, r *http.Request, ctx context.Context, err error) {
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody listens any more
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		fail(w, http.StatusGatewayTimeout, fmt.Sprintf("the search took longer than %v", c.limits.searchTime), "ask for a shorter time or for one device")
	default:
		c.log.Error("console: searching", "query", strconv.Quote(r.URL.Query().Get("query")), "error", err)
		fail(w, http.StatusInternalServerError, "the search did not work: "+err.Error(), "messages are still being received; the log of Logboom has more")
	}
}

// errBusy is what take returns if nothing became free.
var errBusy = errors.New("busy")

// take takes one of the tokens of sem, waiting for it at most wait.
func take(ctx context.Context, sem chan struct{}, wait time.Duration) (free func(), err error) {
	free = func() { <-sem }
	select {
	case sem <- struct{}{}:
		return free, nil
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case sem <- struct{}{}:
		return free, nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, errBusy
}

// busy refuses a request because as many as may be run already.
func (c *Console) busy(w http.ResponseWriter, format string, most ...any) {
	c.stats.refusedRequests.Add(1)
	w.Header().Set("Retry-After", "5")
	fail(w, http.StatusTooManyRequests, fmt.Sprintf(format, most...), "try again in a few seconds")
}
