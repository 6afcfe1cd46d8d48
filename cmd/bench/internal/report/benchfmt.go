package report

import (
	"bytes"
	"fmt"
	"strings"

	"pop3mtm/cmd/bench/internal/child"
)

// Benchfmt returns the results in Go's benchmark format: one line per visit, in which the whole
// visit is one operation. `benchstat -col /client` compares the clients.
func (r *Results) Benchfmt() []byte {
	var b bytes.Buffer
	r.Machine.Benchfmt(&b)
	if r.Stopped != "" {
		fmt.Fprintf(&b, "partial: %s\n", r.Stopped)
	}
	fmt.Fprintf(&b, "Unit %s/s better=higher\n", r.Unit)
	for i := range r.Trials {
		m := &r.Trials[i]
		fmt.Fprintf(&b, "Benchmark%s%s/client=%s", strings.ToUpper(r.Benchmark[:1]), r.Benchmark[1:], word(m.Client))
		if len(r.Servers) > 0 {
			fmt.Fprintf(&b, "/server=%s", word(m.Server))
		}
		if m.Visit != "" {
			fmt.Fprintf(&b, "/visit=%s", word(m.Visit))
		}
		fmt.Fprintf(&b, "/messages=%d", m.Mailbox)
		if r.Target == "" {
			fmt.Fprintf(&b, "/size=%s", word(r.Mailbox.Mail()))
		}
		if r.RoundTrip > 0 {
			fmt.Fprintf(&b, "/rtt=%v", duration(r.RoundTrip))
		}
		fmt.Fprintf(&b, "-%d 1 %.0f ns/op %.1f %s/s", r.Machine.CPUs, m.Seconds*1e9, m.rate(), r.Unit)
		if m.Octets > 0 {
			fmt.Fprintf(&b, " %.3f MB/s", float64(m.Octets)/m.Seconds/1e6)
		}
		cost(&b, "client", m.Spent)
		cost(&b, "server", m.Serving)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// word returns text as a part of a benchmark's name, with "-" in place of separators.
func word(text string) string { return strings.NewReplacer(" ", "-", "/", "-", "=", "-").Replace(text) }

// Benchfmt writes the machine as the configuration lines of Go's benchmark format.
func (m Machine) Benchfmt(b *bytes.Buffer) {
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\n", m.OS, m.Arch)
	if m.CPU != "" {
		fmt.Fprintf(b, "cpu: %s\n", m.CPU)
	}
}

// cost writes CPU time and memory, without the figures that the system does not report.
func cost(b *bytes.Buffer, of string, u child.Usage) {
	if u.CPU > 0 {
		fmt.Fprintf(b, " %.0f %s-CPU-ns/op", u.CPU*1e9, of)
	}
	if u.Peak > 0 {
		fmt.Fprintf(b, " %d %s-peak-bytes", u.Peak, of)
	}
}
