package syslog

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrFrameLength is wrapped by the error of [Framer.Feed] for an octet count
// that cannot be one. What follows cannot be told apart any more: close the
// connection.
var ErrFrameLength = errors.New("impossible octet count before a message")

// ErrTLS is what [Framer.Feed] returns for a stream that begins as TLS does.
var ErrTLS = errors.New("the sender speaks TLS, but this port does not; send to a port under listen.tls, or switch TLS off at the sender")

const (
	// DefaultMaxFrame is the Max of a Framer that has none, in bytes.
	DefaultMaxFrame = 64 << 10

	maxCountDigits = 7  // of a message length that we believe
	maxDigits      = 32 // before a longer number is taken as text
	maxPrefix      = maxDigits + 1
	keepBuffer     = 4 << 10
)

// A Framer cuts a stream into messages: by the octet count before each (RFC
// 6587 section 3.4.1), or by the LF or NUL behind it (section 3.4.2), decided
// anew for each message. Bytes may come in any pieces; the messages are the
// same. The zero Framer is ready to use. One per connection.
//
// An octet count is a number of at most 7 digits, a space, and "<" as the
// first octet. A number before other text is a count only if the message ends
// exactly where it says: a line break, the end of the stream or another count
// follows there. So a line that begins with a number stays a line.
type Framer struct {
	// Max is the size of the largest message, in bytes; of a longer one the
	// first Max bytes are passed on and the rest is dropped. 0 is
	// DefaultMaxFrame.
	Max int

	state  frameState
	buf    []byte // of the unfinished message, at most max + maxPrefix
	digits int    // of the number that it begins with
	count  int    // its value
	prefix int    // bytes of buf that are number and space
	left   int    // octets of a counted message to come
	over   bool   // bytes were dropped
	ahead  []byte // behind a message that may be counted
	err    error
	begun  bool
}

type frameState uint8

const (
	frameStart   frameState = iota // between messages
	frameHello                     // behind a first byte of TLS
	frameNumber                    // in a number at the start
	frameSpace                     // behind number and space
	frameCounted                   // in a counted message
	frameMaybe                     // in one that is counted, or a line
	frameAhead                     // behind such a one
	frameLine                      // in a line
)

// Feed takes the next bytes of the stream and calls emit for each message that
// they complete; frame is valid during the call only. oversize tells that the
// message was longer than Max. Empty lines are no messages. The error wraps
// [ErrFrameLength] or is [ErrTLS], and stays; messages before it were emitted.
func (f *Framer) Feed(b []byte, emit func(frame []byte, oversize bool)) error {
	for len(b) > 0 && f.err == nil {
		switch f.state {
		case frameStart:
			b = f.start(b, emit)
		case frameCounted:
			b = f.counted(b, emit)
		case frameLine:
			b = f.line(b, emit)
		case frameMaybe:
			b = f.maybe(b, emit)
		default:
			if f.step(b[0], emit) {
				b = b[1:]
			}
		}
	}
	return f.err
}

// End tells that the stream has ended. An unfinished message is emitted as far
// as it came.
func (f *Framer) End(emit func(frame []byte, oversize bool)) {
	if f.err != nil {
		return
	}
	if f.state == frameAhead && len(f.ahead) == 0 {
		f.emitCounted(emit)
		return
	}
	f.becomeLine()
	f.emitLine(emit)
}

// Buffered returns the bytes held for the unfinished message, at most Max and
// a few.
func (f *Framer) Buffered() int { return len(f.buf) + len(f.ahead) }

func (f *Framer) max() int {
	if f.Max > 0 {
		return f.Max
	}
	return DefaultMaxFrame
}

// start takes the first byte of a message, or all of a line at once.
func (f *Framer) start(b []byte, emit func([]byte, bool)) []byte {
	c := b[0]
	switch {
	case c == '\n' || c == '\r' || c == 0:
		f.begun = true
		return b[1:]
	case c == 0x16 && !f.begun: // a TLS record of a handshake; RFC 8446 section 5.1
		f.state = frameHello
	case isDigit(c):
		f.state, f.digits, f.count = frameNumber, 1, int(c-'0')
	default:
		f.begun = true
		f.state = frameLine
		return f.line(b, emit)
	}
	f.begun = true
	f.keep(b[:1])
	return b[1:]
}

// step looks at one byte in the states between number and message. It returns
// false if the byte belongs to what follows.
func (f *Framer) step(c byte, emit func([]byte, bool)) (taken bool) {
	switch f.state {
	case frameHello:
		if c == 3 {
			f.err = ErrTLS
		}
		f.state = frameLine
	case frameNumber:
		switch {
		case isDigit(c) && f.digits < maxDigits:
			f.digits++
			f.count = min(f.count*10+int(c-'0'), 1e8)
			f.buf = append(f.buf, c)
			return true
		case c == ' ':
			f.state = frameSpace
			f.buf = append(f.buf, c)
			f.prefix = len(f.buf)
			return true
		}
		f.becomeLine()
	case frameSpace:
		f.behindSpace(c)
	case frameAhead:
		return f.look(c, emit)
	}
	return false
}

