package main

import (
	"encoding/json"
	"slices"
)

// results is everything that a benchmark has found, as results.json holds it.
type results struct {
	Benchmark string        `json:"benchmark"`
	Machine   machine       `json:"machine"`
	Mailbox   mailbox       `json:"mailbox"`
	Runs      int           `json:"runs"`
	Clients   []participant `json:"clients"`
	Trials    []measurement `json:"trials"` // in the order they ran
}

// participant is one client.
type participant struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Alters  string `json:"alters,omitempty"` // what it changes in the messages it keeps
}

// shown is what every benchmark has found; its JSON form is that of its fields.
type shown interface {
	table() []byte
	benchfmt() []byte
}

// formats are the ways to write results.
func formats() map[string]func(shown) ([]byte, error) {
	return map[string]func(shown) ([]byte, error){
		"table":    func(r shown) ([]byte, error) { return r.table(), nil },
		"benchfmt": func(r shown) ([]byte, error) { return r.benchfmt(), nil },
		"json": func(r shown) ([]byte, error) {
			text, err := json.MarshalIndent(r, "", "  ")
			return append(text, '\n'), err
		},
	}
}

// of gives one figure of every run of a client, in the order of the runs.
func (r *results) of(client string, figure func(*measurement) float64) []float64 {
	var all []float64
	for i := range r.Trials {
		if r.Trials[i].Client == client {
			all = append(all, figure(&r.Trials[i]))
		}
	}
	return all
}

// faster is how many times faster the first client was than the second, run by run: what slows the machine down for a
// while slows both.
func (r *results) faster(client, than string) []float64 {
	seconds := func(m *measurement) float64 { return m.Seconds }
	a, b := r.of(client, seconds), r.of(than, seconds)
	ratios := make([]float64, 0, len(a))
	for i := range min(len(a), len(b)) {
		ratios = append(ratios, b[i]/a[i])
	}
	return ratios
}

// spread is what a table shows of several runs.
type spread struct{ least, median, most float64 }

// spreadOf needs at least one figure.
func spreadOf(figures []float64) spread {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return spread{sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]}
}
