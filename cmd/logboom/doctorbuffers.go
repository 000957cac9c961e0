package main

import (
	"fmt"
	"strings"

	"github.com/logboom/logboom/internal/console"
)

// buffers says which receive buffers were granted: to the server that runs, or
// else to this user, who may have fewer rights.
func (d *doctor) buffers() {
	asked := int64(d.cfg.Listen.ReceiveBuffer)
	if asked == 0 || len(d.cfg.Listen.UDP) == 0 {
		return
	}
	if d.status != nil {
		d.grantedTo(d.status.Listeners)
		return
	}
	granted, known := tryReceiveBuffer(asked)
	switch {
	case !known:
	case granted < asked:
		d.tooSmall("receive buffer", "for this user the kernel", asked, granted)
	default:
		d.say(good, "receive buffer", size(asked)+" are granted", "")
	}
}

// grantedTo says what the listeners of a server were granted.
func (d *doctor) grantedTo(listeners []console.Listener) {
	var enough []string
	var least int64
	for _, l := range listeners {
		asked, granted := int64(l.BufferAsked), int64(l.BufferGranted)
		switch {
		case !l.Open || asked == 0 || granted == 0:
		case granted < asked:
			d.tooSmall("receive buffer", l.Name+": the kernel", asked, granted)
		default:
			if enough = append(enough, l.Name); len(enough) == 1 || granted < least {
				least = granted
			}
		}
	}
	if len(enough) > 0 {
		d.say(good, "receive buffer", fmt.Sprintf("%s are granted: %s", size(least), strings.Join(enough, ", ")), "")
	}
}

func (d *doctor) tooSmall(what, who string, asked, granted int64) {
	d.say(worth, what, fmt.Sprintf("%s gives %s, %s are asked for: a burst of more than about %s messages is lost", who, size(granted), size(asked), thousands(granted/1000)),
		fmt.Sprintf("sudo sysctl -w net.core.rmem_max=%d, and the same line in /etc/sysctl.d/50-logboom.conf; then sudo logboom service restart", asked))
}
