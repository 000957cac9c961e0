package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/logboom/logboom/internal/alert"
)

// Longest parts of the message of an incident, in UTF-16 units.
const (
	maxFact  = 1200 // the list of an area has about 400
	maxFacts = 2400
	maxBy    = 100
)

// incidentHTML returns the message for an incident as it is; changed = it is
// put in place of what was told before. now is the time of sending.
func incidentHTML(n *alert.Notice, h *Handled, changed bool, now time.Time, zone *time.Location) string {
	var head, tail strings.Builder
	at := func(micros int64, layout string) string { return time.UnixMicro(micros).In(zone).Format(layout) }
	fmt.Fprintf(&head, "%s <b>%s</b>", mark(h.Severity, h.Over()), foreign(h.What(), maxRule))
	if h.State == alert.IncidentCleared {
		head.WriteString(" is over")
	}
	who := deviceHTML(&alert.Notice{Device: h.Device, DeviceName: h.DeviceName, Site: h.Site})
	if who != "" {
		head.WriteString("\n" + who)
	}
	fmt.Fprintf(&head, "\n%s · %s · incident %d", severityName(h.Severity), at(h.OpenedAt, fullTime), h.ID)
	left := maxFacts
	for _, fact := range h.Facts() {
		line := "\n" + foreign(strings.Join(strings.Fields(fact), " "), min(maxFact, left))
		if left -= units(line); left < 0 {
			break
		}
		head.WriteString(line)
	}

	if h.AckedAt != 0 {
		fmt.Fprintf(&tail, "\n✔ acknowledged by %s, %s", foreign(h.AckedBy, maxBy), at(h.AckedAt, clockTime))
	}
	if !h.Over() && h.MutedUntil > now.UnixMicro() {
		fmt.Fprintf(&tail, "\n🔇 muted until %s", at(h.MutedUntil, "2006-01-02 15:04"))
	}
	if age := now.Sub(time.UnixMicro(cmp.Or(n.MadeAt, n.At))); !changed && age > lateAfter {
		fmt.Fprintf(&tail, "\ndelivered late, after %s", alert.Span(age))
	}
	text := h.Text
	if h.Over() && n.Kind == alert.KindClear && n.Text != "" {
		text = n.Text
	}
	const open, end = "\n<code>", "</code>"
	room := maxTelegram - units(head.String()) - units(tail.String()) - len(open) - len(end)
	if text := foreign(strings.TrimSpace(text), room); text != "" {
		head.WriteString(open + text + end)
	}
	return head.String() + tail.String()
}

// A keyboard is the buttons under a message: Bot API, InlineKeyboardMarkup. The
// type of the library would also send an empty copy_text with each.
type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// keyboard returns the buttons under the message of an incident; nil = none.
func (t *Telegram) keyboard(h *Handled, now time.Time) any {
	if !t.buttons || h.Over() {
		return nil
	}
	var row []button
	add := func(text, what string) { row = append(row, button{text, press{what, h.ID}.String()}) }
	if h.AckedAt == 0 {
		add("Acknowledge", pressAck)
	}
	if h.MutedUntil > now.UnixMicro() {
		add("Unmute", pressUnmute)
	} else {
		add("Mute 1 h", pressMute1)
		add("Mute 8 h", pressMute8)
	}
	return keyboard{[][]button{row}}
}
