package main

import (
	"bytes"
	"fmt"
)

// benchfmt is the results in Go's benchmark format: one line per trial, one operation is the retrieval of the whole
// mailbox. benchstat -col /client compares the clients.
func (r *results) benchfmt() []byte {
	var b bytes.Buffer
	r.Machine.benchfmt(&b)
	b.WriteString("Unit messages/s better=higher\n")
	for i := range r.Trials {
		m := &r.Trials[i]
		fmt.Fprintf(&b, "BenchmarkRetrieve/client=%s/messages=%d/size=%s-%d 1 %.0f ns/op %.1f messages/s %.3f MB/s",
			m.Client, r.Mailbox.Messages, r.Mailbox.Size, r.Machine.CPUs, m.Seconds*1e9, r.messageRate(m), r.octetRate(m)/1e6)
		cost(&b, "client", m.Spent)
		cost(&b, "server", m.Server)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// benchfmt is the machine as the configuration of the lines that follow.
func (m machine) benchfmt(b *bytes.Buffer) {
	fmt.Fprintf(b, "goos: %s\ngoarch: %s\n", m.OS, m.Arch)
	if m.CPU != "" {
		fmt.Fprintf(b, "cpu: %s\n", m.CPU)
	}
}

// cost leaves out what the system does not tell.
func cost(b *bytes.Buffer, of string, u usage) {
	if u.CPU > 0 {
		fmt.Fprintf(b, " %.0f %s-CPU-ns/op", u.CPU*1e9, of)
	}
	if u.Peak > 0 {
		fmt.Fprintf(b, " %d %s-peak-bytes", u.Peak, of)
	}
}
