package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAllowance(t *testing.T) {
	tests := []struct {
		name           string
		tables         int
		familiar, open bool
		commit, minute int // how many it allows; 0 = no end
		many           bool
	}{
		{"a file with few tables, strangers", 0, false, false, newTablesPerCommit, newTablesPerMinute, true},
		{"a file with few tables, devices of the day before", 0, true, false, newTablesPerCommit, 0, false},
		{"a file with few tables, a site is switched on", 0, false, true, newTablesPerCommit, 0, false},
		{"a large file, strangers", lightTables, false, false, 50, newTablesPerMinute, true},
		{"a large file, devices of the day before", lightTables, true, false, 50, 0, false},
		{"a large file, a site is switched on", lightTables, false, true, 50, newTablesPerMinute, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &dayFile{tables: make(map[string]*deviceTable)}
			for i := range tt.tables {
				f.tables[fmt.Sprint(i)] = nil
			}
			if tt.familiar {
				f.before = map[string]struct{}{"x": {}}
			}
			const commits = 20
			var a allowance
			now := time.Now()
			if tt.open {
				a.settled = now.Add(time.Hour)
			}
			for minute := range 2 {
				sum := 0
				for i := range commits {
					if many := a.begin(now.Add(time.Duration(minute) * time.Minute)); many != (tt.many && minute > 0 && i == 0) {
						t.Errorf("minute %d, commit %d: many %v", minute, i, many)
					}
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

// A site is many devices of a bench under synctest, whose clock is not the real one.
type site struct {
	*bench
	sent int
}

// send sends a message of each of so many devices.
func (s *site) send(first, devices int) {
	var list []message
	for i := range devices {
		list = append(list, from(first+i, 1, time.Now())...)
	}
	s.pipe.send(list...)
	s.sent += len(list)
	s.pipe.waitDone(s.t, s.sent)
	synctest.Wait()
}

// wait moves the clock of synctest on, which is what Sleep does there: it takes no
// time.
func (s *site) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// settle makes all devices known, slowly: it takes four minutes for 800.
func (s *site) settle(all int) {
	for first := 0; first < all; first += 200 {
		s.send(first, 200)
		s.wait(time.Minute)
	}
}

// fail lets the next write fail.
func (s *site) fail(err error) {
	var once sync.Once
	hook := func(point string) (failed error) {
		if point == "write" {
			once.Do(func() { failed = err })
		}
		return failed
	}
	s.writer.hook.Store(&hook)
}

// People are told of very many new senders, and only of those: not of a site that
// is switched on, not of devices that were there the day before, whatever became
// of the files meanwhile.
func TestVeryManyNewSenders(t *testing.T) {
	const all, many = 800, newTablesPerMinute + 1
	damaged := corruptError(t)
	tests := []struct {
		name  string
		start time.Duration // after midnight, when the first device is heard; 0 = none is
		story func(*site)
		told  bool
	}{
		{"a site is switched on", 0, func(s *site) {
			s.wait(time.Hour) // there is nothing to receive at first
			s.send(0, 100)
			s.wait(time.Minute)
			s.send(0, all)
		}, false},
		{"many more, later on the first day", settling + time.Minute, func(s *site) {
			s.send(5000, many)
		}, true},
		{"no more than are allowed", settling + time.Minute, func(s *site) {
			s.send(5000, newTablesPerMinute)
		}, false},
		{"the day changes", 24*time.Hour - 5*time.Minute, func(s *site) {
			s.settle(all)
			s.wait(70 * time.Second)
			s.send(0, all)
		}, false},
		{"strangers after the day has changed", 24*time.Hour - 5*time.Minute, func(s *site) {
			s.settle(all)
			s.wait(70 * time.Second)
			s.send(0, all)
			s.send(5000, many)
		}, true},
		{"a restart, before most have spoken", 24*time.Hour - 5*time.Minute, func(s *site) {
			s.settle(all)
			s.wait(70 * time.Second)
			s.send(0, 100)
			s.restart()
			s.send(100, all-100)
		}, false},
		{"no network over midnight, in a long run", 0, func(s *site) {
			s.send(0, 100)
			s.wait(24 * time.Hour)
			s.restart()
			for first := 0; first < all; first += 200 {
				s.send(first, 200)
				s.wait(2 * time.Minute)
			}
			s.wait(24 * time.Hour)
			s.send(0, all)
		}, false},
		{"the file is opened anew after an error", 24*time.Hour - 5*time.Minute, func(s *site) {
			s.settle(all)
			s.wait(70 * time.Second)
			s.send(0, 100)
			s.wait(5 * time.Minute) // the day before is closed
			s.fail(errors.New("disk I/O error"))
			s.send(0, 1)
			s.send(100, all-100)
		}, false},
		{"the file is set aside before midnight", 24*time.Hour - 5*time.Minute, func(s *site) {
			s.settle(all)
			s.fail(damaged)
			s.send(0, 1)
			if !s.told(EventDamaged) {
				s.t.Error("the file was not set aside")
			}
			s.send(0, all)
			s.wait(2 * time.Minute)
			s.send(0, all)
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{bench: newBench(t, func(o *Options) { o.Now = time.Now }).run()}
				if tt.start > 0 {
					s.send(9000, 1)
				}
				s.wait(tt.start)
				tt.story(s)
				s.wait(time.Minute)
				s.send(0, 1)
				if got := s.told(EventSenders); got != tt.told {
					t.Errorf("people were told: %v", got)
				}
				s.end()
			})
		})
	}
}

func TestTablesAreMadeSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &site{bench: newBench(t, func(o *Options) { o.Now = time.Now }).run()}
		file := "syslog_20000101.db"
		b.send(0, 1200)
		tables := func() string { return b.all(file, "SELECT count(*) FROM devices")[0] }
		if got := tables(); got != "500" {
			t.Errorf("%s tables after one commit, want 500", got)
		}
		b.wait(30 * time.Second)
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
