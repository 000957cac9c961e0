package engine

import (
	"fmt"
	"strings"

	"github.com/logboom/logboom/internal/console"
	"github.com/logboom/logboom/internal/state"
)

// Losses says what became of the messages of the last day.
func (d *Doctor) Losses(rows []state.LedgerRow) {
	var received, stored, lost, kept int64
	dropped := map[string]int64{}
	for _, r := range rows {
		received += r.Received
		stored += r.Stored
		for reason, n := range r.Dropped {
			dropped[reason] += n
		}
	}
	var by, cure, aside, why []string
	for _, reason := range Reasons() {
		n := dropped[reason]
		if n == 0 {
			continue
		}
		fact, help := fmt.Sprintf("%s %s", reason, Thousands(n)), reason+": "+Cure(reason)
		if Lossy(reason) {
			lost += n
			by, cure = append(by, fact), append(cure, help)
		} else {
			kept += n
			aside, why = append(aside, fact), append(why, help)
		}
	}
	if lost == 0 {
		d.Say(Good, "losses", fmt.Sprintf("none in 24 hours: %s received, %s stored", Thousands(received), Thousands(stored)), "")
	} else {
		d.Say(Worth, "losses", fmt.Sprintf("%s of %s messages in 24 hours were not stored: %s", Thousands(lost), Thousands(received), strings.Join(by, ", ")), strings.Join(cure, "; "))
	}
	if kept > 0 {
		d.Say(Worth, "not wanted", fmt.Sprintf("%s were turned away or cut in 24 hours: %s", Thousands(kept), strings.Join(aside, ", ")), strings.Join(why, "; "))
	}
}

// Buffers says what the listeners of a server were granted.
func (d *Doctor) Buffers(listeners []console.Listener) {
	var enough []string
	var least int64
	for _, l := range listeners {
		asked, granted := int64(l.BufferAsked), int64(l.BufferGranted)
		switch {
		case !l.Open || asked == 0 || granted == 0:
		case granted < asked:
			d.SmallBuffer("receive buffer", l.Name+": the kernel", asked, granted)
		default:
			if enough = append(enough, l.Name); len(enough) == 1 || granted < least {
				least = granted
			}
		}
	}
	if len(enough) > 0 {
		d.Say(Good, "receive buffer", fmt.Sprintf("%s are granted: %s", Size(least), strings.Join(enough, ", ")), "")
	}
}

// SmallBuffer says that a socket gets less room than is asked for.
func (d *Doctor) SmallBuffer(what, who string, asked, granted int64) {
	d.Say(Worth, what, fmt.Sprintf("%s gives %s, %s are asked for: a burst of more than about %s messages is lost", who, Size(granted), Size(asked), Thousands(granted/1000)),
		fmt.Sprintf("sudo sysctl -w net.core.rmem_max=%d, and the same line in /etc/sysctl.d/50-logboom.conf; then sudo logboom service restart", asked))
}
