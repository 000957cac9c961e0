package silence

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var (
	olt = netip.MustParseAddr("10.0.0.1")
	// monday is midnight UTC at the beginning of a week.
	monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
)

// nobody has set anything.
func nobody(netip.Addr) (time.Duration, bool) { return 0, false }

// talk plays a device that speaks at the times that say gives, each the one
// after a time, from one to another, looking every minute; it returns when the
// device was named as silent.
func talk(w *Watch, from, to time.Time, say func(time.Time) time.Time) (named []time.Time) {
	next := say(from)
	for now := from; now.Before(to); now = now.Add(time.Minute) {
		for ; !next.After(now) && next.Before(to); next = say(next) {
			w.Heard(olt, next.UnixMicro())
		}
		if quiet, _ := w.Due(now.UnixMicro()); len(quiet) > 0 {
			named = append(named, now)
		}
	}
	return named
}

// every speaks at even distances.
func every(d time.Duration) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.Add(d) }
}

// office speaks every five minutes from 8 to 18 o'clock on weekdays.
func office(t time.Time) time.Time {
	for {
		t = t.Add(5 * time.Minute)
		if h, d := t.Hour(), t.Weekday(); h >= 8 && h < 18 && d != time.Saturday && d != time.Sunday {
			return t
		}
	}
}

func TestHabit(t *testing.T) {
	const d = 24 * time.Hour
	tests := []struct {
		name  string
		say   func(time.Time) time.Time
		heard time.Duration // listened from monday on
		want  time.Duration // from the last message until it is named; 0 = never
	}{
		{"ten times a second for two days", every(100 * time.Millisecond), 2 * d, 15 * time.Minute},
		{"every minute for two weeks", every(time.Minute), 14 * d, 15 * time.Minute},
		{"every twenty minutes for two weeks", every(20 * time.Minute), 14 * d, time.Hour},
		{"every twenty minutes for two days, not sure yet", every(20 * time.Minute), 2 * d, 2 * time.Hour},
		{"not known for a day", every(time.Minute), 20 * time.Hour, 0},
		{"speaks rarely", every(3 * time.Hour), 14 * d, 0},
		{"on working days, at noon", office, 14*d + 12*time.Hour, 15 * time.Minute},
		{"on working days, in the first week", office, 3*d + 12*time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := New(nobody)
			end := monday.Add(tt.heard)
			if named := talk(w, monday, end, tt.say); len(named) > 0 {
				t.Fatalf("named while it spoke, at %v", named)
			}
			last := time.UnixMicro(w.devices[olt].LastAt).UTC()
			named := talk(w, end, end.Add(3*d), func(t time.Time) time.Time { return t.Add(99 * d) })
			if tt.want == 0 {
				if len(named) != 0 {
					t.Fatalf("named at %v, last heard at %v", named, last)
				}
				return
			}
			if len(named) != 1 {
				t.Fatalf("named %d times, want once", len(named))
			}
			if got := named[0].Sub(last); got < tt.want || got > tt.want+time.Minute {
				t.Errorf("named after %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNightsAndWeekendsAreNoSilence(t *testing.T) {
	if named := talk(New(nobody), monday.Add(3*24*time.Hour), monday.Add(60*24*time.Hour), office); len(named) > 0 {
		t.Errorf("named at %v", named)
	}
}

// Messages that come at random have long gaps at times.
func TestChanceIsNoSilence(t *testing.T) {
	alarms, years := 0, 0.0
	for _, mean := range []time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, 45 * time.Minute} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 1))
			named := talk(New(nobody), monday, monday.Add(60*24*time.Hour), func(t time.Time) time.Time {
				return t.Add(time.Duration(r.ExpFloat64() * float64(mean)))
			})
			alarms += len(named)
			years += 60.0 / 365
		}
	}
	t.Logf("%d false alarms in %.0f years of devices", alarms, years)
	if float64(alarms) > years/2 {
		t.Errorf("%d false alarms in %.0f years of devices", alarms, years)
	}
}

func TestAnOutageIsNotLearnedAsAHabit(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(time.Minute))
	w.Heard(olt, end.Add(12*time.Hour).UnixMicro())
	if got, ok := w.devices[olt].Allowed(); !ok || got > 3*time.Hour {
		t.Errorf("after an outage of 12 h it may be quiet for %v, %t", got, ok)
	}
}

