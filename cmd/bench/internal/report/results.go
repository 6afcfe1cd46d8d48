// Package report summarizes the results of trials, and writes them as a table, as JSON, as an HTML
// page and in Go's benchmark format.
package report

import (
	"strings"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/page"
)

// Results holds the results of a benchmark, in the form of results.json.
type Results struct {
	Benchmark   string           `json:"benchmark"`
	Unit        string           `json:"unit"`    // what is counted: messages, headers, sessions
	Date        string           `json:"date"`    // when it began (RFC 3339)
	Command     string           `json:"command"` // the command line, without the password
	Machine     Machine          `json:"machine"`
	Mailbox     workload.Mailbox `json:"mailbox"` // the synthetic one; with a target, the trials have the number of messages
	Target      string           `json:"target,omitempty"`
	RoundTrip   float64          `json:"added_round_trip_seconds"`
	Bandwidth   int64            `json:"bandwidth_octets_per_second,omitempty"`
	TLS         string           `json:"tls,omitempty"`
	Accounts    int              `json:"accounts"`
	What        string           `json:"what"` // what was measured, in words
	Rounds      int              `json:"rounds"`
	Stopped     string           `json:"stopped,omitempty"` // why the results are incomplete, "" when they are complete
	Servers     []Participant    `json:"servers,omitempty"`
	Clients     []Participant    `json:"clients"`
	Summary     []Row            `json:"summary"`
	Ratios      []Versus         `json:"ratios,omitempty"`
	Trials      []Measurement    `json:"trials"`             // in the order they ran
	Traces      []Measurement    `json:"traces,omitempty"`   // of the runs on a watched line
	Failures    []Lost           `json:"failures,omitempty"` // trials that failed
	Held        []Held           `json:"held,omitempty"`
	Beyond      *numbers.Spread  `json:"client_cpu_seconds_per_message_beyond_the_wire,omitempty"`       // of a refresh without new messages
	BeyondLater *numbers.Spread  `json:"client_cpu_seconds_per_message_beyond_the_wire_later,omitempty"` // of the refresh after that
	Dearer      []Dearer         `json:"dearer,omitempty"`
	Notes       []string         `json:"notes,omitempty"`

	RatioOf func(a, b, first Kind) bool  `json:"-"` // reports whether results show the ratio of a to b
	Plots   func(r *Results) []page.Plot `json:"-"` // returns the first plots of the page; nil for plots of rates and memory
	Limit   string                       `json:"-"` // name of the server that does not speak POP3, whose rows have only the client's name; "" for none
	Clock   string                       `json:"-"` // a sentence that says which time is measured, "" for that of the client's whole process
	Timing  string                       `json:"-"` // sentences about latencies and rates that the client measured, "" for those of a watched line
}

// Held holds how much memory a server needs for an idle session.
type Held struct {
	Server   string  `json:"server"`
	Sessions int     `json:"sessions"`
	Each     float64 `json:"bytes_each"`
}

// Participant describes one client or server.
type Participant struct {
	Name       string `json:"name"`
	Version    string `json:"version"`
	Alters     string `json:"alters,omitempty"`     // what a client changes in the messages that it stores
	Durability string `json:"durability,omitempty"` // how often a client syncs, and how that is known
}

// Lost describes a trial that failed.
type Lost struct {
	Round int    `json:"round"`
	What  string `json:"what"`
	Text  string `json:"text"` // the error, with the last line of the program's stderr
}

// Row summarizes all runs of one kind.
type Row struct {
	Label    string         `json:"label"`
	Client   string         `json:"client"`
	Server   string         `json:"server"`
	Visit    string         `json:"visit,omitempty"`
	Messages int            `json:"mailbox_messages"`
	Runs     int            `json:"runs"`
	Rate     numbers.Spread `json:"per_second"`        // messages or sessions
	Octets   float64        `json:"octets_per_second"` // of mail, median
	// The next three are medians for one message; 0 = not known.
	Each        float64 `json:"seconds_per_message"`
	ClientCPU   float64 `json:"client_cpu_seconds_per_message"`
	ServerCPU   float64 `json:"server_cpu_seconds_per_message"`
	ClientPeak  float64 `json:"client_peak_bytes"`
	ServerPeak  float64 `json:"server_peak_bytes"`
	TopCommands *int    `json:"tops,omitempty"` // most of all runs
}

// Versus holds the spread of the ratio of two rates, which is taken in each round.
type Versus struct {
	Label string         `json:"label"`
	Times numbers.Spread `json:"times_faster"`
}

// Dearer holds the spread of the ratio of two costs, which is taken in each round.
type Dearer struct {
	Label string         `json:"label"`
	Times numbers.Spread `json:"times_dearer"`
}

// Kind identifies measurements that repeat the same visit.
type Kind struct {
	Client, Server, visit string
	mailbox               int
}

func (m *Measurement) kind() Kind { return Kind{m.Client, m.Server, m.Visit, m.Mailbox} }

// rate returns messages or sessions per second.
func (m *Measurement) rate() float64 { return float64(m.Messages) / m.Seconds }

