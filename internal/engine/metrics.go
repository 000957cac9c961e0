package engine

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics turns the counters of the parts into metrics when they are asked
// for, so that counting costs the parts nothing. The names are those of
// docs/metrics.md.
type metrics struct {
	engine   *Engine
	registry *prometheus.Registry
	batches  prometheus.Histogram
}

var (
	receivedDesc = prometheus.NewDesc("logboom_messages_received_total",
		"Messages that reached the listener: what was read, and what the kernel says it had to drop.", []string{"listener"}, nil)
	storedDesc = prometheus.NewDesc("logboom_messages_stored_total",
		"Messages committed to a day file.", nil, nil)
	droppedDesc = prometheus.NewDesc("logboom_messages_dropped_total",
		"Messages that were received and not stored, by reason.", []string{"listener", "reason"}, nil)
	queueDesc = prometheus.NewDesc("logboom_queue_length",
		"Messages waiting to be stored.", nil, nil)
	queueBytesDesc = prometheus.NewDesc("logboom_queue_bytes",
		"Memory taken by messages waiting to be stored.", nil, nil)
	openDesc = prometheus.NewDesc("logboom_listener_open",
		"1 if the listener's port is open, 0 if it could not be opened.", []string{"listener"}, nil)
	bufferDesc = prometheus.NewDesc("logboom_listener_buffer_bytes",
		"Receive buffer that the kernel granted the socket.", []string{"listener"}, nil)
	connectionsDesc = prometheus.NewDesc("logboom_listener_connections",
		"Connections open now.", []string{"listener"}, nil)
	alertsDesc = prometheus.NewDesc("logboom_alerts_total",
		"Alerts that people are told of, by rule.", []string{"rule"}, nil)
	notificationsDesc = prometheus.NewDesc("logboom_notifications_total",
		"Deliveries: notes sent, digests that carried several, attempts to be retried, refusals that somebody must mend.", []string{"notifier", "result"}, nil)
	lagDesc = prometheus.NewDesc("logboom_follower_lag",
		"Committed messages that the follower has not seen yet.", []string{"follower"}, nil)
	devicesDesc = prometheus.NewDesc("logboom_devices",
		"Devices that have sent today.", nil, nil)
	buildDesc = prometheus.NewDesc("logboom_build_info",
		"Always 1; the labels say what runs.", []string{"version", "go"}, nil)
)

func newMetrics(e *Engine) *metrics {
	m := &metrics{engine: e, registry: prometheus.NewRegistry(), batches: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "logboom_batch_seconds", Help: "Time to store a batch, from the first insert to the end of COMMIT.",
		Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14), // 0.5 ms to 4 s
	})}
	m.registry.MustRegister(m, m.batches, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observeBatch is called by the store's writer after each COMMIT.
func (m *metrics) observeBatch(d time.Duration) { m.batches.Observe(d.Seconds()) }

// Describe sends nothing: the rules and listeners, and so the metrics, are
// known only when they are collected.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect reads the counters of all parts.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	e := m.engine
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}

	// The store is read before the listeners: what is stored was received
	// before, so a scrape never shows more stored than received.
	st := e.store.Stats()
	counter(storedDesc, st.Stored)
	for i, l := range e.collector.Listeners() {
		counter(receivedDesc, l.Received, l.Name)
		l.Dropped.Each(func(reason string, n int64) { counter(droppedDesc, n, l.Name, reason) })
		counter(droppedDesc, at(st.DroppedBy, i), l.Name, "disk")
		if l.Removed {
			continue // what it has counted stays
		}
		gauge(openDesc, boolean(l.Open), l.Name)
		if l.Proto == "udp" {
			gauge(bufferDesc, float64(l.BufferGranted), l.Name)
		} else {
			gauge(connectionsDesc, float64(l.Connections), l.Name)
		}
	}
	queue := e.collector.Queue()
	gauge(queueDesc, float64(queue.Len()))
	gauge(queueBytesDesc, float64(queue.Bytes()))
	gauge(devicesDesc, float64(st.Devices))
	gauge(lagDesc, float64(e.watcher.follower.Lag()), alertFollower)
	for rule, n := range e.watcher.counted() {
		counter(alertsDesc, n, rule)
	}
	for _, h := range e.dispatcher.Health() {
		counter(notificationsDesc, h.Sent, h.Notifier, "sent")
		counter(notificationsDesc, h.Digests, h.Notifier, "digest")
		counter(notificationsDesc, h.Retried, h.Notifier, "retried")
		counter(notificationsDesc, h.Refused, h.Notifier, "refused")
	}
	e.collectBounds(counter)
	gauge(buildDesc, 1, e.version, runtime.Version())
}

// at returns element i of counts, 0 beyond its end.
func at(counts []int64, i int) int64 {
	if i < len(counts) {
		return counts[i]
	}
	return 0
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
