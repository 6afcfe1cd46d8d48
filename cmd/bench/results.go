package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pop3mtm/cmd/internal/cli"
)

// results is everything that a benchmark has found, as results.json holds it.
type results struct {
	Benchmark   string        `json:"benchmark"`
	Unit        string        `json:"unit"` // what is counted: messages, headers, sessions
	Machine     machine       `json:"machine"`
	Mailbox     mailbox       `json:"mailbox"` // the synthetic one; of a target its messages are in the trials
	Target      string        `json:"target,omitempty"`
	RoundTrip   float64       `json:"added_round_trip_seconds"`
	Bandwidth   int64         `json:"bandwidth_octets_per_second,omitempty"`
	TLS         string        `json:"tls,omitempty"`
	Accounts    int           `json:"accounts"`
	What        string        `json:"what"` // in words
	Rounds      int           `json:"rounds"`
	Stopped     string        `json:"stopped,omitempty"` // why this is only a part
	Servers     []participant `json:"servers,omitempty"`
	Clients     []participant `json:"clients"`
	Summary     []row         `json:"summary"`
	Ratios      []versus      `json:"ratios,omitempty"`
	Trials      []measurement `json:"trials"`             // in the order they ran
	Traces      []measurement `json:"traces,omitempty"`   // runs of their own on a watched line
	Failures    []failure     `json:"failures,omitempty"` // what did not work
	Held        []held        `json:"held,omitempty"`
	Beyond      *spread       `json:"client_cpu_seconds_per_message_beyond_the_wire,omitempty"`       // of a refresh with nothing new
	BeyondLater *spread       `json:"client_cpu_seconds_per_message_beyond_the_wire_later,omitempty"` // of the one after it
	Dearer      []dearer      `json:"dearer,omitempty"`
	Notes       []string      `json:"notes,omitempty"`

	ratioOf func(a, b, first kind) bool // says whether a ratio of a to b means something
}

// held is what an idle session costs a server.
type held struct {
	Server   string  `json:"server"`
	Sessions int     `json:"sessions"`
	Each     float64 `json:"bytes_each"`
}

// participant is one client or server.
type participant struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Alters     string `json:"alters,omitempty"`     // what it changes in the messages it keeps
	Durability string `json:"durability,omitempty"` // how often it syncs, and who says so
}

// failure is one trial that gave no figure.
type failure struct {
	Round int    `json:"round"`
	What  string `json:"what"`
	Text  string `json:"text"` // with what the program itself said
}

// row is all runs of one kind.
type row struct {
	Label    string  `json:"label"`
	Client   string  `json:"client"`
	Server   string  `json:"server"`
	Visit    string  `json:"visit,omitempty"`
	Messages int     `json:"mailbox_messages"`
	Runs     int     `json:"runs"`
	Rate     spread  `json:"per_second"`        // messages or sessions
	Octets   float64 `json:"octets_per_second"` // of mail, median
	// Seconds are those of one message, medians; 0 = not known.
	Each        float64 `json:"seconds_per_message"`
	ClientCPU   float64 `json:"client_cpu_seconds_per_message"`
	ServerCPU   float64 `json:"server_cpu_seconds_per_message"`
	ClientPeak  float64 `json:"client_peak_bytes"`
	ServerPeak  float64 `json:"server_peak_bytes"`
	TopCommands *int    `json:"tops,omitempty"` // most of all runs
}

// versus is how many times faster one was than the other, round by round: what slows the machine down for a while slows
// both.
type versus struct {
	Label string `json:"label"`
	Times spread `json:"times_faster"`
}

// dearer is how many times more one thing costs than another, round by round.
type dearer struct {
	Label string `json:"label"`
	Times spread `json:"times_dearer"`
}

