package notify

import (
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// maxTelegram is the longest text of a message, in UTF-16 units. Bot API,
// sendMessage: "1-4096 characters after entities parsing"; ours count with
// their tags, to be on the safe side.
const maxTelegram = 4096

// Longest shown names, in UTF-16 units: enough for sensible ones, and nobody
// can push the message out of its own alert.
const (
	maxRule   = 200
	maxDevice = 200
	maxSite   = 100
)

// The time of an alert is ours, in the zone of the server.
const (
	clockTime = "15:04:05"
	fullTime  = "2006-01-02 15:04:05 -07:00"
)

// lateAfter is the age from which a message says that it comes late.
const lateAfter = 2 * time.Minute

// alertHTML returns the message for one note. now is the time of sending.
func alertHTML(n *alert.Notice, now time.Time, zone *time.Location) string {
	at := time.UnixMicro(n.At).In(zone)
	var head, tail strings.Builder
	head.WriteString(mark(n.Severity, n.Kind == alert.KindClear))
	fmt.Fprintf(&head, " <b>%s</b>", foreign(n.Rule, maxRule))
	switch {
	case n.Kind == alert.KindClear:
		head.WriteString(" is over")
	case n.Kind == alert.KindMore:
		fmt.Fprintf(&head, ": %s more", number(max(n.Count, n.More)))
	}
	if who := deviceHTML(n); who != "" {
		head.WriteString("\n" + who)
	}
	fmt.Fprintf(&head, "\n%s · %s", severityName(n.Severity), at.Format(fullTime))

	switch {
	case n.Kind == alert.KindMore:
		tail.WriteString("\nthe newest of those held back since the last alert")
	case n.More > 0:
		fmt.Fprintf(&tail, "\nand %s more before it, held back since the last alert", number(n.More))
	case n.Kind == alert.KindAlert && n.Count > 1:
		fmt.Fprintf(&tail, "\nthe newest of %s such messages", number(n.Count))
	}
	if age := now.Sub(at); age > lateAfter {
		fmt.Fprintf(&tail, "\ndelivered late, after %s", alert.Span(age))
	}
	const open, end = "\n<code>", "</code>"
	left := maxTelegram - units(head.String()) - units(tail.String()) - len(open) - len(end)
	if text := foreign(strings.TrimSpace(n.Text), left); text != "" {
		head.WriteString(open + text + end)
	}
	return head.String() + tail.String()
}

// deviceHTML returns who said it, "" if it was Logboom itself.
func deviceHTML(n *alert.Notice) string {
	var parts []string
	who := address(n.Device)
	switch {
	case n.DeviceName != "" && who != "":
		parts = append(parts, fmt.Sprintf("<b>%s</b> (%s)", foreign(n.DeviceName, maxDevice), who))
	case n.DeviceName != "":
		parts = append(parts, fmt.Sprintf("<b>%s</b>", foreign(n.DeviceName, maxDevice)))
	case who != "":
		parts = append(parts, who)
	}
	if n.Site != "" {
		parts = append(parts, foreign(n.Site, maxSite))
	}
	return strings.Join(parts, ", ")
}

// address returns a for people, "" if it is none.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return foreign(a.String(), maxDevice) // a zone may hold anything
}

// digestHTML returns one message for several notes.
func digestHTML(notes []alert.Note, now time.Time, zone *time.Location) string {
	d := digestOf(notes)
	head := digestHead(d, now, zone)
	// As much of the texts as lets every group be seen.
	for _, excerpt := range []int{2500, 1000, 300, 120, 50} {
		if s, all := digestBody(head, d, excerpt, zone); all {
			return s
		}
	}
	s, _ := digestBody(head, d, 0, zone)
	return s
}

// fitExcerpt is how much of a text is enough to know which ONU or port it is.
const fitExcerpt = 120

