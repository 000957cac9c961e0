package console

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/logboom/logboom/internal/syslog"
)

// tailFields are the columns of a row of a live tail, in order.
var tailFields = []string{"id", "received_at", "device", "severity", "app_name", "message"}

// moreFields are columns that a row has as well if they are asked for. Absent
// ones are null.
var moreFields = []string{"sent_at", "facility", "hostname", "proc_id", "msg_id"}

// counts are those of an event. matched = rows + skipped: what the stream was too
// slow to look at counts as matched and skipped. All are stored.
type counts struct {
	matched  int64 // messages that the query accepts
	skipped  int64 // of them, those left out here
	received int64 // messages in all
}

// tailRow is a row ready to be sent; it does not hold on to the message.
type tailRow struct {
	at   syslog.Position
	size int    // bytes of memory, about
	json []byte // an array
}

func (s *stream) row(r *syslog.Record) tailRow {
	var b []byte
	if s.full {
		data, err := json.Marshal(fullCells(r))
		if err != nil {
			panic(err) // one of our own types cannot be written
		}
		b = SafeJSON(data)
	} else {
		app := r.Get(r.AppName)
		text, _ := cut(r.Text(), shownCharacters)
		b = make([]byte, 0, len(text)+len(app)+96)
		b = strconv.AppendInt(append(b, '['), r.ID, 10)
		b = strconv.AppendInt(append(b, ','), r.ReceivedAt, 10)
		b = append(r.Source.AppendTo(append(b, `,"`...)), `",`...)
		b = strconv.AppendInt(b, int64(r.Severity), 10)
		b = appendString(append(b, ','), app)
		b = appendString(append(b, ','), text)
		for _, name := range s.more {
			b = appendField(append(b, ','), r, name)
		}
		b = append(b, ']')
	}
	return tailRow{r.Position, len(b) + 64, b}
}

// appendField appends one of moreFields of r as JSON.
func appendField(b []byte, r *syslog.Record, name string) []byte {
	var text []byte
	switch name {
	case "sent_at":
		if r.SentAt != syslog.NoTime {
			return strconv.AppendInt(b, r.SentAt, 10)
		}
	case "facility":
		return strconv.AppendInt(b, int64(r.Facility), 10)
	case "hostname":
		text = r.Get(r.Hostname)
	case "proc_id":
		text = r.Get(r.ProcID)
	case "msg_id":
		text = r.Get(r.MsgID)
	}
	if text == nil {
		return append(b, "null"...)
	}
	return appendString(b, text)
}

// newestRows holds the newest rows, at most tailBurst and tailBytes of them.
type newestRows struct {
	rows []tailRow // oldest first
	size int
}

func (h *newestRows) add(r tailRow) {
	h.rows = append(h.rows, r)
	h.size += r.size
	for len(h.rows) > tailBurst || h.size > tailBytes && len(h.rows) > 1 {
		h.size -= h.rows[0].size
		h.rows[0] = tailRow{}
		h.rows = h.rows[1:]
	}
}

// events writes the rows, at least one event per day, since a row's id is its
// number within the day of the event: {"fields": [...], "rows": [[...], ...],
// "matched": n, "skipped": n, "received": n}, newest last. What was left out
// counts in the first.
func (s *stream) events(c counts, rows []tailRow) bool {
	fields := tailFields
	if s.full {
		fields = fullFields
	} else if len(s.more) > 0 {
		fields = slices.Concat(tailFields, s.more)
	}
	for first := true; first || len(rows) > 0; first = false {
		n := 0
		for size := 0; n < len(rows) && rows[n].at.Day == rows[0].at.Day; n++ {
			if size += rows[n].size; size > tailEvent && n > 0 {
				break
			}
		}
		now := counts{matched: int64(n), received: int64(n)} // what belongs to these rows
		if first {
			rest := int64(len(rows) - n)
			now = counts{c.matched - rest, c.skipped, c.received - rest}
		}
		event := s.event[:0]
		if n > 0 {
			event = fmt.Appendf(event, "id: %s\n", rows[n-1].at)
		}
		event = append(append(event, `event: messages
data: {"fields":["`...), strings.Join(fields, `","`)...)
		event = append(event, `"],"rows":[`...)
		for i := range rows[:n] {
			if i > 0 {
				event = append(event, ',')
			}
			event = append(event, rows[i].json...)
		}
		event = fmt.Appendf(event, "],\"matched\":%d,\"skipped\":%d,\"received\":%d}\n\n", now.matched, now.skipped, now.received)
		if s.event = event; cap(event) > 2*tailEvent {
			s.event = nil // one long row must not take memory for good
		}
		if !s.write(event) {
			return false
		}
		rows = rows[n:]
	}
	return true
}
