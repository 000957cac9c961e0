package store

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/logboom/logboom/internal/syslog"
)

// The script is an endless row of messages, numbered from 0. All of a message
// follows from its number and its time, so whoever finds one can say whether
// it is as it was sent.
//
// It comes in blocks of 64: one dense device; many sparse devices and a new
// one; a dense one among sparse ones. So rows go into the tables of their
// devices at once, through the inbox, and into new tables.
const scriptBlock = 64

// tortureMidnight is the midnight that plays cross.
var tortureMidnight = time.Date(2025, 6, 14, 0, 0, 0, 0, time.UTC)

// scriptDevice returns the device that sends message n.
func scriptDevice(n int64) netip.Addr {
	block, place := n/scriptBlock, n%scriptBlock
	dense := netip.AddrFrom4([4]byte{10, 1, 0, byte(1 + block/3%3)})
	kind := block % 3
	switch {
	case kind == 0 || kind == 2 && place < 24:
		return dense
	case kind == 1 && place == scriptBlock-1:
		return netip.AddrFrom4([4]byte{10, 3, byte(block >> 8), byte(block)})
	}
	sparse := n * 7 % 15
	if sparse < 12 {
		return netip.AddrFrom4([4]byte{10, 2, 0, byte(1 + sparse)})
	}
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: byte(sparse)})
}

// scriptDelivery returns how many messages from n on arrive together.
func scriptDelivery(n int64) int64 {
	block, place := n/scriptBlock, n%scriptBlock
	left := scriptBlock - place
	switch block % 3 {
	case 1:
		return min(left, 1+n*5%7)
	case 2:
		return min(left, 32)
	}
	return left
}

// scriptBytes returns message n as it was sent at a time, in µs.
func scriptBytes(n, at int64) []byte {
	device := scriptDevice(n).String()
	raw := fmt.Appendf(nil, "<%d>1 2025-06-13T23:00:00Z %s app %d ID%d - number=%d at=%d ", n%192, device, n%7, n%5, n, at)
	length := int(20 + n*37%160)
	switch {
	case n%97 == 5:
		length = 9000 // more than a page
	case n%11 == 3:
		raw = append(raw, 0, 0xff, 0xfe) // will be a BLOB
	}
	for from := int(n % 26); length > 0; from = 0 {
		some := scriptText[from:min(from+length, len(scriptText))]
		raw = append(raw, some...)
		length -= len(some)
	}
	return raw
}

const scriptText = "abcdefghijklmnopqrstuvwxyz the quick brown fox jumps over the lazy dog, and all that he has thought of it he keeps to himself; "

// scriptNumber returns the number and the time that a message says it has. A
// stranger has none.
func scriptNumber(raw []byte) (n, at int64, ok bool) {
	_, rest, found := bytes.Cut(raw, []byte(" number="))
	number, rest, found2 := bytes.Cut(rest, []byte(" at="))
	clock, _, found3 := bytes.Cut(rest, []byte(" "))
	n, err := strconv.ParseInt(string(number), 10, 64)
	at, err2 := strconv.ParseInt(string(clock), 10, 64)
	return n, at, found && found2 && found3 && err == nil && err2 == nil
}

// scriptBatch returns messages from n on, one every millisecond.
func scriptBatch(n, count int64, first time.Time) *syslog.Batch {
	b := &syslog.Batch{}
	for i := range count {
		at := first.Add(time.Duration(i) * time.Millisecond).UnixMicro()
		raw := scriptBytes(n+i, at)
		b.Datagrams = append(b.Datagrams, syslog.Datagram{
			Off: uint32(len(b.Buf)), Len: uint32(len(raw)), ReceivedAt: at, Source: scriptDevice(n + i),
		})
		b.Buf = append(b.Buf, raw...)
	}
	return b
}

// isScripted reports in what a record differs from what was sent; "" = not.
func isScripted(r *syslog.Record) (n int64, problem string) {
	n, at, ok := scriptNumber(r.Raw)
	switch {
	case !ok:
		return 0, fmt.Sprintf("%v holds %.100q, which nobody has sent", r.Position, r.Raw)
	case !bytes.Equal(r.Raw, scriptBytes(n, at)):
		return n, fmt.Sprintf("%v holds message %d with other bytes", r.Position, n)
	case r.Source != scriptDevice(n) || r.ReceivedAt != at:
		return n, fmt.Sprintf("message %d came from %v at %d, is kept as from %v at %d", n, scriptDevice(n), at, r.Source, r.ReceivedAt)
	case string(r.Get(r.Hostname)) != scriptDevice(n).String():
		return n, fmt.Sprintf("message %d has lost its host name", n)
	}
	return n, ""
}

func TestTortureScriptIsWhatItSays(t *testing.T) {
	kinds := make(map[string]int)
	for n := int64(0); n < 3*scriptBlock; n += scriptDelivery(n) {
		devices := make(map[netip.Addr]int)
		for i := range scriptDelivery(n) {
			devices[scriptDevice(n+i)]++
		}
		for _, count := range devices {
			if count >= denseRows {
				kinds["dense"]++
			} else {
				kinds["sparse"]++
			}
		}
	}
	if kinds["dense"] == 0 || kinds["sparse"] == 0 {
		t.Errorf("the script has deliveries %v", kinds)
	}
	b := scriptBatch(0, 200, tortureMidnight)
	blobs := 0
	for i := range b.Datagrams {
		raw := b.Raw(i)
		n, at, ok := scriptNumber(raw)
		if !ok || n != int64(i) || at != b.Datagrams[i].ReceivedAt {
			t.Fatalf("message %d says it is %d of %d", i, n, at)
		}
		if !isText(raw) {
			blobs++
		}
	}
	if blobs == 0 {
		t.Error("the script has no BLOBs")
	}
}