func TestAHabitThatChangedIsLearned(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(time.Minute))
	named := talk(w, end, end.Add(30*24*time.Hour), every(45*time.Minute))
	if len(named) > 8 {
		t.Errorf("named %d times after it began to speak every 45 minutes: %v", len(named), named)
	}
}

func TestSilentAfter(t *testing.T) {
	tests := []struct {
		name string
		set  time.Duration
		want int
	}{
		{"set", 30 * time.Minute, 1},
		{"off", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := New(func(netip.Addr) (time.Duration, bool) { return tt.set, true })
			w.Heard(olt, monday.UnixMicro())
			if quiet, _ := w.Due(monday.Add(29 * time.Minute).UnixMicro()); len(quiet) != 0 {
				t.Errorf("too early: %v", quiet)
			}
			quiet, expected := w.Due(monday.Add(30 * time.Minute).UnixMicro())
			if len(quiet) != tt.want || expected != tt.want {
				t.Fatalf("named %v of %d", quiet, expected)
			}
			if tt.want == 1 && quiet[0] != (Quiet{olt, monday.UnixMicro(), tt.set, true}) {
				t.Errorf("named %v", quiet)
			}
			if quiet, _ := w.Due(monday.Add(31 * time.Minute).UnixMicro()); len(quiet) != 0 {
				t.Errorf("named twice: %v", quiet)
			}
		})
	}
}

func TestOwnDowntimeIsNoSilence(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(time.Minute))
	habits, _ := w.Changed(end.UnixMicro(), 10, true)

	back := end.Add(6 * time.Hour)
	w = New(nobody)
	w.Restore(habits, back.UnixMicro())
	if named := talk(w, back, back.Add(14*time.Minute), every(time.Hour)); len(named) > 0 {
		t.Errorf("named at %v, %v after the start", named, 6*time.Hour)
	}
	if quiet, _ := w.Due(back.Add(15 * time.Minute).UnixMicro()); len(quiet) != 1 {
		t.Errorf("not named after the time that it has from the start")
	}
	w.Heard(olt, back.Add(16*time.Minute).UnixMicro())
	if got, ok := w.devices[olt].Allowed(); !ok || got != Least {
		t.Errorf("the downtime was learned: %v, %t", got, ok)
	}
}

func TestTheClockAndSleep(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(time.Minute))
	for _, jump := range []time.Duration{9 * time.Hour, -9 * time.Hour} {
		end = end.Add(jump)
		w.Again(end.UnixMicro())
		if quiet, _ := w.Due(end.Add(10 * time.Minute).UnixMicro()); len(quiet) > 0 {
			t.Errorf("named after a jump of %v", jump)
		}
		if named := talk(w, end, end.Add(time.Hour), every(time.Minute)); len(named) > 0 {
			t.Errorf("named at %v after a jump of %v", named, jump)
		}
		if got, _ := w.devices[olt].Allowed(); got != Least {
			t.Errorf("a jump of %v was learned: %v", jump, got)
		}
		end = end.Add(time.Hour)
	}
}

func TestToldOutlivesARestart(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(time.Minute))
	now := end.Add(time.Hour).UnixMicro()
	if quiet, _ := w.Due(now); len(quiet) != 1 {
		t.Fatal("not named")
	}
	habits, _ := w.Changed(now, 10, false)
	if len(habits) != 1 || !habits[0].Told {
		t.Fatalf("stored %+v", habits)
	}
	w = New(nobody)
	w.Restore(habits, now)
	if quiet, _ := w.Due(now + time.Hour.Microseconds()); len(quiet) != 0 {
		t.Errorf("named again after a restart")
	}
}

// Whoever forges senders must not push out the devices that are watched.
func TestForgedSenders(t *testing.T) {
	w := New(nobody)
	end := monday.Add(14 * 24 * time.Hour)
	talk(w, monday, end, every(5*time.Minute))
	forged := netip.MustParseAddr("172.16.0.0")
	for i := range 5 * MaxDevices {
		forged = forged.Next()
		w.Heard(forged, end.Add(time.Duration(i)*time.Millisecond).UnixMicro())
		if i%5000 == 0 {
			w.Changed(end.UnixMicro(), 10, false)
		}
	}
	if w.Len() > MaxDevices {
		t.Errorf("%d devices are watched", w.Len())
	}
	if _, ok := w.devices[olt]; !ok {
		t.Error("the device was forgotten")
	}
	if quiet, expected := w.Due(end.Add(15 * time.Minute).UnixMicro()); len(quiet) != 1 || expected != 1 {
		t.Errorf("named %d of %d", len(quiet), expected)
	}
}

