package notify

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// maxPages bounds the messages of a chat that are kept in memory, told or not.
const maxPages = 20_000

// pages are the messages in which one chat was told of incidents. Only the
// goroutine of a lane uses it, and nobody else writes to its part of the book.
type pages struct {
	book        Book
	name, place string

	newest int64          // incident of which the book may know a message; -1 = not looked up yet
	known  map[int64]Told // by incident; no Message = there is none
	dirty  map[int64]Told // that the book does not have yet, at most maxPages
}

func newPages(b Book, name, place string) *pages {
	return &pages{book: b, name: name, place: place, newest: -1, known: map[int64]Told{}, dirty: map[int64]Told{}}
}

// find returns the newest message that tells of an incident.
func (p *pages) find(ctx context.Context, incident int64) (t Told, ok bool, err error) {
	if t, ok = p.dirty[incident]; ok {
		return t, true, nil
	}
	if p.newest < 0 {
		if p.newest, err = p.book.NewestTold(ctx, p.name, p.place); err != nil {
			p.newest = -1
			return t, false, err
		}
	}
	if incident > p.newest {
		return t, false, nil // in a storm, most are
	}
	if t, ok = p.known[incident]; !ok {
		if t, _, err = p.book.Told(ctx, p.name, incident, p.place); err != nil {
			return t, false, err
		}
		p.remember(incident, t)
	}
	return t, t.Message != "", nil
}

func (p *pages) remember(incident int64, t Told) {
	if len(p.known) >= maxPages {
		clear(p.known)
	}
	p.known[incident] = t
}

// keep writes down which message tells of an incident. What cannot be written,
// as on a full disk, is tried again with the next.
func (p *pages) keep(ctx context.Context, incident int64, t Told) {
	p.newest = max(p.newest, incident)
	p.remember(incident, t)
	if len(p.dirty) >= maxPages {
		clear(p.dirty) // hours of a full disk: they get new messages
	}
	p.dirty[incident] = t
	p.flush(ctx)
}

func (p *pages) flush(ctx context.Context) {
	for _, id := range slices.Sorted(maps.Keys(p.dirty)) {
		if p.book.SetTold(ctx, p.name, id, p.place, p.dirty[id]) != nil {
			return // the outbox cannot be written either, and says so
		}
		delete(p.dirty, id)
	}
}

// Sort tells apart what calls people from what changes a message. It
// implements [Sorter].
func (t *Telegram) Sort(ctx context.Context, notes []alert.Note) (s Sorted, err error) {
	if t.pages == nil {
		return Sorted{New: notes}, nil
	}
	for _, n := range notes {
		i := n.Notice.Incident
		if i == nil {
			s.New = append(s.New, n)
			continue
		}
		told, ok, err := t.pages.find(ctx, i.ID)
		switch {
		case err != nil:
			return Sorted{}, err
		case ok && !calls(&n.Notice, told):
			s.Edits = append(s.Edits, n)
		case n.Notice.Kind == alert.KindMore:
			s.Done = append(s.Done, n) // it was told with others, which nobody can change
		default:
			s.New = append(s.New, n)
		}
	}
	return s, nil
}

// calls reports whether n is to call people who were told t.
func calls(n *alert.Notice, t Told) bool {
	return n.Kind == alert.KindAlert && t.Alarm < n.Incident.Alarms
}

// sendIncident tells of an incident, in its message if it has one. What it says
// is how the incident is now, which may be more than n knows: so it does not
// matter in which order two changes of a message are made.
func (t *Telegram) sendIncident(ctx context.Context, n *alert.Notice) (retry bool, after time.Duration, err error) {
	t.pages.flush(ctx)
	told, ok, err := t.pages.find(ctx, n.Incident.ID)
	if err != nil {
		return true, 0, err
	}
	h, there, err := t.pages.book.Handled(ctx, n.Incident.ID)
	if err != nil || !there || h.UpdatedAt < n.Incident.UpdatedAt {
		h.Incident = *n.Incident
	}
	now := time.Now()
	muted := h.MutedUntil > now.UnixMicro()
	change := ok && (!calls(n, told) || muted && h.Over())
	p := page{html: incidentHTML(n, &h, change, now, t.zone), keyboard: t.keyboard(&h, now), silent: n.Kind == alert.KindMore, thread: t.thread}
	if change {
		p.message = told.Message
		_, f := t.deliver(ctx, p)
		switch {
		case f == nil || f.same:
			if alarms := max(told.Alarm, h.Alarms); alarms != told.Alarm && n.Kind == alert.KindAlert {
				t.pages.keep(ctx, h.ID, Told{told.Message, alarms})
			}
			return false, 0, nil
		case !f.gone:
			return f.outcome()
		}
		p.message = "" // somebody deleted it, or it is too old
		p.html = incidentHTML(n, &h, false, now, t.zone)
	}
	id, f := t.deliver(ctx, p)
	if f != nil {
		return f.outcome()
	}
	if id != "" {
		t.pages.keep(ctx, h.ID, Told{id, max(told.Alarm, h.Alarms, n.Incident.Alarms)})
	}
	return false, 0, nil
}
