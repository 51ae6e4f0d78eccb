package relay

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count; none of them is per member or per cohort.
type metrics struct {
	reg          *prometheus.Registry
	cells        *prometheus.CounterVec // by verdict
	hellos       *prometheus.CounterVec // by result
	items        prometheus.Counter
	bundles      prometheus.Counter
	bundleBytes  prometheus.Counter
	appendTime   prometheus.Histogram
	appendErrors prometheus.Counter
	foreign      prometheus.Counter
	refused      prometheus.Counter
	turnedAway   prometheus.Counter
	slatesRead   prometheus.Counter
	connections  prometheus.Gauge
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "backchannel", Subsystem: "relay", Name: name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "backchannel", Subsystem: "relay", Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		reg:          prometheus.NewRegistry(),
		cells:        vec("cells_total", "Cells by verdict.", "verdict"),
		hellos:       vec("hellos_total", "Hellos by result.", "result"),
		items:        counter("items_total", "Items made durable."),
		bundles:      counter("bundles_total", "Bundles made durable."),
		bundleBytes:  counter("bundle_bytes_total", "Bytes of bundles made durable."),
		appendErrors: counter("append_errors_total", "Appends that failed and were tried again."),
		foreign:      counter("foreign_bundles_total", "Bundles in the log that were applied without having been answered."),
		refused:      counter("refused_items_total", "Items refused because the queue was full."),
		turnedAway:   counter("turned_away_total", "Connections closed at once, for rate or number."),
		slatesRead:   counter("slates_read_total", "Slates read back from the log."),
		connections:  prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "backchannel", Subsystem: "relay", Name: "connections", Help: "Open connections."}),
		appendTime: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "backchannel", Subsystem: "relay", Name: "append_seconds",
			Help: "Time until a bundle was durable.", Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16)}),
	}
	m.reg.MustRegister(m.cells, m.hellos, m.items, m.bundles, m.bundleBytes, m.appendErrors, m.foreign, m.refused, m.turnedAway, m.slatesRead, m.connections, m.appendTime)
	return m
}

func (m *metrics) committed(items, bytes int, took time.Duration) {
	m.items.Add(float64(items))
	m.bundles.Inc()
	m.bundleBytes.Add(float64(bytes))
	m.appendTime.Observe(took.Seconds())
}
