package store

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestAllowance(t *testing.T) {
	tests := []struct {
		name           string
		tables         int
		familiar       bool
		commit, minute int // how many it allows; 0 = no end
	}{
		{"a file with few tables", 0, false, newTablesPerCommit, 0},
		{"a large file, strangers", lightTables, false, 50, newTablesPerMinute},
		{"a large file, devices of the day before", lightTables, true, 50, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &dayFile{tables: make(map[string]*deviceTable)}
			for i := range tt.tables {
				f.tables[fmt.Sprint(i)] = nil
			}
			if tt.familiar {
				f.familiar = map[string]struct{}{"x": {}}
			}
			const commits = 20
			var a allowance
			now := time.Now()
			for minute := range 2 {
				sum := 0
				for range commits {
					a.begin(now.Add(time.Duration(minute) * time.Minute))
					var c change
					made := 0
					for a.take(f, "x", &c) {
						made++
					}
					if made > tt.commit {
						t.Fatalf("%d tables in a commit, want at most %d", made, tt.commit)
					}
					a.use(&c)
					sum += made
				}
				if want := tt.minute; want == 0 && sum != commits*tt.commit || want > 0 && sum != want {
					t.Errorf("%d tables in minute %d, want %d", sum, minute, want)
				}
			}
		})
	}
}

// A site with many devices is not told of new senders when the day changes.
func TestNewSendersAreThoseNotThereTheDayBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
		n := 0
		send := func(first, devices int) {
			var list []message
			for i := range devices {
				list = append(list, from(first+i, 1, time.Now())...)
			}
			b.pipe.send(list...)
			n += len(list)
			b.pipe.waitDone(t, n)
			synctest.Wait()
		}
		minute := func() { // in which 800 speak three times
			for range 3 {
				send(0, 800)
				time.Sleep(20 * time.Second)
			}
			send(0, 1)
		}
		time.Sleep(24*time.Hour - 65*time.Second)
		minute()
		if b.told(EventSenders) {
			t.Error("people are told of the devices of a site that is just switched on")
		}
		time.Sleep(10 * time.Second)
		minute()
		if b.told(EventSenders) {
			t.Error("people are told of devices that were there the day before")
		}
		want(t, "tables of the second day", b.all("syslog_20000102.db", "SELECT count(*) FROM devices"), []string{"800"})
		// Half of them speak later on the third day, after a restart.
		time.Sleep(24 * time.Hour)
		send(0, 300)
		b.restart()
		send(300, 500)
		time.Sleep(time.Minute)
		send(0, 1)
		if b.told(EventSenders) {
			t.Error("people are told of devices that were there the day before a restart")
		}
		send(5000, newTablesPerMinute)
		time.Sleep(time.Minute)
		send(0, 1)
		if !b.told(EventSenders) {
			t.Error("nobody is told of very many strangers")
		}
		b.end()
	})
}

func TestTablesAreMadeSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(o *Options) { o.Now = time.Now }).run()
		file := "syslog_20000101.db"
		var list []message
		for i := range 1200 {
			list = append(list, from(i, 1, time.Now())...)
		}
		b.pipe.send(list...)
		b.pipe.waitDone(t, 1200)
		tables := func() string { return b.all(file, "SELECT count(*) FROM devices")[0] }
		if got := tables(); got != "500" {
			t.Errorf("%s tables after one commit, want 500", got)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if got := tables(); got != "1000" { // when it was quiet; the next try is a minute later
			t.Errorf("%s tables after half a minute, want 1000", got)
		}
		b.pipe.send(from(7, 100, time.Now())...)
		b.pipe.waitDone(t, 1300)
		b.end()
		want(t, "after the end", b.all(file, "SELECT count(*),sum(messages),(SELECT count(*) FROM inbox) FROM devices"), []string{"1200|1300|0"})
		if got := len(b.texts(file)); got != 1300 {
			t.Errorf("%d messages, want 1300", got)
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
