package main

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/workload"
)

var _ = Describe("results", func() {
	trial := func(round int, client string, seconds, cpu float64, peak int64) report.Measurement {
		return report.Measurement{
			Round: round, Client: client, Server: servers.Simulator, Mailbox: 10_000, Messages: 10_000, Octets: 10_000 * 8 << 10,
			Seconds: seconds, Spent: child.Usage{CPU: cpu, Peak: peak << 20}, Serving: child.Usage{CPU: 0.2, Peak: 10 << 20},
		}
	}
	var found *report.Results
	BeforeEach(func() {
		found = &report.Results{
			RatioOf: firstWithOthers, Limit: servers.Limit, Benchmark: "compare", Unit: "messages", What: "10,000 messages of 8KiB", Accounts: 1,
			Machine: report.Machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", CPUs: 2, Go: "go1.26"},
			Mailbox: workload.Mailbox{Messages: 10_000, Size: 8 << 10, Seed: 1}, Rounds: 3,
			Clients: []report.Participant{{Name: "mtm", Version: "mtm 1"}, {Name: "mpop-mbox", Version: "mpop 1.4", Alters: "stores CRLF as LF", Durability: "1 a message"}},
			Trials: []report.Measurement{
				trial(1, "mtm", 0.5, 0.4, 30), trial(1, "mpop-mbox", 5, 2, 9),
				trial(2, "mtm", 0.4, 0.3, 31), trial(2, "mpop-mbox", 3, 2, 9),
				trial(3, "mtm", 0.8, 0.4, 32), trial(3, "mpop-mbox", 6, 2, 9),
			},
			Notes: []string{"Every message was compared."},
		}
		found.Conclude()
	})

	It("show least, median and most, and the ratios round by round", func() {
		Expect(string(found.Table())).To(Equal(`10,000 messages of 8KiB; 3 runs, taking turns
2 CPUs, Some CPU, linux/amd64, go1.26

                          messages/s     MB/s       CPU us each           peak memory
compare      least   median     most   median   client   server     client     server
mtm         12,500   20,000   25,000      164       40       20   31.0 MiB   10.0 MiB
mpop-mbox    1,667    2,000    3,333     16.4      200       20    9.0 MiB   10.0 MiB

times faster, run by run   least   median   most
mtm : mpop-mbox              7.5      7.5   10.0

Every message was compared.
mtm: mtm 1
mpop-mbox: mpop 1.4; syncs: 1 a message; it stores CRLF as LF
`))
	})

	It("compare only rounds that both have run, and say what is missing", func() {
		found.Trials = found.Trials[:3]
		found.Stopped = "stopped by a signal after 3 of 6 trials"
		found.Failures = []report.Lost{{Round: 2, What: "curl", Text: "curl: no"}}
		found.Conclude()
		Expect(found.Ratios).To(Equal([]report.Versus{{Label: "mtm : mpop-mbox", Times: numbers.Spread{Least: 10, Median: 10, Most: 10}}}))
		Expect(string(found.Table())).To(And(HavePrefix("Incomplete: stopped by a signal after 3 of 6 trials.\n"),
			HaveSuffix("curl failed in round 2 and was left out from then on: curl: no\n")))
	})

	It("leave out of the benchmark format what the system does not tell", func() {
		found.Machine.CPU, found.Trials = "", found.Trials[:1]
		found.Trials[0].Spent, found.Trials[0].Serving = child.Usage{}, child.Usage{}
		Expect(string(found.Benchfmt())).To(Equal(`goos: linux
goarch: amd64
Unit messages/s better=higher
BenchmarkCompare/client=mtm/messages=10000/size=8KiB-2 1 500000000 ns/op 20000.0 messages/s 163.840 MB/s
`))
	})

	It("say what an idle session costs: the memory with many, less that with one", func() {
		hold := func(visit string, peak int64) report.Measurement {
			return report.Measurement{Round: 1, Client: holdName, Server: servers.Simulator, Visit: visit, Messages: 1, Seconds: 1, Serving: child.Usage{CPU: 1, Peak: peak}}
		}
		r := &report.Results{RatioOf: firstWithOthers, Limit: servers.Limit, Servers: []report.Participant{{Name: servers.Simulator}}, Trials: []report.Measurement{hold(heldVisit(1), 1000), hold(heldVisit(11), 6000)}}
		r.Conclude()
		weigh(r, 11)
		Expect(r.Held).To(Equal([]report.Held{{Server: servers.Simulator, Sessions: 11, Each: 500}}))
	})

	It("say what a refresh costs beyond the wire: its CPU time less that of a bare listing, round by round", func() {
		visit := func(round int, client, server, name string, cpu float64) report.Measurement {
			return report.Measurement{Round: round, Client: client, Server: server, Visit: name, Mailbox: 1000, Messages: 1000, Seconds: 1, Spent: child.Usage{CPU: cpu}}
		}
		r := &report.Results{RatioOf: firstWithOthers, Limit: servers.Limit, Trials: []report.Measurement{
			visit(1, clients.MTM, pipelined, firstVisit, 9), visit(1, clients.MTM, pipelined, nothingNew, 0.003), visit(1, clients.ListingName, clients.ListingName, nothingNew, 0.001),
			visit(2, clients.MTM, pipelined, nothingNew, 0.005), visit(2, clients.ListingName, clients.ListingName, nothingNew, 0.001),
			visit(1, clients.MTM, pipelined, stillNone, 0.002), visit(2, clients.MTM, pipelined, stillNone, 0.002),
			visit(3, clients.MTM, pipelined, nothingNew, 7), // cut short before the listing
		}}
		beyondWire(r)
		Expect(r.Beyond.Least).To(BeNumerically("~", 2e-6, 1e-12))
		Expect(r.Beyond.Most).To(BeNumerically("~", 4e-6, 1e-12))
		Expect(r.Notes).To(ConsistOf(ContainSubstring("costs our client 3.00 us of CPU (2.00 to 4.00) in the visit after it was new, and 1 us of CPU (1 to 1) in later ones")))
	})

	It("say how much dearer a message is in the largest mailbox than in one of 10,000, round by round", func() {
		visit := func(round, mailbox int, seconds float64) report.Measurement {
			return report.Measurement{Round: round, Client: clients.MTM, Server: servers.Simulator, Visit: someNew, Mailbox: mailbox, Messages: mailbox, Seconds: seconds * float64(mailbox)}
		}
		r := &report.Results{RatioOf: firstWithOthers, Limit: servers.Limit, Trials: []report.Measurement{
			visit(1, 1010, 9), visit(1, 10_100, 1), visit(1, 101_000, 2), visit(2, 1010, 9), visit(2, 10_100, 1), visit(2, 101_000, 3),
		}}
		grow(r)
		Expect(r.Dearer).To(Equal([]report.Dearer{{Label: "refresh with 1 % new, time, 101,000 : 10,100", Times: numbers.Spread{Least: 2, Median: 2.5, Most: 3}}}))
	})

	DescribeTable("growth takes sizes about three times as large as the one before, and the last",
		func(from, to int, want ...int) {
			g := growth{from: from}
			g.Box.Messages = to
			Expect(g.sizes()).To(Equal(want))
		},
		Entry(nil, 1000, 100_000, 1000, 3000, 10_000, 30_000, 100_000),
		Entry(nil, 1000, 2500, 1000, 2500),
		Entry(nil, 10, 10, 10),
	)
})

// firstWithOthers compares the first client with all others.
func firstWithOthers(a, b, first report.Kind) bool {
	return a.Client == first.Client && b.Client != a.Client
}