// fitDigest returns how many of the notes, from the first, a digest can tell
// with fitExcerpt of their texts.
func fitDigest(notes []alert.Note, now time.Time, zone *time.Location) int {
	n := sort.Search(len(notes), func(i int) bool { // the first that does not fit
		d := digestOf(notes[:i+1])
		_, all := digestBody(digestHead(d, now, zone), d, fitExcerpt, zone)
		return !all
	})
	return max(1, n)
}

func digestHead(d digest, now time.Time, zone *time.Location) string {
	var what []string
	if d.alerts > 0 {
		alerts := number(d.alerts) + plural(" alert", d.alerts)
		if d.over > 0 {
			alerts += ", " + number(d.over) + " of them over"
		}
		what = append(what, alerts)
	}
	if d.cleared > 0 {
		what = append(what, number(d.cleared)+" cleared")
	}
	from, to := time.UnixMicro(d.from).In(zone), time.UnixMicro(d.to).In(zone)
	s := "🔔 <b>" + strings.Join(what, ", ") + "</b> "
	switch {
	case now.Sub(from) <= 75*time.Second:
		s += "in the last minute"
	default:
		s += "from " + from.Format(fullTime) + " to " + to.Format(fullTime)
	}
	if d.messages > d.alerts {
		s += "; " + number(d.messages) + " messages"
	}
	if age := now.Sub(to); age > lateAfter {
		s += "; delivered late, after " + alert.Span(age)
	}
	return s
}

// digestBody returns head and a line for each group with up to excerpt units of
// its newest text, and whether all groups found room. The last line counts
// those that did not.
func digestBody(head string, d digest, excerpt int, zone *time.Location) (_ string, all bool) {
	const maxRest = 100 // of the last line
	var b strings.Builder
	b.WriteString(head)
	left, notes := maxTelegram-units(head)-maxRest, d.alerts+d.cleared
	day := func(at int64) string { return time.UnixMicro(at).In(zone).Format(time.DateOnly) }
	sameDay := day(d.from) == day(d.to)
	for i := range d.groups {
		line := groupHTML(&d.groups[i], excerpt, sameDay, zone)
		if left -= units(line); left < 0 {
			more := len(d.groups) - i
			fmt.Fprintf(&b, "\n… and %s more from %s other %s of rule and device", number(notes), number(more), plural("pair", more))
			return b.String(), false
		}
		b.WriteString(line)
		notes -= d.groups[i].count
	}
	return b.String(), true
}

func groupHTML(g *group, excerpt int, sameDay bool, zone *time.Location) string {
	const maxName = 60
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s <b>%s</b>", mark(g.severity, g.clear), foreign(g.rule, maxName))
	if who := strings.TrimSpace(foreign(g.name, maxName) + " " + address(g.device)); who != "" {
		b.WriteString(" × " + who)
	}
	fmt.Fprintf(&b, " (%s", number(g.count))
	if g.over > 0 {
		fmt.Fprintf(&b, ", %s over", number(g.over))
	}
	b.WriteString(")")
	layout := clockTime
	if !sameDay {
		layout = "01-02 " + clockTime
	}
	from, to := time.UnixMicro(g.from).In(zone).Format(layout), time.UnixMicro(g.to).In(zone).Format(layout)
	b.WriteString(" " + from)
	if to != from {
		b.WriteString("–" + to)
	}
	if text := strings.TrimSpace(g.text); excerpt > 0 && text != "" {
		b.WriteString("\n<code>" + foreign(strings.Join(strings.Fields(text), " "), excerpt) + "</code>")
	}
	return b.String()
}

// mark shows how bad it is before anything is read.
func mark(severity uint8, clear bool) string {
	switch {
	case clear:
		return "✅"
	case severity <= 2:
		return "🔴"
	case severity == 3:
		return "🟠"
	case severity == 4:
		return "🟡"
	default:
		return "🔵"
	}
}

// severityName returns the name of a severity. RFC 5424 section 6.2.1.
func severityName(s uint8) string {
	names := [...]string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}
	if int(s) >= len(names) {
		return "unknown severity"
	}
	return names[s]
}

// number writes n as people do: 12,345.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