// Conclude fills in the summary and the ratios.
func (r *Results) Conclude() {
	runs := map[Kind][]*Measurement{}
	var kinds []Kind
	for i := range r.Trials {
		m := &r.Trials[i]
		k := m.kind()
		if runs[k] == nil {
			kinds = append(kinds, k)
		}
		runs[k] = append(runs[k], m)
	}
	r.Summary, r.Ratios = nil, nil
	name := namer(kinds, r.Limit)
	for _, k := range kinds {
		r.Summary = append(r.Summary, rowOf(name(k), k, runs[k]))
	}
	for _, a := range kinds {
		for _, b := range kinds {
			if a == b || a.visit != b.visit || !r.RatioOf(a, b, kinds[0]) {
				continue
			}
			if times := Ratios(runs[a], runs[b], (*Measurement).rate); len(times) > 0 {
				r.Ratios = append(r.Ratios, Versus{name(a) + " : " + name(b), numbers.SpreadOf(times)})
			}
		}
	}
}

// Ratios returns the ratio of a figure of a to that of b for each round that has both.
func Ratios(a, b []*Measurement, figure func(*Measurement) float64) []float64 {
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

// namer returns a function that names kinds. The names leave out what all kinds have in common.
func namer(kinds []Kind, limit string) func(Kind) string {
	server := func(k Kind) string { return k.Server }
	mailbox := func(k Kind) string { return numbers.Count(k.mailbox, "message") }
	servers := map[string]string{} // the last client seen at each server
	clients := false               // whether a server has several clients
	for _, k := range kinds {
		if k.Server == limit {
			clients = true
			continue
		}
		other, seen := servers[k.Server]
		clients = clients || seen && other != k.Client
		servers[k.Server] = k.Client
	}
	return func(k Kind) string {
		var parts []string
		if clients || len(servers) == 1 && k.visit == "" {
			parts = append(parts, k.Client)
		}
		if len(servers) > 1 && k.Server != limit {
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

// growing reports whether a client made the same visit to mailboxes of several sizes.
func growing(kinds []Kind) bool {
	seen := map[Kind]bool{}
	for _, k := range kinds {
		k.mailbox = 0
		if seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

// rowOf returns the summary of the runs of a kind.
func rowOf(label string, k Kind, runs []*Measurement) Row {
	median := func(figure func(*Measurement) float64) float64 {
		var figures []float64
		for _, m := range runs {
			figures = append(figures, figure(m))
		}
		return numbers.SpreadOf(figures).Median
	}
	each := func(figure func(*Measurement) float64) float64 {
		return median(func(m *Measurement) float64 { return figure(m) / float64(max(m.Messages, 1)) })
	}
	s := Row{Label: label, Client: k.Client, Server: k.Server, Visit: k.visit, Messages: k.mailbox, Runs: len(runs)}
	var rates []float64
	for _, m := range runs {
		rates = append(rates, m.rate())
		if m.Tops != nil && (s.TopCommands == nil || *m.Tops > *s.TopCommands) {
			s.TopCommands = m.Tops
		}
	}
	s.Rate = numbers.SpreadOf(rates)
	s.Octets = median(func(m *Measurement) float64 { return float64(m.Octets) / m.Seconds })
	s.Each = each(func(m *Measurement) float64 { return m.Seconds })
	s.ClientCPU = each(func(m *Measurement) float64 { return m.Spent.CPU })
	s.ServerCPU = each(func(m *Measurement) float64 { return m.Serving.CPU })
	s.ClientPeak = median(func(m *Measurement) float64 { return float64(m.Spent.Peak) })
	s.ServerPeak = median(func(m *Measurement) float64 { return float64(m.Serving.Peak) })
	return s
}

// SetSyncs sets the text that says how often a client syncs.
func (r *Results) SetSyncs(client, text string) {
	for i := range r.Clients {
		if r.Clients[i].Name == client {
			r.Clients[i].Durability = text
		}
	}
}

// Measurement holds the figures of one visit.
type Measurement struct {
	Round    int            `json:"round"`
	Server   string         `json:"server"`
	Client   string         `json:"client"`
	Visit    string         `json:"visit,omitempty"`
	Mailbox  int            `json:"mailbox_messages"`
	Messages int            `json:"messages"` // fetched messages, or those listed by a refresh; for bench sessions, sessions
	Octets   int64          `json:"octets"`   // of the fetched mail, 0 where they are not counted
	Seconds  float64        `json:"seconds"`  // of the client's whole process; where a server is measured, as measured by the client
	Spent    child.Usage    `json:"client_usage"`
	Serving  child.Usage    `json:"server_usage"`
	Trip     float64        `json:"round_trip_seconds,omitempty"` // the median of several measured round trips
	Tops     *int           `json:"tops,omitempty"`               // TOP commands that the server saw, where it counts
	Syncs    *int           `json:"syncs,omitempty"`              // fsync and similar calls, where they were counted
	Latency  *wire.Latency  `json:"latency,omitempty"`
	Verbs    []wire.Latency `json:"verbs,omitempty"` // of each verb, by clients that measure all of them
	Rate     []wire.Sample  `json:"rate,omitempty"`  // over time, where the line was watched or the client measures it
}
