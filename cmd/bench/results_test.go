package main

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("results", func() {
	found := &results{
		Machine: machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", CPUs: 2, Go: "go1.26"},
		Mailbox: mailbox{Messages: 10_000, Size: 8 << 10, Seed: 1}, Runs: 3,
		Clients: []participant{{Name: "mtm", Version: "mtm 1"}, {Name: "mpop-mbox", Version: "mpop 1.4", Alters: "stores CRLF as LF"}},
		Trials: []measurement{
			{"mtm", 0.5, usage{0.4, 30 << 20}, usage{0.2, 10 << 20}}, {"mpop-mbox", 5, usage{2, 9 << 20}, usage{0.1, 11 << 20}},
			{"mtm", 0.4, usage{0.3, 31 << 20}, usage{0.2, 10 << 20}}, {"mpop-mbox", 3, usage{2, 9 << 20}, usage{0.1, 11 << 20}},
			{"mtm", 0.8, usage{0.4, 32 << 20}, usage{0.2, 10 << 20}}, {"mpop-mbox", 6, usage{2, 9 << 20}, usage{0.1, 11 << 20}},
		},
	}

	It("show least, median and most, and the ratios run by run", func() {
		Expect(string(found.table())).To(Equal(`10,000 messages of 8KiB, 3 runs, the clients taking turns
2 CPUs, Some CPU, linux/amd64, go1.26

                          messages/s     MB/s       CPU seconds           peak memory
client       least   median     most   median   client   server     client     server
mtm         12,500   20,000   25,000      164     0.40     0.20   31.0 MiB   10.0 MiB
mpop-mbox    1,667    2,000    3,333     16.4     2.00     0.10    9.0 MiB   11.0 MiB

times faster, run by run   least   median   most
mtm : mpop-mbox              7.5      7.5   10.0

Every message of every run was compared with what was served.
mtm: mtm 1
mpop-mbox: mpop 1.4; by its nature it stores CRLF as LF
`))
	})

	It("leave out of the benchmark format what the system does not tell", func() {
		silent := *found
		silent.Machine.CPU, silent.Trials = "", []measurement{{Client: "mtm", Seconds: 0.5}}
		Expect(string(silent.benchfmt())).To(Equal(`goos: linux
goarch: amd64
Unit messages/s better=higher
BenchmarkRetrieve/client=mtm/messages=10000/size=8KiB-2 1 500000000 ns/op 20000.0 messages/s 163.840 MB/s
`))
	})

	DescribeTable("a spread is the least, the median and the most",
		func(figures []float64, want spread) { Expect(spreadOf(figures)).To(Equal(want)) },
		Entry("of one", []float64{3}, spread{3, 3, 3}),
		Entry("of two", []float64{4, 2}, spread{2, 3, 4}),
		Entry("of three", []float64{9, 1, 4}, spread{1, 4, 9}),
	)
})
