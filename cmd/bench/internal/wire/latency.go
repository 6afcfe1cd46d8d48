package wire

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency holds percentiles of how long something took, from an HDR histogram with three digits.
type Latency struct {
	Of          string       `json:"of"` // RETR, TOP, session
	Count       int64        `json:"count"`
	Percentiles []percentile `json:"percentiles"` // rising
}

type percentile struct {
	Percent float64 `json:"percent"`
	Seconds float64 `json:"seconds"`
}

// shownPercentiles returns the percentiles that results have.
func shownPercentiles() []float64 {
	return []float64{0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100}
}

// NewHistogram returns an empty histogram of microseconds up to an hour.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Hour.Microseconds(), 3)
}

// Record adds one duration to a histogram. A duration out of its range counts as the nearest one.
func Record(h *hdrhistogram.Histogram, took time.Duration) {
	_ = h.RecordValue(min(max(took.Microseconds(), 1), time.Hour.Microseconds())) // fails only out of range
}

// LatencyOf returns the percentiles of a histogram.
func LatencyOf(what string, h *hdrhistogram.Histogram) *Latency {
	l := &Latency{Of: what, Count: h.TotalCount()}
	for _, p := range shownPercentiles() {
		l.Percentiles = append(l.Percentiles, percentile{p, float64(h.ValueAtQuantile(p)) / 1e6})
	}
	return l
}

// At returns a percentile in seconds.
func (l *Latency) At(percent float64) float64 {
	for _, p := range l.Percentiles {
		if p.Percent >= percent {
			return p.Seconds
		}
	}
	return 0
}

// Sample holds how much had arrived by a moment.
type Sample struct {
	At       float64 `json:"at_seconds"`
	Octets   int64   `json:"octets"`
	Messages int64   `json:"messages"`
}

// Timeline keeps samples at equal intervals. When there are too many it drops every second one and
// doubles the interval, so that an hour takes no more memory than a second.
type Timeline struct {
	every time.Duration
	kept  []Sample
}

const (
	mostSamples   = 400
	firstDistance = time.Millisecond
)

// Add keeps a sample when at least one interval has passed since the previous one.
func (t *Timeline) Add(at time.Duration, octets, messages int64) {
	if t.every == 0 {
		t.every = firstDistance
	}
	if n := len(t.kept); n > 0 && at.Seconds()-t.kept[n-1].At < t.every.Seconds() {
		return
	}
	t.kept = append(t.kept, Sample{at.Seconds(), octets, messages})
	if len(t.kept) < mostSamples {
		return
	}
	half := t.kept[:0]
	for i := 1; i < len(t.kept); i += 2 {
		half = append(half, t.kept[i])
	}
	t.kept, t.every = half, 2*t.every
}

// Samples returns those that were kept.
func (t *Timeline) Samples() []Sample { return t.kept }
