package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/config"
	"github.com/logboom/logboom/internal/console"
)

// A Finding is one thing that was looked at: how it is, with numbers, and what
// to do.
type Finding struct {
	Mark byte   // Good, Worth or Bad
	What string // the part that was looked at
	Fact string
	Todo string // what to do; may be empty
}

// The marks of a [Finding].
const (
	Good  = '+' // as it should be
	Worth = '!' // works, but is worth a look
	Bad   = 'x' // does not work, or loses messages
)

// A Doctor looks at one machine, for the command and for the console.
type Doctor struct {
	Config *config.Config
	Found  []Finding
}

// Say adds a finding.
func (d *Doctor) Say(mark byte, what, fact, todo string) {
	d.Found = append(d.Found, Finding{mark, what, fact, todo})
}

// Warnings says what of the settings works and should be mended all the same.
func (d *Doctor) Warnings() {
	for _, w := range d.Config.Exposed() {
		d.Say(Worth, "rights", w.Fact, w.Hint)
	}
	for _, w := range d.Config.Ignored() {
		d.Say(Worth, "settings", w.Fact, w.Hint)
	}
	for _, w := range d.Config.Proxied() {
		d.Say(Worth, "console", w.Fact, w.Hint)
	}
	for _, w := range Unreached(d.Config) {
		d.Say(Worth, "alerts", w.Fact, w.Hint)
	}
	for _, w := range d.Config.Expiring(time.Now()) {
		d.Say(Worth, "certificate", w.Fact, w.Hint)
	}
}

// Clock says whether the clock can be right: messages are filed by it.
func (d *Doctor) Clock() {
	now := time.Now()
	zone, _ := now.In(d.Config.Location()).Zone()
	text := fmt.Sprintf("%s %s", now.In(d.Config.Location()).Format("2006-01-02 15:04:05"), zone)
	built := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // no copy of this program is older
	switch {
	case now.Before(built):
		d.Say(Bad, "clock", text+": in the past", "set the clock, best by NTP: messages are filed by it")
	case now.After(built.AddDate(30, 0, 0)):
		d.Say(Bad, "clock", text+": far in the future", "set the clock, best by NTP: messages are filed by it")
	case synchronized() == notSynchronized:
		d.Say(Worth, "clock", text+", not synchronized", "sudo timedatectl set-ntp true")
	default:
		d.Say(Good, "clock", text, "")
	}
}

// Server says what a running server says of itself, but for what the doctor
// looks at by itself: ports, losses and the disk. where says that it runs.
func (d *Doctor) Server(s *console.Status, where string) {
	switch s.Health.State {
	case console.StateOK:
		d.Say(Good, "server", where+" and stores messages", "")
	case console.StateDegraded:
		d.Say(Worth, "server", where+" and says that something needs people", "")
	default:
		d.Say(Bad, "server", where+" and says that messages are lost or about to be", "")
	}
	if keys := s.Settings.Restart; len(keys) > 0 {
		d.Say(Worth, "settings", strings.Join(keys, ", ")+" have changed on disk and take a restart", "sudo logboom service restart")
	}
	for _, p := range s.Health.Problems {
		mark := byte(Worth)
		if p.State == console.StateFailing {
			mark = Bad
		}
		isPort := slices.ContainsFunc(s.Listeners, func(l console.Listener) bool { return l.Name == p.What })
		if isPort || p.What == "disk" || p.What == "loss" && mark == Worth {
			continue
		}
		d.Say(mark, p.What, p.Fact, p.Hint)
	}
}

// synchronization is what the system says about its clock.
type synchronization uint8

const (
	synchronizationUnknown synchronization = iota
	isSynchronized
	notSynchronized
)

// Thousands writes 1234567 as "1,234,567".
func Thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// several writes a number of messages.
func several(n int64) string {
	if n == 1 {
		return "1 message"
	}
	return Thousands(n) + " messages"
}

// Size writes bytes for people.
func Size(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if f < 10 && i > 0 {
		return fmt.Sprintf("%.1f %s", f, units[i])
	}
	return fmt.Sprintf("%.0f %s", f, units[i])
}
