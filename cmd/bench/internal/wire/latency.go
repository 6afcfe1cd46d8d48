package wire

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency holds how long something took, from an HDR histogram of three digits.
type Latency struct {
	Of          string       `json:"of"` // RETR, TOP, session
	Count       int64        `json:"count"`
	Percentiles []percentile `json:"percentiles"` // rising
}

type percentile struct {
	Percent float64 `json:"percent"`
	Seconds float64 `json:"seconds"`
}

// shownPercentiles returns those that results hold.
func shownPercentiles() []float64 {
	return []float64{0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100}
}

// NewHistogram counts microseconds, up to an hour.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, time.Hour.Microseconds(), 3)
}

// Record adds one duration to a histogram.
func Record(h *hdrhistogram.Histogram, took time.Duration) {
	_ = h.RecordValue(min(max(took.Microseconds(), 1), time.Hour.Microseconds())) // in its range
}

// LatencyOf returns the percentiles of a histogram.
func LatencyOf(what string, h *hdrhistogram.Histogram) *Latency {
	l := &Latency{Of: what, Count: h.TotalCount()}
	for _, p := range shownPercentiles() {
		l.Percentiles = append(l.Percentiles, percentile{p, float64(h.ValueAtQuantile(p)) / 1e6})
	}
	return l
}

// At returns one percentile.
func (l *Latency) At(percent float64) float64 {
	for _, p := range l.Percentiles {
		if p.Percent >= percent {
			return p.Seconds
		}
	}
	return 0
}

// Sample holds how much had arrived at a moment.
type Sample struct {
	At       float64 `json:"at_seconds"`
	Octets   int64   `json:"octets"`
	Messages int64   `json:"messages"`
}

// timeline keeps samples at equal distances. When there are too many it drops every second one and
// doubles the distance, so that an hour takes no more memory than a second.
type timeline struct {
	every time.Duration
	kept  []Sample
}

const (
	mostSamples   = 400
	firstDistance = time.Millisecond
)

// add takes a new sample when the distance to the one before is large enough.
func (t *timeline) add(at time.Duration, octets, messages int64) {
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

func (t *timeline) samples() []Sample { return t.kept }
