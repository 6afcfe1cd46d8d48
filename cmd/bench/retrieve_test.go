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

	"pop3mtm/cmd/internal/peer"
)

var _ = Describe("bench retrieve", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"retrieve"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.out).To(BeEmpty())
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench retrieve --help'\n"))
		},
		Entry("no message", "--messages takes 1 to 10000000, not 0", "--messages", "0"),
		Entry("too many messages", "--messages takes 1 to 10000000, not 10000001", "--messages", "10000001"),
		Entry("a size that is none", `--size: a size is a whole number of octets such as 4096, 8KiB or 2MB`, "--size", "big"),
		Entry("a size without room for the header", "--size takes 512 to 1TiB, not 511", "--size", "511"),
		Entry("a size above all memory", "--size takes 512 to 1TiB, not 2TiB", "--size", "2TiB"),
		Entry("no run", "--runs takes 1 to 1000, not 0", "--runs", "0"),
		Entry("an unknown format", `--format takes table, benchfmt or json, not "xml"`, "--format", "xml"),
		Entry("an unknown client", `--against knows curl, fetchmail, getmail, mpop-maildir, mpop-mbox, poplib, not "outlook"`,
			"--against", "mpop-mbox,outlook"),
		Entry("a client given twice", "--against names curl twice", "--against", "curl,curl"),
		Entry("a profile of a foreign program", "--profile works with the server and the client built into the bench, "+
			"not with --mtm or --pop3sim", "--profile", "p", "--mtm", "mtm"),
		Entry("an argument", `wrong arguments, starting with "now": write 'bench retrieve'`, "now"),
	)

	It("fetches the mailbox, verifies it, prints a table and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := retrieveSmall(dir)
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		Expect(r.out).To(HavePrefix("200 messages of 2KiB, 2 runs, the clients taking turns\n"))
		Expect(r.out).To(MatchRegexp(`(?m)^mtm( +[0-9,.]+){6}( +[0-9.]+ MiB){2}$`))
		Expect(r.out).To(ContainSubstring("Every message of every run was compared with what was served.\n"))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("writes all three forms of the results, and keeps what was stored when asked", func() {
		dir, out := GinkgoT().TempDir(), filepath.Join(GinkgoT().TempDir(), "new", "results")
		r := retrieveSmall(dir, "--out", out, "--keep", "--format", "json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Trials).To(HaveLen(2))
		Expect(found.Mailbox).To(Equal(mailbox{Messages: 200, Size: 2 << 10, Seed: 1}))
		Expect(os.ReadFile(filepath.Join(out, "results.json"))).To(BeEquivalentTo(r.out))
		Expect(os.ReadFile(filepath.Join(out, "results.txt"))).To(BeEquivalentTo(found.table()))
		Expect(os.ReadFile(filepath.Join(out, "results.bench"))).To(BeEquivalentTo(found.benchfmt()))

		stores, err := filepath.Glob(filepath.Join(dir, "bench-*", "00?-mtm", "mail.store"))
		Expect(err).NotTo(HaveOccurred())
		Expect(stores).To(HaveLen(2))
		Expect(r.errOut).To(Equal("What the clients stored is kept in " + filepath.Dir(filepath.Dir(stores[0])) + "\n"))
		Expect(verifyStore(GinkgoT().Context(), stores[1], &found.Mailbox)).To(Succeed())
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

	It("fails with one line when there is no folder to store in", func() {
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
		var found results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Trials[0].Spent.Peak).To(BeNumerically("<", 64<<20))
		Expect(found.Trials[0].Server.Peak).To(BeNumerically("<", 64<<20))
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

func TestOtherClientsTakeTurnsWithOurs(t *testing.T) {
	g := NewWithT(t)
	names := []string{"mtm", "mpop-maildir", "mpop-mbox"}
	_, err := peer.Mpop{}.Version(t.Context())
	peer.Need(t, err)
	r := retrieveSmall(t.TempDir(), "--against", strings.Join(names[1:], ","), "--format", "json")
	g.Expect(r.status).To(Equal(0), r.errOut)
	var found results
	g.Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
	var order []string
	for _, m := range found.Trials {
		order = append(order, m.Client)
		g.Expect(m.Seconds).To(BeNumerically(">", 0))
	}
	g.Expect(order).To(Equal(append(names, names...)))
	g.Expect(found.Clients[1].Version).To(ContainSubstring("mpop"))
	g.Expect(string(found.table())).To(MatchRegexp(`(?m)^mtm : mpop-mbox( +[0-9.]+){3}$`))
}
