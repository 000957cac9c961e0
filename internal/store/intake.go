package store

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// A Source is where messages come from.
type Source interface {
	// Next waits for a message, then up to wait for others, and returns what
	// there is as soon as it is max datagrams or more. Once ctx is done or the
	// source has ended it returns what is left, then io.EOF. It is called from
	// one goroutine.
	Next(ctx context.Context, max int, wait time.Duration) ([]*syslog.Batch, error)

	// Done gives batches back: their messages are stored, or counted as lost.
	// It is called from another goroutine than Next.
	Done([]*syslog.Batch)
}

const (
	// largest is how many messages a commit takes when they come in faster than
	// Options.BatchSize of them are stored: larger commits cost less a message,
	// the more so the more devices speak. 40,000 messages of 1,000 devices cost
	// a quarter less of the processor, and half of the bytes written, than 10,000.
	largest = 40_000
	// knownSenders bounds what an intake remembers of devices.
	knownSenders = 20_000
)

// A delivery is what was taken from the source at once, read.
type delivery struct {
	batches []*syslog.Batch // to be given back
	parts   []*part         // in order of arrival, one or more a day
}

// An intake turns batches of datagrams into deliveries of records that own
// their bytes. It runs one delivery ahead of the writer.
type intake struct {
	options Options
	store   *Store // whose settings may change; nil = they do not
	parser  *syslog.Parser
	span    daySpan // of the last message
	senders map[netip.Addr]*sender
	fresh   time.Time // when senders was last emptied
	parts   uint64    // counts parts, to know whose group is of this one
}

// A sender is what is remembered of a device.
type sender struct {
	address netip.Addr
	text    []byte
	zone    *time.Location
	charset *syslog.Charset
	part    uint64 // the part that group belongs to
	group   int32
}

func newIntake(o Options) *intake {
	return &intake{options: o, parser: syslog.NewParser(), senders: make(map[netip.Addr]*sender)}
}

// run takes what src has and sends it on until src has ended, then closes the
// channel. It returns nil after the end of src, else what src has failed with.
func (in *intake) run(ctx context.Context, src Source, to chan<- *delivery) error {
	defer close(to)
	most := 0
	for {
		now := in.batching()
		most = max(most, now.size)
		batches, err := src.Next(ctx, most, now.wait)
		if len(batches) > 0 {
			d := in.read(batches)
			n := 0
			for _, p := range d.parts {
				n += len(p.records)
			}
			to <- d // the writer takes all
			if n >= most {
				most = max(min(2*most, largest), now.size)
			} else if n < most/2 {
				most = max(most/2, now.size)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// batching returns how messages are gathered now.
func (in *intake) batching() batching {
	if in.store == nil {
		return batching{in.options.BatchSize, in.options.BatchWait}
	}
	return *in.store.batching.Load()
}

// read reads all datagrams of the batches.
func (in *intake) read(batches []*syslog.Batch) *delivery {
	relearn := in.store != nil && in.store.relearn.Swap(false) // zones and encodings were configured anew
	if now := time.Now(); relearn || now.Sub(in.fresh) > time.Minute || len(in.senders) > knownSenders {
		clear(in.senders)
		in.fresh = now
	}
	d := &delivery{batches: batches}
	messages, size := 0, 0
	for _, b := range batches {
		messages += len(b.Datagrams)
		for i := range b.Datagrams {
			size += int(b.Datagrams[i].Len)
		}
	}
	arena := make([]byte, 0, size)
	var p *part
	var from *sender
	for b, run := range byArrival(batches) {
		for i := run.from; i < run.to; i++ {
			g := &b.Datagrams[i]
			if p == nil || !in.span.contains(g.ReceivedAt) {
				in.span = spanOf(g.ReceivedAt, in.options.Location)
				if p == nil || p.day != in.span.Day {
					p = in.begin(d, in.span.Day, messages)
				}
			}
			messages--
			if n := len(p.origins); n == 0 || p.origins[n-1].listener != b.Listener {
				p.origins = append(p.origins, origin{listener: b.Listener})
			}
			p.origins[len(p.origins)-1].count++
			if from == nil || from.address != g.Source {
				from = in.sender(g.Source)
			}
			if from.part != in.parts {
				from.part, from.group = in.parts, int32(len(p.groups))
				p.groups = append(p.groups, group{address: from.address, text: from.text})
			}
			p.groups[from.group].count++
			p.groupOf = append(p.groupOf, from.group)

			var raw []byte
			arena, raw = copyMessage(arena, syslog.Trim(b.Raw(i)), from.charset)
			p.text += len(raw)
			p.records = append(p.records, syslog.Record{ReceivedAt: g.ReceivedAt, Source: g.Source})
			record := &p.records[len(p.records)-1]
			in.parser.Parse(&record.Message, raw, g.ReceivedAt, from.zone)
		}
	}
	for _, p := range d.parts {
		p.arrange()
	}
	return d
}

// begin adds a part to d, with room for so many messages.
func (in *intake) begin(d *delivery, day, messages int) *part {
	p := &part{day: day, records: make([]syslog.Record, 0, messages), groupOf: make([]int32, 0, messages)}
	d.parts = append(d.parts, p)
	in.parts++
	return p
}

// copyMessage appends a message to the arena, in UTF-8 if its encoding is
// known, and returns the arena and the copy.
func copyMessage(arena, raw []byte, c *syslog.Charset) ([]byte, []byte) {
	if c != nil && !utf8.Valid(raw) {
		decoded := c.Decode(make([]byte, 0, 2*len(raw)), raw)
		return arena, decoded[:len(decoded):len(decoded)]
	}
	start := len(arena)
	arena = append(arena, raw...)
	return arena, arena[start:len(arena):len(arena)]
}

// sender returns what is known of a device.
func (in *intake) sender(a netip.Addr) *sender {
	if s := in.senders[a]; s != nil {
		return s
	}
	s := &sender{address: a, text: []byte(AddressText(a)), zone: in.options.Location}
	if f := in.options.Zone; f != nil {
		if zone := f(a); zone != nil {
			s.zone = zone
		}
	}
	if f := in.options.Charset; f != nil {
		s.charset = f(a)
	}
	in.senders[a] = s
	return s
}