// behindSpace decides by the byte behind number and space.
func (f *Framer) behindSpace(c byte) {
	believable := f.digits <= maxCountDigits && f.count > 0
	switch {
	case c == '<' && !believable:
		f.err = fmt.Errorf("%w: %q", ErrFrameLength, f.buf[:f.prefix-1])
	case c == '<':
		f.state, f.left = frameCounted, f.count
		f.buf, f.prefix = f.buf[:0], 0
	case believable:
		f.state, f.left = frameMaybe, f.count
	default:
		f.becomeLine()
	}
}

// counted takes bytes of a counted message.
func (f *Framer) counted(b []byte, emit func([]byte, bool)) []byte {
	n := min(len(b), f.left)
	if n == f.left && len(f.buf) == 0 && n <= f.max() { // whole: no copy
		f.state, f.left = frameStart, 0
		emit(b[:n:n], false)
		return b[n:]
	}
	f.keep(b[:n])
	if f.left -= n; f.left == 0 {
		f.emitCounted(emit)
	}
	return b[n:]
}

// line takes bytes of a message that ends with LF or NUL.
func (f *Framer) line(b []byte, emit func([]byte, bool)) []byte {
	n := bytes.IndexByte(b, '\n')
	whole := b
	if n >= 0 {
		whole = b[:n]
	}
	if z := bytes.IndexByte(whole, 0); z >= 0 {
		n = z
	}
	if n < 0 {
		f.keep(b)
		return nil
	}
	if len(f.buf) == 0 && n <= f.max() { // whole: no copy
		f.state = frameStart
		if frame := cutCR(b[:n:n]); len(frame) > 0 {
			emit(frame, false)
		}
		return b[n+1:]
	}
	f.keep(b[:n])
	f.emitLine(emit)
	return b[n+1:]
}

// maybe takes bytes of a message that is counted, or a line with a number at
// its start.
func (f *Framer) maybe(b []byte, emit func([]byte, bool)) []byte {
	n := min(len(b), f.left)
	if e := bytes.IndexByte(b[:n], '\n'); e >= 0 {
		n = e
	}
	if e := bytes.IndexByte(b[:n], 0); e >= 0 {
		n = e
	}
	f.keep(b[:n])
	f.left -= n
	switch {
	case f.left == 0:
		f.state = frameAhead
	case n < len(b): // a line break: a line after all
		f.becomeLine()
	}
	return b[n:]
}

// look takes a byte behind a message that may be counted: it is if a line break
// or another count comes there.
func (f *Framer) look(c byte, emit func([]byte, bool)) (taken bool) {
	n := len(f.ahead)
	number := n > 0 && f.ahead[n-1] != ' '
	switch {
	case n == 0 && (c == '\n' || c == '\r' || c == 0):
		f.emitCounted(emit)
		return true
	case isDigit(c) && n < maxCountDigits && (number || n == 0), c == ' ' && number:
		f.ahead = append(f.ahead, c)
		return true
	case c == '<' && n > 0 && !number:
		next := f.ahead
		f.ahead = nil
		f.emitCounted(emit)
		f.err = f.Feed(next, emit) // number and space alone: emits nothing
		return false
	}
	f.becomeLine()
	return false
}

// becomeLine makes a line of what was taken for a number or a count.
func (f *Framer) becomeLine() {
	f.state, f.prefix = frameLine, 0
	ahead := f.ahead
	f.ahead = nil
	f.keep(ahead)
}

// keep holds bytes of the unfinished message, as many as fit.
func (f *Framer) keep(b []byte) {
	room := f.max() + maxPrefix - len(f.buf)
	if len(b) > room {
		b, f.over = b[:max(room, 0)], true
	}
	f.buf = append(f.buf, b...)
}

// emitCounted emits what is held without the number before it.
func (f *Framer) emitCounted(emit func([]byte, bool)) { f.emit(f.buf[f.prefix:], emit) }

// emitLine emits what is held, which a line break ended.
func (f *Framer) emitLine(emit func([]byte, bool)) {
	frame := f.buf
	if !f.over {
		frame = cutCR(frame)
	}
	f.emit(frame, emit)
}

// emit passes frame on, cut to Max, and makes ready for the next.
func (f *Framer) emit(frame []byte, emit func([]byte, bool)) {
	over := f.over
	if most := f.max(); len(frame) > most {
		frame, over = frame[:most], true
	}
	if len(frame) > 0 {
		emit(frame, over)
	}
	f.state, f.buf, f.digits, f.count, f.prefix, f.left, f.over = frameStart, f.buf[:0], 0, 0, 0, 0, false
	if cap(f.buf) > keepBuffer { // idle connections hold little
		f.buf = nil
	}
}

// cutCR cuts the CR before a line break.
func cutCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}
