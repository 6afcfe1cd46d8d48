package main

import (
	"encoding/json"
	"os"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/perf/benchfmt"

	"pop3mtm/cmd/bench/internal/report"
)

var _ = Describe("bench refresh", func() {
	small := func(dir string, more ...string) outcome {
		return bench(append([]string{"refresh", "--messages", "400", "--one-by-one-messages", "100",
			"--runs", "2", "--dir", dir}, more...)...)
	}

	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"refresh"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench refresh --help'\n"))
		},
		Entry("no message", "--messages takes 1 to 10000000, not 0", "--messages", "0"),
		Entry("no message one by one", "--one-by-one-messages takes 0 to 10000000, not -1", "--one-by-one-messages", "-1"),
		Entry("a round trip below nothing", "--rtt takes 0 to 1s, not -1ms", "--rtt", "-1ms"),
		Entry("a round trip of minutes", "--rtt takes 0 to 1s, not 1m0s", "--rtt", "1m"),
		Entry("no run", "--runs takes 1 to 1000, not 0", "--runs", "0"),
	)

	It("refreshes both ways, verifies the headers, prints a table and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := small(dir)
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(r.out).To(HavePrefix("headers of 400 messages of 2KiB, one by one of 100; 1ms of round trip added; 2 runs, taking turns\n"))
		Expect(r.out).To(MatchRegexp(`(?m)^pipelined, first .* 400$`))
		Expect(r.out).To(MatchRegexp(`(?m)^pipelined, nothing new .* 0$`), "a refresh with nothing new sends no TOP")
		Expect(r.out).To(MatchRegexp(`(?m)^pipelined, still nothing new .* 0$`))
		Expect(r.out).To(MatchRegexp(`(?m)^Beyond the wire a known message costs our client .* us of CPU .* in the visit after it was new, and .* in later ones`))
		Expect(r.out).To(MatchRegexp(`(?m)^pipelined, 1 % new .* 4$`))
		Expect(r.out).To(MatchRegexp(`(?m)^pipelined, first : one-by-one, first +[0-9.]+ +[0-9.]+ +[0-9.]+$`))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("takes a command over the line as long as it was told to, and longer with each round trip", func() {
		var found report.Results
		r := small(GinkgoT().TempDir(), "--runs", "1", "--rtt", "5ms", "--format", "json")
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Trials).To(HaveLen(9))
		for _, m := range found.Trials {
			Expect(m.Trip).To(BeNumerically(">=", 0.005))
			if m.Server == singly && m.Visit == firstVisit { // every header waits for its own round trip, whatever the machine does
				Expect(m.Seconds).To(BeNumerically(">", 100*0.005))
			}
		}
	})

	It("writes what benchstat reads", func() {
		r := small(GinkgoT().TempDir(), "--format", "benchfmt")
		Expect(r.status).To(Equal(0), r.errOut)
		reader := benchfmt.NewReader(strings.NewReader(r.out), "refresh")
		names := map[string]int{}
		for reader.Scan() {
			switch line := reader.Result().(type) {
			case *benchfmt.Result:
				names[string(line.Name.Base())]++
			case *benchfmt.SyntaxError:
				Fail(line.Error())
			}
		}
		Expect(reader.Err()).NotTo(HaveOccurred())
		Expect(names).To(Equal(map[string]int{"Refresh": 18}))
	})
})
