package scenarios_test

import (
	"fmt"
	"slices"
	"strings"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// missing are the quirks that no scenario shows yet. The list only becomes shorter.
const missing = `4 6 7 10 12 13 17 18 19 20 22 23 24 25 30 31 32 33 35 36 39 40 41 47 48 51 52 53 54 55 60 63
	69 70 71 74 75 78 79 80 81 82 83 84 87 88 90 94 96 97 98 99 100 101 103`

var _ = Describe("the quirks", func() {
	It("have each a scenario, but for those that only a client can show, and those still missing", func() {
		shown := map[int]bool{}
		for _, name := range scenarios.Names() {
			all, err := scenarios.LoadAll(name)
			Expect(err).NotTo(HaveOccurred())
			for _, n := range all[0].Quirk {
				shown[n] = true
			}
		}
		var lacking []string
		for n := 1; n <= scenarios.LastQuirk; n++ {
			q, err := scenarios.QuirkByNumber(n)
			byClient := err == nil && q.Client != ""
			Expect(byClient && shown[n]).To(BeFalse(), "quirk %d is said to be a client's, and a scenario shows it", n)
			if !shown[n] && !byClient {
				lacking = append(lacking, fmt.Sprint(n))
			}
		}
		Expect(lacking).To(Equal(strings.Fields(missing)))
	})

	It("can each be played alone", func() {
		for n := 1; n <= scenarios.LastQuirk; n++ {
			if q, err := scenarios.QuirkByNumber(n); err == nil && q.Client == "" {
				p, err := (&scenarios.Scenario{Title: q.Title, Quirk: scenarios.Numbers{n}}).Server(nil)
				Expect(err).NotTo(HaveOccurred(), "quirk %d", n)
				Expect(p.Close()).To(Succeed())
			} else if !slices.Contains(strings.Fields(missing), fmt.Sprint(n)) {
				Expect(err).NotTo(HaveOccurred(), "quirk %d", n)
			}
		}
	})
})

var _ = Describe("a profile", func() {
	It("is like the server that it is named after", func() {
		for name, want := range map[string][]string{
			"dovecot": {"+OK Dovecot (Debian) ready.\r\n", "+OK\r\n+OK Logged in.\r\n", "+OK Marked to be deleted.\r\n+OK Logging out.\r\n"},
			"gmail":   {"+OK Gpop ready for requests from ", "+OK send PASS\r\n+OK Welcome.\r\n", "+OK Farewell.\r\n"},
		} {
			p := play("profile: "+name, "mailbox: [{size: 1KiB}]")
			said := talk(p, "CAPA", "DELE 1")
			for _, text := range want {
				Expect(said).To(ContainSubstring(text), name)
			}
		}
	})
})