func TestChangedComesInPortions(t *testing.T) {
	w := New(nobody)
	var want []string
	for i := range 25 {
		a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		want = append(want, a.String())
		w.Heard(a, monday.UnixMicro())
	}
	var got []string
	for range 4 {
		habits, _ := w.Changed(monday.UnixMicro(), 10, true)
		for _, h := range habits {
			got = append(got, h.Device.String())
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("stored %v, want each once", got)
	}
}

func BenchmarkHeard(b *testing.B) {
	w := New(nobody)
	var all []netip.Addr
	for i := range 2000 {
		all = append(all, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	at := monday.UnixMicro()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at += 100
		w.Heard(all[i%len(all)], at)
	}
}

func BenchmarkDue(b *testing.B) {
	w := New(nobody)
	for i := range MaxDevices {
		w.Heard(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), monday.UnixMicro())
	}
	b.ReportAllocs()
	for b.Loop() {
		w.Due(monday.UnixMicro())
	}
}

// A crash comes at any time: what was told of a device must be taken back in
// what is stored before its message is done with.
func TestOneThatWasNamedAndSpeaksIsStoredAtOnce(t *testing.T) {
	w := New(func(netip.Addr) (time.Duration, bool) { return time.Minute, true })
	now := monday
	w.Again(now.UnixMicro())
	w.Heard(olt, now.UnixMicro())
	if habits, _ := w.Changed(now.UnixMicro(), 10, false); len(habits) != 1 {
		t.Errorf("%d habits are stored of a new device, want 1", len(habits))
	}
	now = now.Add(2 * time.Minute)
	if quiet, _ := w.Due(now.UnixMicro()); len(quiet) != 1 {
		t.Fatalf("%d are silent, want 1", len(quiet))
	}
	w.Changed(now.UnixMicro(), 10, false)
	w.Heard(olt, now.Add(time.Second).UnixMicro())
	if !w.Urgent() {
		t.Error("nothing is urgent")
	}
	habits, _ := w.Changed(now.Add(time.Second).UnixMicro(), 10, false)
	if len(habits) != 1 || habits[0].Told || w.Urgent() {
		t.Errorf("stored %+v, urgent %v", habits, w.Urgent())
	}
	again := New(func(netip.Addr) (time.Duration, bool) { return time.Minute, true })
	again.Restore(habits, now.Add(time.Minute).UnixMicro())
	if quiet, _ := again.Due(now.Add(3 * time.Minute).UnixMicro()); len(quiet) != 1 {
		t.Errorf("after a crash %d are silent, want 1", len(quiet))
	}
}

func TestOneThatIsExpectedAndNeverSpoke(t *testing.T) {
	w := New(func(netip.Addr) (time.Duration, bool) { return time.Hour, true })
	w.Restore(nil, monday.UnixMicro())
	w.Expect([]netip.Addr{olt}, 0)
	if quiet, _ := w.Due(monday.Add(59 * time.Minute).UnixMicro()); len(quiet) != 0 {
		t.Errorf("silent too early: %+v", quiet)
	}
	quiet, _ := w.Due(monday.Add(time.Hour).UnixMicro())
	if len(quiet) != 1 || quiet[0].Device != olt || quiet[0].LastAt != monday.UnixMicro() {
		t.Errorf("silent are %+v", quiet)
	}
}

func TestOneThatIsExpectedLaterHasItsTime(t *testing.T) {
	w := New(func(netip.Addr) (time.Duration, bool) { return time.Hour, true })
	w.Restore(nil, monday.UnixMicro())
	later := monday.Add(24 * time.Hour)
	w.Expect([]netip.Addr{olt}, later.UnixMicro())
	if quiet, _ := w.Due(later.Add(59 * time.Minute).UnixMicro()); len(quiet) != 0 {
		t.Errorf("silent too early: %+v", quiet)
	}
	if quiet, _ := w.Due(later.Add(time.Hour).UnixMicro()); len(quiet) != 1 || quiet[0].LastAt != later.UnixMicro() {
		t.Errorf("silent are %+v", quiet)
	}
}
