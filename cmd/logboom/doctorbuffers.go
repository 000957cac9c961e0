package main

import (
	"github.com/logboom/logboom/internal/engine"
)

// buffers says which receive buffers were granted: to the server that runs, or
// else to this user, who may have fewer rights.
func (d *doctor) buffers() {
	asked := int64(d.Config.Listen.ReceiveBuffer)
	if asked == 0 || len(d.Config.Listen.UDP) == 0 {
		return
	}
	if d.status != nil {
		d.Buffers(d.status.Listeners)
		return
	}
	granted, known := tryReceiveBuffer(asked)
	switch {
	case !known:
	case granted < asked:
		d.SmallBuffer("receive buffer", "for this user the kernel", asked, granted)
	default:
		d.Say(engine.Good, "receive buffer", size(asked)+" are granted", "")
	}
}
