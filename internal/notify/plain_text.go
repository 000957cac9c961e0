package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/alert"
)

// A saying is what a message says, before it is written for its medium: a title
// of one line and the lines below it. Both may hold what a device wrote.
type saying struct {
	title string
	lines []string
}

// sayingOf returns what is to be said of notes, of which there is at least one:
// the whole of one, or a digest that counts several. now is the time of sending.
func sayingOf(notes []alert.Note, now time.Time, zone *time.Location) saying {
	if len(notes) > 1 {
		return digestSaying(digestOf(notes), now, zone)
	}
	n := &notes[0].Notice
	s := saying{title: n.Title(), lines: n.Lines(zone)}
	if age := now.Sub(time.UnixMicro(n.At)); age > lateAfter {
		s.lines = append(s.lines, "delivered late, after "+alert.Span(age))
	}
	return s
}

// testSaying is what a test message says.
func testSaying(now time.Time, zone *time.Location) saying {
	return saying{"Logboom can reach you here", []string{"This is a test; alerts will come this way.", now.In(zone).Format(fullTime)}}
}

// maxExcerpt is how much of a text a digest shows of each group, in bytes.
const maxExcerpt = 1000

func digestSaying(d digest, now time.Time, zone *time.Location) saying {
	var what []string
	if d.alerts > 0 {
		what = append(what, number(d.alerts)+plural(" alert", d.alerts))
	}
	if d.cleared > 0 {
		what = append(what, number(d.cleared)+" cleared")
	}
	s := saying{title: strings.Join(what, ", ")}
	if g := d.groups[0]; len(d.groups) == 1 {
		s.title += ": " + g.rule + groupWho(&g)
	} else {
		s.title += fmt.Sprintf(", first %s%s and %s more", g.rule, groupWho(&g), number(len(d.groups)-1))
	}
	from, to := time.UnixMicro(d.from).In(zone), time.UnixMicro(d.to).In(zone)
	span := "from " + from.Format(fullTime) + " to " + to.Format(fullTime)
	if d.messages > d.alerts {
		span += "; " + number(d.messages) + " messages"
	}
	if age := now.Sub(to); age > lateAfter {
		span += "; delivered late, after " + alert.Span(age)
	}
	s.lines = append(s.lines, span)

	layout := clockTime
	if from.Format(time.DateOnly) != to.Format(time.DateOnly) {
		layout = "01-02 " + clockTime
	}
	for i := range d.groups {
		g := &d.groups[i]
		state := severityName(g.severity)
		if g.clear {
			state = "over"
		}
		line := fmt.Sprintf("%s: %s%s (%s) %s", state, g.rule, groupWho(g), number(g.count), time.UnixMicro(g.from).In(zone).Format(layout))
		if g.to != g.from {
			line += "–" + time.UnixMicro(g.to).In(zone).Format(layout)
		}
		s.lines = append(s.lines, line)
		if text := strings.Join(strings.Fields(g.text), " "); text != "" {
			s.lines = append(s.lines, "    "+medium{}.line(text, maxExcerpt))
		}
	}
	return s
}

// groupWho returns the device of a group as it stands behind the name of the
// rule, "" if there is none.
func groupWho(g *group) string {
	who := strings.TrimSpace(g.name + " " + address(g.device))
	if who != "" {
		who = " × " + who
	}
	return who
}

// A medium is how text has to be written for the place it goes to. The zero
// medium is plain text that is counted in bytes.
type medium struct {
	escape func(piece string) string // writes one character so that it stands for itself; nil = it does
	size   func(s string) int        // counts as the other side does; nil = bytes
}

// line returns s on one line, with visible characters only, written for the
// medium and at most limit long. What does not fit is cut between characters
// and ends with [cutMark].
func (m medium) line(s string, limit int) string {
	size := m.size
	if size == nil {
		size = func(s string) int { return len(s) }
	}
	var b strings.Builder
	used, safe, room := 0, 0, limit-size(cutMark)
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		piece := " "
		if r != '\n' {
			piece = visible(r, s[:n])
		}
		s = s[n:]
		if m.escape != nil {
			piece = m.escape(piece)
		}
		k := size(piece)
		if used+k > limit {
			if room < 0 {
				return ""
			}
			return b.String()[:safe] + cutMark
		}
		b.WriteString(piece)
		if used += k; used <= room {
			safe = b.Len()
		}
	}
	return b.String()
}

// text returns lines below each other, as [medium.line] writes them, at most
// limit long altogether. Lines that do not fit are counted in the last one.
func (m medium) text(lines []string, limit int) string {
	const maxRest = 40 // of the last line
	size := m.size
	if size == nil {
		size = func(s string) int { return len(s) }
	}
	left := limit - maxRest
	var out []string
	for i, l := range lines {
		// A line may take all that is left, but not the room of a sensible next.
		most := left - 1 // for the line break
		if rest := len(lines) - 1 - i; rest > 0 {
			most = max(most/2, most-rest*150)
		}
		l = m.line(l, most)
		if left -= size(l) + 1; left < 0 || l == "" && lines[i] != "" {
			return strings.Join(append(out, fmt.Sprintf("… and %s more %s", number(len(lines)-i), plural("line", len(lines)-i))), "\n")
		}
		out = append(out, l)
	}
	return strings.Join(out, "\n")
}
