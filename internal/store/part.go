package store

import (
	"bytes"
	"net/netip"
	"unicode/utf8"
	"unsafe"

	"github.com/logboom/logboom/internal/sqlite"
	"github.com/logboom/logboom/internal/syslog"
)

// A part is a number of messages of one day that are committed together.
type part struct {
	day     int
	records []syslog.Record // Position is filled in when the part is first tried
	groups  []group         // the devices, in order of their first message
	groupOf []int32         // for each record the number of its group
	order   []int32         // the numbers of the records, group by group
	text    int             // bytes of the messages
	stored  int             // how many of the records are committed, at least
	origins []origin        // whence the records came, in their order; empty in a part of a part
}

// An origin says that so many records in a row came by one listener.
type origin struct{ listener, count int }

// tally adds the first n records of p to counts, by listener, which it returns
// longer if need be, and what is beyond them to rest likewise.
func (p *part) tally(n int, counts, rest []int64) (_, _ []int64) {
	for _, o := range p.origins {
		first := min(o.count, n)
		n -= first
		counts = increase(counts, o.listener, first)
		rest = increase(rest, o.listener, o.count-first)
	}
	return counts, rest
}

func increase(counts []int64, i, by int) []int64 {
	if by == 0 {
		return counts
	}
	for len(counts) <= i {
		counts = append(counts, 0)
	}
	counts[i] += int64(by)
	return counts
}

// A group is the messages that one device has in a part.
type group struct {
	address netip.Addr
	text    []byte // address, as it stands in the file
	from    int    // place in order
	count   int
}

// rows returns the numbers of the records of g.
func (p *part) rows(g *group) []int32 { return p.order[g.from : g.from+g.count] }

// size returns about how many bytes of memory p takes.
func (p *part) size() int {
	return p.text + len(p.records)*int(unsafe.Sizeof(syslog.Record{})+8) + len(p.groups)*96
}

// arrange puts the numbers of the records in order of their groups, whose
// counts are known.
func (p *part) arrange() {
	at := 0
	for i := range p.groups {
		p.groups[i].from = at
		at += p.groups[i].count
		p.groups[i].count = 0
	}
	p.order = make([]int32, len(p.records))
	for i, n := range p.groupOf {
		g := &p.groups[n]
		p.order[g.from+g.count] = int32(i)
		g.count++
	}
}

// split returns the first n messages of p and the others as parts.
func (p *part) split(n int) (*part, *part) {
	cut := func(records []syslog.Record, groupOf []int32) *part {
		q := &part{day: p.day, records: records}
		place := make(map[int32]int32)
		for i, old := range groupOf {
			g, known := place[old]
			if !known {
				g = int32(len(q.groups))
				place[old] = g
				q.groups = append(q.groups, group{address: p.groups[old].address, text: p.groups[old].text})
			}
			q.groups[g].count++
			q.groupOf = append(q.groupOf, g)
			q.text += len(records[i].Raw)
		}
		q.arrange()
		return q
	}
	return cut(p.records[:n], p.groupOf[:n]), cut(p.records[n:], p.groupOf[n:])
}

// putRow sets the values of a record, in the order of [Columns]; address is
// between id and the rest unless it is nil.
func putRow(v *sqlite.Values, r *syslog.Record, address []byte) {
	v.Int(r.ID)
	if address != nil {
		v.Text(address)
	}
	v.Int(r.ReceivedAt)
	if r.SentAt == syslog.NoTime {
		v.Null()
	} else {
		v.Int(r.SentAt)
	}
	v.Int(int64(r.Facility))
	v.Int(int64(r.Severity))
	if isText(r.Raw) {
		v.TextOrNull(r.Get(r.Hostname))
		v.TextOrNull(r.Get(r.AppName))
		v.TextOrNull(r.Get(r.ProcID))
		v.TextOrNull(r.Get(r.MsgID))
		v.TextOrNull(r.Get(r.StructuredData))
		v.Text(r.Raw)
		v.Int(int64(utf8.RuneCount(r.Raw[:r.MessageAt])))
		return
	}
	for _, s := range [...]syslog.Span{r.Hostname, r.AppName, r.ProcID, r.MsgID, r.StructuredData} {
		switch b := r.Get(s); {
		case len(b) == 0:
			v.Null()
		case isText(b):
			v.Text(b)
		default:
			v.Blob(b)
		}
	}
	v.Blob(r.Raw)
	v.Int(int64(r.MessageAt))
}

// isText reports whether b can be a TEXT. What SQLite does to a TEXT that
// holds a NUL or is not UTF-8 differs from function to function.
func isText(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}
