package query

import (
	"net/netip"
	"slices"

	"github.com/logboom/logboom/internal/syslog"
)

// A node is a part of a query that a message fits or not.
type node interface {
	match(r *syslog.Record, d Directory) bool
	sql(s scope) condition
	cost() int // of match, to ask the cheap ones first
}

type and struct {
	kids []node // as written
	plan []node // the cheap ones first
}

type or struct{ kids, plan []node }

type not struct{ kid node }

func newAnd(kids []node) node {
	if len(kids) == 1 {
		return kids[0]
	}
	var flat []node
	for _, k := range kids {
		if a, ok := k.(and); ok {
			flat = append(flat, a.kids...)
		} else {
			flat = append(flat, k)
		}
	}
	return and{flat, plan(flat)}
}

func newOr(kids []node) node {
	if len(kids) == 1 {
		return kids[0]
	}
	var flat []node
	for _, k := range kids {
		if o, ok := k.(or); ok {
			flat = append(flat, o.kids...)
		} else {
			flat = append(flat, k)
		}
	}
	return or{flat, plan(flat)}
}

func plan(kids []node) []node {
	return slices.SortedStableFunc(slices.Values(kids), func(a, b node) int { return a.cost() - b.cost() })
}

func (n and) match(r *syslog.Record, d Directory) bool {
	for _, k := range n.plan {
		if !k.match(r, d) {
			return false
		}
	}
	return true
}

func (n or) match(r *syslog.Record, d Directory) bool {
	for _, k := range n.plan {
		if k.match(r, d) {
			return true
		}
	}
	return false
}

func (n not) match(r *syslog.Record, d Directory) bool { return !n.kid.match(r, d) }

func (n and) cost() int { return costs(n.kids) }
func (n or) cost() int  { return costs(n.kids) }
func (n not) cost() int { return n.kid.cost() }

func costs(kids []node) (sum int) {
	for _, k := range kids {
		sum += k.cost()
	}
	return sum
}

// text is what a field is compared to, as a whole or, with a star, as its
// beginning. A lone star means that the field is there.
type text struct {
	needle
	star bool
}

func is[T string | []byte](t *text, s T) bool {
	if t.star && t.needle.empty() {
		return len(s) > 0
	}
	n, ok := begins(&t.needle, s, 0)
	return ok && (t.star || n == len(s))
}

// column is a field of the message that has a column of its own.
type column struct {
	source string
	name   string // of the column
	text   text
	get    func(*syslog.Message) []byte
}

func (n column) match(r *syslog.Record, _ Directory) bool { return is(&n.text, n.get(&r.Message)) }
func (n column) cost() int                                { return 3 }

// number is the severity or the facility: a set of up to 32 numbers.
type number struct {
	source string
	name   string // of the column
	set    uint32
	get    func(*syslog.Message) uint8
}

func (n number) match(r *syslog.Record, _ Directory) bool { return n.set&(1<<n.get(&r.Message)) != 0 }
func (n number) cost() int                                { return 1 }

// called is what people call the device, or its site.
type called struct {
	source string
	text   text
	of     func(name, site string) string
}

func (n called) holds(a netip.Addr, d Directory) bool {
	if d == nil {
		return is(&n.text, "")
	}
	return is(&n.text, n.of(d.Device(a)))
}

func (n called) match(r *syslog.Record, d Directory) bool { return n.holds(r.Source, d) }
func (n called) cost() int                                { return 6 }

// device is the address or the name of the device.
type device struct {
	source string
	prefix netip.Prefix // valid if the value is an address or a range
	text   text         // else
}

func (n device) holds(a netip.Addr, d Directory) bool {
	if n.prefix.IsValid() {
		return n.prefix.Contains(a)
	}
	if n.text.star {
		var buf [64]byte
		if is(&n.text, a.AppendTo(buf[:0])) {
			return true
		}
	}
	if d == nil {
		return is(&n.text, "")
	}
	name, _ := d.Device(a)
	return is(&n.text, name)
}

func (n device) match(r *syslog.Record, d Directory) bool { return n.holds(r.Source, d) }
func (n device) cost() int                                { return 2 }
