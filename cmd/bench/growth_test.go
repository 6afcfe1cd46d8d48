package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/report"
)

var _ = Describe("bench growth", func() {
	It("shows what a message costs in each mailbox, on a page too", func() {
		path := filepath.Join(GinkgoT().TempDir(), "growth.html")
		r := bench("growth", "--from", "20", "--messages", "100", "--runs", "1", "--format", "json", "--html", path)
		Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		var labels []string
		for _, s := range found.Summary {
			labels = append(labels, s.Label)
			Expect(s.Each).To(BeNumerically(">", 0))
		}
		Expect(labels).To(Equal([]string{
			"retrieve, 20 messages", "first, 20 messages", "1 % new, 21 messages",
			"retrieve, 60 messages", "first, 60 messages", "1 % new, 61 messages",
			"retrieve, 100 messages", "first, 100 messages", "1 % new, 101 messages",
		}))
		Expect(found.Dearer).To(HaveLen(9))
		Expect(found.Dearer[0].Label).To(Equal("retrieve, time, 100 : 20"))
		page, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		checkPage(page, &found)
	})

	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"growth"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench growth --help'\n"))
		},
		Entry("more than it takes", "--messages takes 10 to 1000000 here, not 2000000", "--messages", "2000000"),
		Entry("a start above the end", "--from takes 10 to --messages, not 500", "--from", "500", "--messages", "100"),
	)
})

var _ = Describe("bench sessions", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"sessions"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench sessions --help'\n"))
		},
		Entry("nobody", "--at-once takes 1 to 10000, not 0", "--at-once", "0"),
		Entry("fewer than none", "--idle takes 0 to 10000, not -1", "--idle", "-1"),
		Entry("no time", "--time takes 10ms to 1h0m0s, not 0s", "--time", "0"),
		Entry("many sessions of one user", "--at-once above 1 and --idle need a user for each session: use --user 'user{n}', "+
			"or --at-once 1 --idle 0", "--target", "here:1"),
	)

	It("counts sessions, holds idle ones and tells their memory", func() {
		r := bench("sessions", "--runs", "1", "--at-once", "1,4", "--time", "50ms", "--idle", "40")
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(r.out).To(HavePrefix("login, STAT and QUIT, 50ms each; 1 run, taking turns\n"))
		Expect(r.out).To(MatchRegexp(`(?m)^sessions, 4 at once( +[0-9,.]+){5}`))
		Expect(r.out).To(MatchRegexp(`(?m)^sessions, 1 at once, each session( +[0-9,.]+){5}$`))
		Expect(r.out).To(MatchRegexp(`(?m)^An idle session costs pop3sim \S+ \S+ of memory, measured with 40 sessions\.$`))
	})
})
