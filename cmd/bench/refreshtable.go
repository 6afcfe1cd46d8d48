package main

import (
	"bytes"
	"fmt"
	"time"
)

// refreshResults is everything that a benchmark of refreshes has found, as results.json holds it.
type refreshResults struct {
	Benchmark string      `json:"benchmark"`
	Machine   machine     `json:"machine"`
	Mailbox   mailbox     `json:"mailbox"`
	OneByOne  int         `json:"one_by_one_messages"`
	RoundTrip float64     `json:"added_round_trip_seconds"`
	Runs      int         `json:"runs"`
	Version   string      `json:"version"` // of the client
	Trials    []refreshed `json:"trials"`  // in the order they ran
}

// of gives one figure of every run of one way, in the order of the runs.
func (r *refreshResults) of(pipelined bool, figure func(*refreshed) float64) []float64 {
	var all []float64
	for i := range r.Trials {
		if r.Trials[i].Pipelined == pipelined {
			all = append(all, figure(&r.Trials[i]))
		}
	}
	return all
}

// rate is in headers per second.
func (m *refreshed) rate() float64 { return float64(m.Messages) / m.First.Seconds }

// faster is how many times more headers per second came with pipelining than without, run by run.
func (r *refreshResults) faster() []float64 {
	ratios := r.of(true, (*refreshed).rate)
	for i, slow := range r.of(false, (*refreshed).rate) {
		ratios[i] /= slow
	}
	return ratios
}

// table is the results for a person.
func (r *refreshResults) table() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Headers of %s of %s, one by one of %s; %v of round trip added; %s, taking turns\n%s\n\n",
		count(r.Mailbox.Messages, "message"), r.Mailbox.Size, grouped(float64(r.OneByOne)),
		duration(r.RoundTrip), count(r.Runs, "run"), r.Machine)
	rows := [][]string{
		{"refresh", "least", "median", "most", "client", "server", "client", "server", "seconds", "TOPs"},
		r.row(true), r.row(false),
	}
	align(&b, []heading{{"", 1}, {"headers/s", 3}, {"CPU seconds", 2}, {"peak memory", 2}, {"nothing new", 2}}, rows)
	s := spreadOf(r.faster())
	b.WriteByte('\n')
	align(&b, nil, [][]string{
		{"times faster, run by run", "least", "median", "most"},
		{"pipelined : one-by-one", ratio(s.least), ratio(s.median), ratio(s.most)},
	})
	trip := spreadOf(append(r.of(true, measuredTrip), r.of(false, measuredTrip)...))
	fmt.Fprintf(&b, "\nA command took %v to %v over this line.\n", duration(trip.least), duration(trip.most))
	b.WriteString("Every header of every run was compared with what was served.\n")
	fmt.Fprintf(&b, "mtm: %s\n", r.Version)
	return b.Bytes()
}

// row is the line of one way.
func (r *refreshResults) row(pipelined bool) []string {
	median := func(figure func(*refreshed) float64) float64 { return spreadOf(r.of(pipelined, figure)).median }
	rate := spreadOf(r.of(pipelined, (*refreshed).rate))
	return []string{
		way(pipelined), grouped(rate.least), grouped(rate.median), grouped(rate.most),
		seconds(median(func(m *refreshed) float64 { return m.First.Spent.CPU })),
		seconds(median(func(m *refreshed) float64 { return m.Server.CPU })),
		memory(median(func(m *refreshed) float64 { return float64(m.peak()) })),
		memory(median(func(m *refreshed) float64 { return float64(m.Server.Peak) })),
		fmt.Sprintf("%.3f", median(func(m *refreshed) float64 { return m.Again.Seconds })),
		grouped(median(func(m *refreshed) float64 { return float64(m.Again.Tops) })),
	}
}

// peak is the client's memory in its larger refresh.
func (m *refreshed) peak() int64 { return max(m.First.Spent.Peak, m.Again.Spent.Peak) }

func measuredTrip(m *refreshed) float64 { return m.RoundTrip }

// duration is a short time as Go writes it, to 10 microseconds.
func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(10 * time.Microsecond)
}

// benchfmt is the results in Go's benchmark format: one operation is one refresh of the whole mailbox. benchstat
// -col /way compares the ways.
func (r *refreshResults) benchfmt() []byte {
	var b bytes.Buffer
	r.Machine.benchfmt(&b)
	b.WriteString("Unit messages/s better=higher\n")
	for i := range r.Trials {
		m := &r.Trials[i]
		name := fmt.Sprintf("way=%s/messages=%d/size=%s/rtt=%v-%d", way(m.Pipelined), m.Messages, r.Mailbox.Size,
			duration(r.RoundTrip), r.Machine.CPUs)
		fmt.Fprintf(&b, "BenchmarkRefresh/%s 1 %.0f ns/op %.1f messages/s", name, m.First.Seconds*1e9, m.rate())
		cost(&b, "client", usage{m.First.Spent.CPU, m.peak()})
		cost(&b, "server", m.Server)
		fmt.Fprintf(&b, "\nBenchmarkRefreshNothingNew/%s 1 %.0f ns/op", name, m.Again.Seconds*1e9)
		cost(&b, "client", usage{CPU: m.Again.Spent.CPU})
		b.WriteByte('\n')
	}
	return b.Bytes()
}