// spread is what is shown of several runs.
type spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// spreadOf needs at least one figure.
func spreadOf(figures []float64) spread {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return spread{sorted[0], (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[n-1]}
}

// formats are the ways to write results; html is for files only.
func formats() map[string]func(*results) ([]byte, error) {
	return map[string]func(*results) ([]byte, error){
		"table":    func(r *results) ([]byte, error) { return r.table(), nil },
		"benchfmt": func(r *results) ([]byte, error) { return r.benchfmt(), nil },
		"html":     (*results).page,
		"json": func(r *results) ([]byte, error) {
			text, err := json.MarshalIndent(r, "", "  ")
			return append(cli.EscapeJSON(text), '\n'), err
		},
	}
}

// kind is what makes measurements comparable.
type kind struct {
	client, server, visit string
	mailbox               int
}

func (m *measurement) kind() kind { return kind{m.Client, m.Server, m.Visit, m.Mailbox} }

// rate is in messages or sessions per second.
func (m *measurement) rate() float64 { return float64(m.Messages) / m.Seconds }

// conclude fills in the summary and the ratios.
func (r *results) conclude() {
	runs := map[kind][]*measurement{}
	var kinds []kind
	for i := range r.Trials {
		m := &r.Trials[i]
		k := m.kind()
		if runs[k] == nil {
			kinds = append(kinds, k)
		}
		runs[k] = append(runs[k], m)
	}
	r.Summary, r.Ratios = nil, nil
	name := namer(kinds)
	for _, k := range kinds {
		r.Summary = append(r.Summary, rowOf(name(k), k, runs[k]))
	}
	for _, a := range kinds {
		for _, b := range kinds {
			if a == b || a.visit != b.visit || !r.ratioOf(a, b, kinds[0]) {
				continue
			}
			if times := ratios(runs[a], runs[b], (*measurement).rate); len(times) > 0 {
				r.Ratios = append(r.Ratios, versus{name(a) + " : " + name(b), spreadOf(times)})
			}
		}
	}
}

// compared says whether a ratio of a to b means something: the first client with all others at the same server and with
// the machine's limit, and the first server with the others.
func compared(a, b, first kind) bool {
	switch {
	case a.client != first.client:
		return false
	case b.client == first.client:
		return a.server == first.server && b.server != a.server
	}
	return b.server == a.server || b.server == limitName
}

// ratios are those of a figure of a to that of b, round by round.
func ratios(a, b []*measurement, figure func(*measurement) float64) []float64 {
	figures := map[int]float64{}
	for _, m := range b {
		figures[m.Round] = figure(m)
	}
	var times []float64
	for _, m := range a {
		if figures[m.Round] > 0 {
			times = append(times, figure(m)/figures[m.Round])
		}
	}
	return times
}

// namer names kinds by what not all of them have in common.
func namer(kinds []kind) func(kind) string {
	server := func(k kind) string { return k.server }
	mailbox := func(k kind) string { return count(k.mailbox, "message") }
	servers := map[string]string{} // and a client of each
	clients := false               // whether any of them has several
	for _, k := range kinds {
		if k.server == limitName {
			clients = true
			continue
		}
		other, seen := servers[k.server]
		clients = clients || seen && other != k.client
		servers[k.server] = k.client
	}
	return func(k kind) string {
		var parts []string
		if clients || len(servers) == 1 && k.visit == "" {
			parts = append(parts, k.client)
		}
		if len(servers) > 1 && k.server != limitName {
			if clients {
				parts[0] += " from " + server(k)
			} else {
				parts = append(parts, server(k))
			}
		}
		if k.visit != "" {
			parts = append(parts, k.visit)
		}
		if growing(kinds) {
			parts = append(parts, mailbox(k))
		}
		return strings.Join(parts, ", ")
	}
}

// growing says whether one client saw mailboxes of several sizes in the same kind of visit.
func growing(kinds []kind) bool {
	seen := map[kind]bool{}
	for _, k := range kinds {
		k.mailbox = 0
		if seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

// rowOf sums up the runs of a kind.
func rowOf(label string, k kind, runs []*measurement) row {
	median := func(figure func(*measurement) float64) float64 {
		var figures []float64
		for _, m := range runs {
			figures = append(figures, figure(m))
		}
		return spreadOf(figures).Median
	}
	each := func(figure func(*measurement) float64) float64 {
		return median(func(m *measurement) float64 { return figure(m) / float64(max(m.Messages, 1)) })
	}
	s := row{Label: label, Client: k.client, Server: k.server, Visit: k.visit, Messages: k.mailbox, Runs: len(runs)}
	var rates []float64
	for _, m := range runs {
		rates = append(rates, m.rate())
		if m.Tops != nil && (s.TopCommands == nil || *m.Tops > *s.TopCommands) {
			s.TopCommands = m.Tops
		}
	}
	s.Rate = spreadOf(rates)
	s.Octets = median(func(m *measurement) float64 { return float64(m.Octets) / m.Seconds })
	s.Each = each(func(m *measurement) float64 { return m.Seconds })
	s.ClientCPU = each(func(m *measurement) float64 { return m.Spent.CPU })
	s.ServerCPU = each(func(m *measurement) float64 { return m.Serving.CPU })
	s.ClientPeak = median(func(m *measurement) float64 { return float64(m.Spent.Peak) })
	s.ServerPeak = median(func(m *measurement) float64 { return float64(m.Serving.Peak) })
	return s
}

// setSyncs says in the client's line how often it syncs.
func (r *results) setSyncs(client string, syncs *int, messages int) {
	for i := range r.Clients {
		if r.Clients[i].Name == client && syncs != nil {
			r.Clients[i].Durability = syncText(*syncs, messages) + fmt.Sprintf(" (strace, over %s)", count(messages, "message"))
		}
	}
}
