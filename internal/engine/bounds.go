package engine

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	boundsDesc = prometheus.NewDesc("logboom_bound_reached_total",
		"Times that a limit was reached and something was turned away, forgotten or counted together.", []string{"bound"}, nil)
	errorsDesc = prometheus.NewDesc("logboom_errors_total",
		"Operations that failed and were tried again.", []string{"part", "kind"}, nil)
)

// troubles is what the alert engine, which belongs to one goroutine, says of
// its table.
type troubles struct{ evicted atomic.Int64 }

// collectBounds reads what happened at the limits of all parts.
func (e *Engine) collectBounds(counter func(d *prometheus.Desc, v int64, labels ...string)) {
	var connections, reads int64
	for _, l := range e.collector.Listeners() {
		connections += l.ConnectionsRefused
		reads += l.ReadErrors
	}
	counter(boundsDesc, connections, "connections")
	counter(boundsDesc, e.watcher.troubles.evicted.Load(), "alert_troubles")
	counter(boundsDesc, e.watcher.judge.Load().Overruns(), "alert_work")
	counter(boundsDesc, e.silences.refused.Load(), "silence_devices")
	counter(boundsDesc, e.herald.lost.Load(), "own_alerts")
	counter(boundsDesc, e.commands.poller.Load().Refused(), "telegram_commands")
	if e.console != nil {
		c := e.console.Stats()
		counter(boundsDesc, c.RefusedConnections, "console_connections")
		counter(boundsDesc, c.RefusedRequests, "console_requests")
		counter(errorsDesc, c.Panics, "console", "panic")
		l := e.guard.Stats()
		counter(boundsDesc, l.Refused, "console_logins")
		counter(errorsDesc, l.Failed, "console", "password")
	}
	st := e.store.Stats()
	counter(boundsDesc, st.Refused, "rows_kept_as_bytes")
	counter(errorsDesc, reads, "collect", "read")
	counter(errorsDesc, st.CheckpointErrors, "store", "checkpoint")
	for kind, n := range st.Errors {
		counter(errorsDesc, n, "store", kind)
	}
}
