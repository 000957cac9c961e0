package alert

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/logboom/logboom/internal/syslog"
)

// MaxText is how much of a message a notice shows, in bytes as they came. It
// leaves room for the rest of a Telegram message (4096 characters) even if
// each byte has to be written as three characters.
const MaxText = 1000

// visible appends the text of a message to dst so that it can be shown as one
// line: line breaks as ⏎, other control characters as their pictures, what is
// not UTF-8 or changes the direction of text as its code.
func visible(dst, text []byte) []byte {
	cut := len(text) > MaxText
	if cut {
		text = text[:MaxText]
		// Not in the middle of a character.
		for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
			if tail := text[len(text)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRune(tail) {
					text = text[:len(text)-i]
				}
				break
			}
		}
	}
	for len(text) > 0 && (text[len(text)-1] <= ' ') {
		text = text[:len(text)-1]
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\r' && n < len(text) && text[n] == '\n':
			// one line break
		case r == '\n' || r == '\r':
			dst = append(dst, " ⏎ "...)
		case r == '\t':
			dst = append(dst, ' ')
		case r < ' ':
			dst = utf8.AppendRune(dst, '␀'+r)
		case r == 0x7f:
			dst = append(dst, "␡"...)
		case r == utf8.RuneError && n == 1:
			dst = fmt.Appendf(dst, `\x%02x`, text[0])
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	if cut {
		dst = append(dst, "…"...)
	}
	return dst
}

// Title returns what happened and where, in one line: `ONU offline: OLT North
// (10.0.0.1), Site A`. It is plain text, to be escaped for its medium.
func (n *Notice) Title() string {
	s, area := n.Rule, false
	if n.Incident != nil {
		s, area = n.Incident.What(), n.Incident.Total > 0
	}
	switch {
	case n.Ended():
		s += " is over"
	case n.Again:
		s += " again"
	case n.Kind == KindMore && !area:
		s += fmt.Sprintf(", %d more", n.Count)
	}
	if n.Device.IsValid() {
		s += ": " + n.Where()
	}
	return s
}

// Ended reports whether n says that something is over: also that of which people
// could not be told before that it began.
func (n *Notice) Ended() bool {
	return n.Kind == KindClear || n.Kind == KindAlert && n.Incident != nil && n.Incident.Over()
}

// Where returns the device by name, address and site.
func (n *Notice) Where() string {
	s := n.Device.String()
	if n.DeviceName != "" {
		s = fmt.Sprintf("%s (%s)", n.DeviceName, s)
	}
	if n.Site != "" {
		s += ", " + n.Site
	}
	return s
}

// Lines returns what stands below the title: the time in loc with the severity,
// the message, and how many more there were. They are plain text.
func (n *Notice) Lines(loc *time.Location) []string {
	lines := []string{
		time.UnixMicro(n.At).In(loc).Format("2006-01-02 15:04:05 -07:00") + ", " + syslog.SeverityName(n.Severity),
		n.Text,
	}
	if n.Incident != nil {
		lines = append(lines, n.Incident.Facts()...)
		if n.Incident.Total > 0 {
			return lines
		}
	}
	switch {
	case n.Again:
		lines = append(lines, "it came back; people are called again if it lasts beyond the cooldown")
	case n.Kind == KindMore && n.Count > 1:
		lines = append(lines, fmt.Sprintf("the newest of %d held back since the last alert", n.Count))
	case n.Kind == KindMore:
		lines = append(lines, "held back since the last alert")
	case n.Kind == KindClear && n.Count > 1:
		lines = append(lines, fmt.Sprintf("there were %d messages of this trouble", n.Count))
	case n.Kind == KindAlert && n.More > 0:
		lines = append(lines, fmt.Sprintf("and %d more before it", n.More))
	case n.Kind == KindAlert && n.Count > 1:
		lines = append(lines, fmt.Sprintf("the newest of %d such messages", n.Count))
	}
	return lines
}
