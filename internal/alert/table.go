package alert

import (
	"cmp"
	"container/heap"
	"net/netip"

	"github.com/logboom/logboom/internal/syslog"
)

// A place is a rule, by its place in the set, on something of a device.
type place struct {
	rule   int
	device netip.Addr
	object string // "" = the device as a whole
}

// maxObjects is on how many objects of one device a rule can hold at a time.
// What else it holds for is one trouble, manyObjects: whoever sends messages
// can make up as many names as he likes.
const (
	maxObjects  = 500
	manyObjects = "many others"
)

// A trouble is a rule that holds for a device: the [State] of it, and where it
// stands in its table.
type trouble struct {
	place                       place
	firstAt, lastAt, notifiedAt int64
	count, held                 int
	open, told                  bool
	window                      []int64
	pending                     int64 // until when it has to last before people are told; 0 = it need not
	last, over                  sample
	inc                         *Incident // nil: it is none yet

	touched   int64 // clock of the engine at the newest message
	deadline  int64 // when something is to be done
	index     int   // in the heap
	older     *trouble
	newer     *trouble
	changed   bool // since the last Take
	forgotten bool
}

// A sample is a message that may be told later.
type sample struct {
	set      bool
	severity uint8
	at       int64
	position syslog.Position
	text     []byte // its beginning
}

// keep makes s the message r. It copies, since records share large buffers.
func (s *sample) keep(r *syslog.Record) {
	text := r.Body()
	s.set, s.severity, s.at, s.position = true, r.Severity, r.ReceivedAt, r.Position
	s.text = append(s.text[:0], text[:min(len(text), MaxText+1)]...)
}

func sampleOf(n *Notice) sample {
	if n == nil {
		return sample{}
	}
	return sample{true, n.Severity, n.At, n.Position, []byte(n.Text)}
}

// table holds troubles: by place, by deadline and by the time of their newest
// message.
type table struct {
	all      map[place]*trouble
	due      deadlines
	front    *trouble // silent longest
	back     *trouble
	open     []int         // how many there are of each rule
	objects  map[place]int // of a rule on a device, without object -> objects
	arrivals int           // in all windows
}

func newTable() table { return table{all: map[place]*trouble{}, objects: map[place]int{}} }

func (t *table) len() int                { return len(t.all) }
func (t *table) get(p place) *trouble    { return t.all[p] }
func (t *table) oldest() *trouble        { return t.front }
func (*table) after(x *trouble) *trouble { return x.newer }

func (t *table) has(s *Set, k Key) bool {
	i, ok := s.byName[k.Rule]
	return ok && t.all[place{i, k.Device, k.Object}] != nil
}

// room returns p, or the place of many others if there are too many objects.
func (t *table) room(p place) place {
	if p.object != "" && t.all[p] == nil && t.objects[place{p.rule, p.device, ""}] >= maxObjects {
		p.object = manyObjects
	}
	return p
}

// add makes a trouble, the newest, at p. It has no deadline yet.
func (t *table) add(p place) *trouble {
	if old := t.all[p]; old != nil {
		t.remove(old)
	}
	x := &trouble{place: p, deadline: never}
	t.all[p] = x
	t.open[p.rule]++
	if p.object != "" {
		t.objects[place{p.rule, p.device, ""}]++
	}
	t.link(x)
	heap.Push(&t.due, x)
	return x
}

func (t *table) remove(x *trouble) {
	x.forgotten = true
	delete(t.all, x.place)
	t.open[x.place.rule]--
	if x.place.object != "" {
		p := place{x.place.rule, x.place.device, ""}
		if t.objects[p]--; t.objects[p] == 0 {
			delete(t.objects, p)
		}
	}
	t.arrivals -= len(x.window)
	t.unlink(x)
	heap.Remove(&t.due, x.index)
}

// renew makes x the newest.
func (t *table) renew(x *trouble) {
	t.unlink(x)
	t.link(x)
}

func (t *table) link(x *trouble) {
	x.older, x.newer = t.back, nil
	if t.back != nil {
		t.back.newer = x
	} else {
		t.front = x
	}
	t.back = x
}

func (t *table) unlink(x *trouble) {
	if x.older != nil {
		x.older.newer = x.newer
	} else {
		t.front = x.newer
	}
	if x.newer != nil {
		x.newer.older = x.older
	} else {
		t.back = x.older
	}
}

// schedule sets the deadline of x.
func (t *table) schedule(x *trouble, at int64) {
	if x.deadline != at {
		x.deadline = at
		heap.Fix(&t.due, x.index)
	}
}

// next returns the first deadline, never if there is none.
func (t *table) next() int64 {
	if len(t.due) == 0 {
		return never
	}
	return t.due[0].deadline
}

func (t *table) first() *trouble { return t.due[0] }

// deadlines is a heap of troubles, the first deadline on top. The order of
// equal ones follows from what they are, so that an engine is deterministic.
type deadlines []*trouble

func (d deadlines) Len() int { return len(d) }

func (d deadlines) Less(i, j int) bool {
	a, b := d[i], d[j]
	return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.place.rule, b.place.rule), a.place.device.Compare(b.place.device),
		cmp.Compare(a.place.object, b.place.object)) < 0
}

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i, j
}

// Push and Pop are for package heap.
func (d *deadlines) Push(x any) {
	t := x.(*trouble)
	t.index = len(*d)
	*d = append(*d, t)
}

func (d *deadlines) Pop() any {
	old := *d
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	return x
}
