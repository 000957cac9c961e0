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

func TestTablesAreMadeSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
		file := "syslog_20000101.db"
		var list []message
		for i := range 1000 {
			list = append(list, from(i, 1, time.Now())...)
		}
		b.pipe.send(list...)
		b.pipe.waitDone(t, 1000)
		tables := func() string { return b.all(file, "SELECT count(*) FROM devices")[0] }
		if got := tables(); got != "50" {
			t.Errorf("%s tables after one commit, want 50", got)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if got := tables(); got != "100" { // when it was quiet; the next try is a minute later
			t.Errorf("%s tables after half a minute, want 100", got)
		}
		b.pipe.send(from(7, 100, time.Now())...)
		b.pipe.waitDone(t, 1100)
		b.end()
		want(t, "after the end", b.all(file, "SELECT count(*),sum(messages),(SELECT count(*) FROM inbox) FROM devices"), []string{"1000|1100|0"})
		if got := len(b.texts(file)); got != 1100 {
			t.Errorf("%d messages, want 1100", got)
		}
	})
}

func TestDevicesBeyondTheLimit(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxDevices = 3 }).run()
	for i := range 6 {
		b.pipe.send(from(i, 2, midday)...)
	}
	b.pipe.send(from(5, 20, midday)...)
	b.pipe.send(from(0, 20, midday)...)
	b.end()
	file := "syslog_20250613.db"
	want(t, "devices", b.all(file, "SELECT address,table_name,messages FROM devices ORDER BY 1"), []string{
		"10.0.0.0|logs_10_0_0_0_20250613|22", "10.0.0.1|logs_10_0_0_1_20250613|2", "10.0.0.2|logs_10_0_0_2_20250613|2",
		"other|logs_other_20250613|26",
	})
	want(t, "others", b.all(file, "SELECT address,count(*),min(message) FROM logs_other_20250613 GROUP BY 1 ORDER BY 1"), []string{
		"10.0.0.3|2|device 3 number 0", "10.0.0.4|2|device 4 number 0", "10.0.0.5|22|device 5 number 0",
	})
	if !b.told(EventSenders) {
		t.Error("nobody was told")
	}
	if got := len(b.texts(file)); got != 52 {
		t.Errorf("%d messages, want 52", got)
	}
}

// A flood of forged addresses fills neither memory nor the inbox.
func TestN04FloodOfForgedSenders(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxDevices = 500; o.BatchSize = 5000 }).run()
	const all = 250_000
	for i := 0; i < all; i += 5000 {
		var list []message
		for k := range 5000 {
			list = append(list, message{device(i + k), midday, "<13>x"})
		}
		b.pipe.send(list...)
	}
	b.pipe.waitDone(t, all)
	if got := b.Stats().Inbox; got > filingRows+50_000 {
		t.Errorf("%d messages in the inbox", got)
	}
	b.end()
	// Each forged device has one message. How many of them get a table before the
	// inbox is too full to wait for the next minute's depends on the machine.
	var tables, messages, others int
	row := b.all("syslog_20250613.db", "SELECT count(*),sum(messages),(SELECT count(*) FROM logs_other_20250613) FROM devices")[0]
	if _, err := fmt.Sscanf(row, "%d|%d|%d", &tables, &messages, &others); err != nil {
		t.Fatalf("%q: %v", row, err)
	}
	if messages != all || others != all-(tables-1) || tables > 501 || tables < 2 {
		t.Errorf("%d tables, %d messages, %d of them with the others; want at most 501, %d, and the rest", tables, messages, others, all)
	}
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
