package store

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// device returns one of many addresses.
func device(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

// from returns n messages of device i.
func from(i, n int, at time.Time) []message {
	var list []message
	for k := range n {
		list = append(list, message{device(i), at.Add(time.Duration(k) * time.Microsecond), fmt.Sprintf("<13>device %d number %d", i, k)})
	}
	return list
}

func TestThinTrafficWaitsInTheInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
		file := "syslog_20000101.db"
		n := 0
		send := func(list []message) {
			b.pipe.send(list...)
			n += len(list)
			b.pipe.waitDone(t, n)
			synctest.Wait()
		}
		send(from(1, 1, time.Now()))  // the first of a device makes its table
		send(from(1, 15, time.Now())) // too few
		send(from(1, 16, time.Now())) // enough
		want(t, "right after", b.all(file, "SELECT (SELECT count(*) FROM inbox),(SELECT count(*) FROM logs_10_0_0_1_20000101),(SELECT messages FROM devices)"), []string{"15|17|17"})
		time.Sleep(filingQuiet + time.Second)
		synctest.Wait()
		want(t, "when it is quiet", b.all(file, "SELECT (SELECT count(*) FROM inbox),(SELECT count(*) FROM logs_10_0_0_1_20000101),(SELECT messages FROM devices)"), []string{"0|32|32"})
		want(t, "ids", b.all(file, "SELECT min(id),max(id),count(DISTINCT id) FROM logs_10_0_0_1_20000101"), []string{"1|32|32"})

		// It never is quiet, but nothing waits for more than a minute.
		for range 65 {
			send(from(1, 1, time.Now()))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if got := b.Stats().Inbox; got > 10 || got == 0 {
			t.Errorf("%d messages are in the inbox after 65 s, one a second", got)
		}
		b.end()
		want(t, "after the end", b.all(file, "SELECT (SELECT count(*) FROM inbox),(SELECT count(*) FROM logs_10_0_0_1_20000101),(SELECT messages FROM devices)"), []string{"0|97|97"})
	})
}

func TestLongRowsAndManyColumns(t *testing.T) {
	b := newBench(t, nil).run()
	long := make([]byte, 65_507)
	for i := range long {
		long[i] = byte('a' + i%26)
	}
	var list []message
	for i := range 120 {
		list = append(list, message{deviceA, midday, fmt.Sprintf("<13>%d %s", i, long)})
	}
	b.pipe.send(list...)
	b.end()
	want(t, "lengths", b.all("syslog_20250613.db", "SELECT count(*),sum(length(raw)) FROM logs_192_168_1_1_20250613"),
		[]string{fmt.Sprintf("120|%d", 120*(65_507+4+1)+10+2*90+3*20)})
}

// However long the messages are, what waits in the inbox, and with it what
// filing holds in memory, is bounded.
func TestLongMessagesInTheInbox(t *testing.T) {
	b := newBench(t, nil).run()
	long := strings.Repeat("a very long message ", 3000)
	const all = 2000
	for i := range all { // 120 MB, one message of a device at a time
		b.pipe.send(message{device(i % 50), midday, fmt.Sprintf("<13>%d %s", i, long)})
		if i%50 == 49 {
			b.pipe.waitDone(t, i)
			if s := b.Stats(); s.Inbox > 2*filingBytes/60_000+100 {
				t.Fatalf("%d messages in the inbox", s.Inbox)
			}
		}
	}
	b.end()
	want(t, "messages", b.all(today, "SELECT sum(messages),(SELECT count(*) FROM inbox) FROM devices"), []string{fmt.Sprint(all, "|0")})
}
