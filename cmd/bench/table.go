package main

import (
	"bytes"
	"fmt"
	"strconv"
)

// table is the results for a person.
func (r *results) table() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s of %s, %s, the clients taking turns\n%s\n\n",
		count(r.Mailbox.Messages, "message"), r.Mailbox.Size, count(r.Runs, "run"), r.Machine)
	rows := [][]string{
		{"client", "least", "median", "most", "median", "client", "server", "client", "server"},
	}
	for _, c := range r.Clients {
		rows = append(rows, r.row(c.Name))
	}
	align(&b, []heading{{"", 1}, {"messages/s", 3}, {"MB/s", 1}, {"CPU seconds", 2}, {"peak memory", 2}}, rows)
	if len(r.Clients) > 1 {
		rows = [][]string{{"times faster, run by run", "least", "median", "most"}}
		for _, c := range r.Clients[1:] {
			s := spreadOf(r.faster(oursName, c.Name))
			rows = append(rows, []string{oursName + " : " + c.Name, ratio(s.least), ratio(s.median), ratio(s.most)})
		}
		b.WriteByte('\n')
		align(&b, nil, rows)
	}
	b.WriteString("\nEvery message of every run was compared with what was served.\n")
	for _, c := range r.Clients {
		fmt.Fprintf(&b, "%s: %s", c.Name, c.Version)
		if c.Alters != "" {
			fmt.Fprintf(&b, "; by its nature it %s", c.Alters)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// row is one client's line.
func (r *results) row(client string) []string {
	median := func(figure func(*measurement) float64) float64 { return spreadOf(r.of(client, figure)).median }
	rate := spreadOf(r.of(client, r.messageRate))
	return []string{
		client, grouped(rate.least), grouped(rate.median), grouped(rate.most), short(median(r.octetRate) / 1e6),
		seconds(median(func(m *measurement) float64 { return m.Spent.CPU })),
		seconds(median(func(m *measurement) float64 { return m.Server.CPU })),
		memory(median(func(m *measurement) float64 { return float64(m.Spent.Peak) })),
		memory(median(func(m *measurement) float64 { return float64(m.Server.Peak) })),
	}
}

// messageRate is in messages per second.
func (r *results) messageRate(m *measurement) float64 { return float64(r.Mailbox.Messages) / m.Seconds }

// octetRate is in octets of mail per second.
func (r *results) octetRate(m *measurement) float64 { return float64(r.Mailbox.total()) / m.Seconds }

// heading stands above some columns of a table.
type heading struct {
	text    string
	columns int
}

const gap = 3 // blanks between columns

// align writes headings, then rows with the first column to the left and the others to the right.
func align(b *bytes.Buffer, headings []heading, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	line, first := "", 0
	for _, h := range headings {
		width := gap * h.columns
		for _, w := range widths[first : first+h.columns] {
			width += w
		}
		first += h.columns
		if first == 1 {
			width -= gap
		}
		line += fmt.Sprintf("%*s", width, h.text)
	}
	if line != "" {
		b.WriteString(line + "\n")
	}
	for _, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("%*s", gap+widths[i+1], cell)
		}
		b.WriteString(line + "\n")
	}
}

func count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return grouped(float64(n)) + " " + of
}

// grouped is a number to three digits or more, in groups of three.
func grouped(f float64) string {
	if f < 100 {
		return short(f)
	}
	text := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// short is a number to three digits or all before the point.
func short(f float64) string {
	switch {
	case f == float64(int64(f)) || f >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func ratio(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// seconds of CPU; no program takes none.
func seconds(f float64) string {
	if f == 0 {
		return "unknown"
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func memory(octets float64) string {
	if octets == 0 {
		return "unknown"
	}
	return strconv.FormatFloat(octets/(1<<20), 'f', 1, 64) + " MiB"
}
