package syslog

import "net/netip"

// NoTime is the value of [Message.SentAt] for a message whose time is absent
// or unusable.
const NoTime int64 = -1 << 63

// DefaultFacility and DefaultSeverity are those of a message without a valid
// PRI: user-level, notice. RFC 3164 section 4.3.3.
const (
	DefaultFacility = 1
	DefaultSeverity = 5
)

// A Message is one message, read. Its fields are places in Raw, so that
// reading allocates nothing; [Message.Get] gives their bytes.
type Message struct {
	// Raw is the message as it came, without the NUL, CR and LF at its end,
	// which belong to the framing. The Message does not own it.
	Raw []byte

	SentAt    int64 // what the device said: µs since 1970 UTC, or NoTime
	MessageAt int   // byte in Raw where the text begins, 0 to len(Raw)

	Hostname, AppName, ProcID, MsgID Span // empty if the message has none
	StructuredData                   Span // the whole of it, "[...][...]"; RFC 5424 section 6.3

	Facility, Severity uint8 // 0 to 23, 0 to 7
	Format             Format
}

// A Span is a part of [Message.Raw]. The empty one stands for an absent field.
type Span struct{ Off, Len uint32 }

// Get returns the bytes of s, which share memory with m.Raw; nil if s is empty.
func (m *Message) Get(s Span) []byte {
	if s.Len == 0 {
		return nil
	}
	return m.Raw[s.Off : s.Off+s.Len]
}

// Text returns what the device wants to say: Raw without its header.
func (m *Message) Text() []byte { return m.Raw[m.MessageAt:] }

// A Datagram is one message as it came from the network, not yet read: a place
// in the Buf of its [Batch], when it arrived and from where.
type Datagram struct {
	Off, Len   uint32
	ReceivedAt int64      // our clock, µs since 1970 UTC
	Source     netip.Addr // v4-mapped is v4; without zone
}

// A Batch is a number of datagrams that one listener received, back to back in
// one buffer. Whoever takes a batch from its queue gives it back when the
// datagrams are stored; until then neither slice may be changed.
type Batch struct {
	Listener  int // place of the listener in the configuration, from 0
	Buf       []byte
	Datagrams []Datagram
}

// Raw returns the bytes of datagram i.
func (b *Batch) Raw(i int) []byte {
	d := &b.Datagrams[i]
	return b.Buf[d.Off : d.Off+d.Len : d.Off+d.Len]
}

// A Record is a stored message: what was said, by whom, when it came, and its
// place in the store. Records are shared between followers: read only.
type Record struct {
	Message
	Position
	ReceivedAt int64 // our clock, µs since 1970 UTC
	Source     netip.Addr
}
