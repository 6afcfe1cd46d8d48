package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/perf/benchfmt"

	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
)

var _ = Describe("bench retrieve", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2 before anything runs",
		func(want string, args ...string) {
			r := bench(append([]string{"retrieve"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.out).To(BeEmpty())
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench retrieve --help'\n"))
		},
		Entry("no message", "--messages takes 1 to 10000000, not 0", "--messages", "0"),
		Entry("too many messages", "--messages takes 1 to 10000000, not 10000001", "--messages", "10000001"),
		Entry("an invalid size", `--size: a size is a whole number of octets such as 4096, 8KiB or 2MB`, "--size", "big"),
		Entry("a size without room for the header", "--size takes 512 to 1TiB, not 511", "--size", "511"),
		Entry("a size above all memory", "--size takes 512 to 1TiB, not 2TiB", "--size", "2TiB"),
		Entry("more mail than the limit", "--messages and --size make more than 32 PiB of mail: use fewer or smaller messages", "--messages", "1000000", "--size", "1TiB"),
		Entry("no run", "--runs takes 1 to 1000, not 0", "--runs", "0"),
		Entry("an unknown format", `--format takes table, benchfmt or json, not "xml"`, "--format", "xml"),
		Entry("an unknown mode", `--mode takes copy, move, headers, top, not "steal"`, "--mode", "steal"),
		Entry("an unknown choice", `--which takes new, all, selection, not "old"`, "--which", "old"),
		Entry("a choice of headers", "--mode headers refreshes the whole mailbox: leave out --which all", "--mode", "headers", "--which", "all"),
		Entry("lines below none", "--lines takes 0 to 1000000, not -1", "--lines", "-1"),
		Entry("every none", "--every takes 1 to 10000000, not 0", "--every", "0"),
		Entry("a window of crowds", "--window takes 0 to 10000, not 10001", "--window", "10001"),
		Entry("a mailbox that changes", "--synthetic: arrive, expire and shuffle change the mailbox after each session, "+
			"so the results could not be compared: leave them out", "--synthetic", "10,arrive=1"),
		Entry("two mailboxes", "--synthetic and --size exclude each other", "--synthetic", "10", "--size", "8KiB"),
		Entry("no account", "--accounts takes 1 to 64, not 0", "--accounts", "0"),
		Entry("an unknown protection", `--tls takes none, stls or implicit, not "ssl"`, "--tls", "ssl"),
		Entry("a round trip of minutes", "--rtt takes 0 to 1s, not 1m0s", "--rtt", "1m"),
		Entry("a bandwidth of nearly nothing", "--bandwidth takes 0 for no limit, or at least 1KiB a second, not 7", "--bandwidth", "7"),
		Entry("an invalid target", `--target takes HOST:PORT, such as pop.example.org:110 or [::1]:1110, not "here"`, "--target", "here"),
		Entry("a port beyond all", `--target takes HOST:PORT, such as pop.example.org:110 or [::1]:1110, not "here:70000"`, "--target", "here:70000"),
		Entry("a mailbox beside a target", "--messages describes the synthetic mailbox, but --target has a mailbox of its own", "--target", "here:1", "--messages", "3"),
		Entry("a user without a target", "--user needs --target", "--user", "ada"),
		Entry("a variable that is not set", "--password-env: the environment variable BENCH_NONE is not set", "--target", "here:1", "--password-env", "BENCH_NONE"),
		Entry("two servers", "--target and --pop3sim exclude each other", "--target", "here:1", "--pop3sim", "x"),
		Entry("a move that cannot be done twice", "--mode move would delete the mail of --target, so that the next run had nothing to fetch: use --mode copy",
			"--target", "here:1", "--mode", "move"),
		Entry("a profile of a foreign program", "--profile works with the server and the client built into the bench, "+
			"not with --mtm, --pop3sim or --target", "--profile", "p", "--mtm", "mtm"),
		Entry("a page that is a directory", "--html takes the name of a file, but . is a directory", "--html", "."),
		Entry("an argument", `wrong arguments, starting with "now": write 'bench retrieve'`, "now"),
	)

	It("refuses a mailbox for which the disk has no room", func() {
		r := bench("retrieve", "--messages", "1000000", "--size", "1GiB", "--dir", GinkgoT().TempDir())
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(MatchRegexp(`^bench: a run needs about \S+ \S+ of disk, and \S+ has \S+ \S+: use fewer or smaller messages, or another --dir;`))
	})

	It("fetches the mailbox, verifies it, prints a table and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := retrieveSmall(dir)
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		Expect(r.out).To(HavePrefix("200 messages of 2KiB; 2 runs\n"))
		Expect(r.out).To(MatchRegexp(`(?m)^mtm( +[0-9,.]+){6}( +[0-9.]+ MiB){2}$`))
		Expect(r.out).To(ContainSubstring("Every message of every run was compared with what was served.\n"))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("writes all forms of the results, and keeps what was stored when asked", func() {
		dir, out := GinkgoT().TempDir(), filepath.Join(GinkgoT().TempDir(), "new", "results")
		r := retrieveSmall(dir, "--out", out, "--keep", "--format", "json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Trials).To(HaveLen(2))
		Expect(found.Traces).To(HaveLen(1), "a run of its own on a watched line")
		Expect(found.Traces[0].Latency.Of).To(Equal("RETR"))
		Expect(found.Traces[0].Latency.Count).To(BeEquivalentTo(200))
		Expect(found.Mailbox).To(Equal(workload.Mailbox{Messages: 200, Size: 2 << 10, Seed: 1}))
		Expect(os.ReadFile(filepath.Join(out, "results.json"))).To(BeEquivalentTo(r.out))
		Expect(os.ReadFile(filepath.Join(out, "results.txt"))).To(BeEquivalentTo(found.Table()))
		Expect(os.ReadFile(filepath.Join(out, "results.bench"))).To(BeEquivalentTo(found.Benchfmt()))
		page, err := os.ReadFile(filepath.Join(out, "results.html"))
		Expect(err).NotTo(HaveOccurred())
		checkPage(page, &found)

		stores, err := filepath.Glob(filepath.Join(dir, "bench-*", "00?-mtm", "mail.store"))
		Expect(err).NotTo(HaveOccurred())
		Expect(stores).To(HaveLen(3))
		Expect(r.errOut).To(Equal("The mail that the clients stored is in " + filepath.Dir(filepath.Dir(stores[0])) + "\n"))
		served, err := found.Mailbox.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(verify.Inbox(GinkgoT().Context(), stores[1], served)).To(Succeed())
	})

	DescribeTable("does every job, over every line, and verifies it",
		func(title string, args ...string) {
			dir := GinkgoT().TempDir()
			r := retrieveSmall(dir, append([]string{"--runs", "1"}, args...)...)
			Expect(r.errOut).To(BeEmpty())
			Expect(r.status).To(Equal(0))
			Expect(r.out).To(HavePrefix("200 messages of 2KiB" + title + "; 1 run\n"))
			Expect(os.ReadDir(dir)).To(BeEmpty())
		},
		Entry("move", ", moved", "--mode", "move"),
		Entry("headers", ", headers only", "--mode", "headers"),
		Entry("lines", ", headers and 3 lines of each", "--mode", "top", "--lines", "3"),
		Entry("lines of a selection", ", headers and 1 line of each, every 7th", "--mode", "top", "--lines", "1", "--which", "selection", "--every", "7"),
		Entry("a moved selection", ", moved, every 10th", "--mode", "move", "--which", "selection"),
		Entry("all, one by one", ", window 1", "--which", "all", "--window", "1"),
		Entry("STLS and several accounts", "; 3 accounts at once; TLS: stls", "--tls", "stls", "--accounts", "3"),
		Entry("TLS on a slow line", "; TLS: implicit; 2ms of round trip added; 9.54 MiB a second", "--tls", "implicit", "--rtt", "2ms", "--bandwidth", "10MB"),
	)

	It("measures an mtm program that the user names, over TLS and without", func() {
		built, err := programs()
		Expect(err).NotTo(HaveOccurred())
		for _, more := range [][]string{
			{"--tls", "stls", "--which", "all"}, {"--tls", "implicit", "--rtt", "1ms"}, {"--mode", "move", "--accounts", "2"}, {"--mode", "headers"},
		} {
			r := retrieveSmall(GinkgoT().TempDir(), append([]string{"--mtm", filepath.Join(built, "mtm"), "--runs", "1"}, more...)...)
			Expect(r.errOut).To(BeEmpty())
			Expect(r.status).To(Equal(0))
		}
	})

	It("fetches mail of every kind and size", func() {
		for _, command := range []string{"retrieve", "refresh"} {
			r := bench(command, "--synthetic", "150,size=lognormal:4KiB:1,seed=9,mix=mail", "--runs", "1", "--format", "json")
			Expect(r.status).To(Equal(0), r.errOut)
			var found report.Results
			Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
			Expect(found.Mailbox.Messages).To(Equal(150))
			Expect(found.Mailbox.Synthetic).To(ContainSubstring("mix=mail"))
			Expect(string(found.Benchfmt())).To(MatchRegexp(`/messages=150/size=size-\S+mix-mail`))
		}
	})

	It("takes at least as long as its line lets it", func() {
		var found report.Results
		r := retrieveSmall(GinkgoT().TempDir(), "--bandwidth", "2MB", "--format", "json") // 200 x 2 KiB
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		for _, m := range found.Trials {
			Expect(m.Seconds).To(BeNumerically(">", 200*2048/2e6))
		}
	})

	It("writes CPU profiles of server and client", func() {
		dir, profiles := GinkgoT().TempDir(), filepath.Join(GinkgoT().TempDir(), "profiles")
		Expect(retrieveSmall(dir, "--profile", profiles).status).To(Equal(0))
		for _, name := range []string{"mtm.client.pprof", "mtm.server.pprof"} {
			Expect(os.ReadFile(filepath.Join(profiles, name))).To(HavePrefix("\x1f\x8b"), "a profile is gzip")
		}
	})

	DescribeTable("fails with one line when a program cannot be run",
		func(flag string) {
			dir := GinkgoT().TempDir()
			missing := filepath.Join(dir, "missing")
			r := retrieveSmall(dir, flag, missing)
			Expect(r.status).To(Equal(1))
			Expect(r.errOut).To(And(HavePrefix("bench: "), ContainSubstring(missing), HaveSuffix("\n")))
			Expect(strings.Count(r.errOut, "\n")).To(Equal(1))
			Expect(os.ReadDir(dir)).To(BeEmpty())
		},
		Entry("our client", "--mtm"),
		Entry("the server", "--pop3sim"),
	)

	It("fails with one line when the directory to store in does not exist", func() {
		r := retrieveSmall(filepath.Join(GinkgoT().TempDir(), "missing"))
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^bench: [^\n]*missing[^\n]*no such file or directory\n$`))
	})

	It("keeps server and client below 64 MiB while a message of 256 MiB passes", func() {
		if runtime.GOOS != "linux" {
			Skip("memory is compared on Linux")
		}
		dir := GinkgoT().TempDir()
		r := bench("retrieve", "--messages", "1", "--size", "256MiB", "--runs", "1", "--format", "json", "--dir", dir)
		Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Trials[0].Spent.Peak).To(BeNumerically("<", 64<<20))
		Expect(found.Trials[0].Serving.Peak).To(BeNumerically("<", 64<<20))
		Expect(found.Trials[0].Spent.CPU).To(BeNumerically(">", 0))
	})
})

// The parser is the one that benchstat uses.
func TestBenchmarkFormatIsWhatBenchstatReads(t *testing.T) {
	g := NewWithT(t)
	r := retrieveSmall(t.TempDir(), "--format", "benchfmt")
	g.Expect(r.status).To(Equal(0), r.errOut)
	reader := benchfmt.NewReader(strings.NewReader(r.out), "bench")
	lines := 0
	for reader.Scan() {
		switch line := reader.Result().(type) {
		case *benchfmt.Result:
			lines++
			g.Expect(line.Name.String()).To(HavePrefix("Retrieve/client=mtm/messages=200/size=2KiB-"))
			g.Expect(line.GetConfig("goos")).To(Equal(runtime.GOOS))
			rate, ok := line.Value("messages/s")
			g.Expect(ok).To(BeTrue())
			took, ok := line.Value("sec/op")
			g.Expect(ok).To(BeTrue())
			g.Expect(rate * took).To(BeNumerically("~", 200, 1))
		case *benchfmt.UnitMetadata:
		default:
			t.Errorf("not a result: %v", line)
		}
	}
	g.Expect(reader.Err()).NotTo(HaveOccurred())
	g.Expect(lines).To(Equal(2))
}
