package scenarios_test

import (
	"fmt"
	"slices"
	"strings"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// beginning is the text above the tables of docs/quirks.md.
const beginning = `# Faults and peculiarities of real servers

Each quirk has a number: ` + "`quirk: 83`" + ` in a scenario or a profile makes the server behave like this ([scenarios](scenarios.md)). Where
the column "switch" says "own rules", the behaviour depends on the case, and the scenarios that name the number have the rules.

The last column is about our own mail client, the MTM. In each scenario it gets mail several times, from replies that arrive
whole, line by line and octet by octet. After the description stand the results of these get mails in order, with
the numbers of [errors](errors.md). Its tests assert them, and after each get mail which messages are stored (complete, once and
octet for octet), what was sent, and which messages are still on the server.

` + "```console" + `
$ pop3sim scenarios list --quirk 83
retr-cut-lines  ...
retr-long-lines  ...
$ pop3sim scenarios quirks
...
 83  Long lines are cut
...
` + "```" + `

This page is written by ` + "`go test ./scenarios -update`" + `, from the files in scenarios/quirks and the scenarios.
`

// themes of the quirks, each from a number on.
var themes = []struct {
	from int
	name string
}{{1, "Greeting and capabilities"}, {17, "Logging in"}, {37, "TLS"}, {42, "STAT, LIST, UIDL"}, {64, "RETR, TOP, DELE"}, {90, "Sessions and connections"}}

var _ = Describe("docs/quirks.md", func() {
	It("has each quirk with its switch, its scenarios and what the MTM does", func() {
		current("../docs/quirks.md", []byte(quirkPage()))
	})
})

func quirkPage() string {
	GinkgoHelper()
	shown, err := scenarios.Shown()
	Expect(err).NotTo(HaveOccurred())
	var b strings.Builder
	b.WriteString(beginning)
	for n := 1; n <= scenarios.LastQuirk; n++ {
		for _, t := range themes {
			if t.from == n {
				fmt.Fprintf(&b, "\n## %s\n\n| | the server | switch | scenarios | the MTM |\n|---|---|---|---|---|\n", t.name)
			}
		}
		q, err := scenarios.QuirkByNumber(n)
		Expect(err).NotTo(HaveOccurred())
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", n, cell(strings.ReplaceAll(q.Title, "*", `\*`)+". *"+strings.Join(q.Sources, "; ")+"*"), toggle(n, q),
			strings.Join(linked(shown[n]), ", "), cell(strings.TrimSpace(q.MTM+" "+endings(n, shown[n]))))
	}
	return b.String()
}

// toggle returns how a server is made to have a quirk.
func toggle(n int, q *scenarios.Quirk) string {
	switch {
	case q.Client != "":
		return "none: a fault of clients"
	case q.Alone():
		return fmt.Sprintf("`quirk: %d`", n)
	}
	return "own rules"
}

func linked(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "[" + name + "](../scenarios/" + name + ".yaml)"
	}
	return all
}

// endings describes how the MTM's get mails end, in all cases of the scenarios that have a quirk.
func endings(n int, names []string) string {
	GinkgoHelper()
	var found []string
	for _, name := range names {
		all, err := scenarios.LoadAll(name)
		Expect(err).NotTo(HaveOccurred())
		for _, s := range all {
			if how := course(s.MTM.Runs); slices.Contains(s.Quirk, n) && !slices.Contains(found, how) {
				found = append(found, how)
			}
		}
	}
	if found == nil {
		return ""
	}
	return "(" + strings.Join(found, "; or ") + ")"
}

// course describes how runs end, one after the other.
func course(runs []scenarios.Run) string {
	if runs == nil {
		return "no error"
	}
	var parts []string
	for i := 0; i < len(runs); {
		alike := i + 1
		for alike < len(runs) && runs[alike].Code == runs[i].Code {
			alike++
		}
		what := "no error"
		if runs[i].Code != 0 {
			what = fmt.Sprintf("error %d", runs[i].Code)
			if i == 0 && alike == len(runs) && alike > 1 {
				what += " each time"
			} else if alike > i+1 {
				what += fmt.Sprintf(" in %d runs", alike-i)
			}
		}
		parts = append(parts, what)
		i = alike
	}
	return strings.Join(parts, ", then ")
}
