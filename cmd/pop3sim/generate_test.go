package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/internal/need"
)

var _ = Describe("pop3sim generate", func() {
	var dir string
	BeforeEach(func() { dir = GinkgoT().TempDir() })

	generate := func(spec, format, name string) result {
		return run("generate", "--synthetic", spec, "--format", format, "--out", filepath.Join(dir, name))
	}

	It("writes what serve serves, octet for octet in .eml files and a Maildir", func() {
		const spec = "40,size=lognormal:4KiB:1,seed=5,mix=everything"
		o, err := maildrop.ParseSynthetic(spec)
		Expect(err).NotTo(HaveOccurred())
		source, err := maildrop.Synthetic(o)
		Expect(err).NotTo(HaveOccurred())
		list, err := source.List()
		Expect(err).NotTo(HaveOccurred())

		Expect(generate(spec, "eml", "eml").out).To(HavePrefix("40 messages, "))
		Expect(generate(spec, "maildir", "maildir").status).To(Equal(0))
		stored := map[string]bool{}
		for _, name := range files(filepath.Join(dir, "maildir", "new")) {
			raw, err := os.ReadFile(filepath.Join(dir, "maildir", "new", name))
			Expect(err).NotTo(HaveOccurred())
			stored[string(raw)] = true
		}
		for _, name := range files(filepath.Join(dir, "maildir", "cur")) {
			raw, err := os.ReadFile(filepath.Join(dir, "maildir", "cur", name))
			Expect(err).NotTo(HaveOccurred())
			stored[string(raw)] = true
		}
		for i := range list.Len() {
			want, err := maildrop.Read(list.At(i))
			Expect(err).NotTo(HaveOccurred())
			got, err := os.ReadFile(filepath.Join(dir, "eml", fmt.Sprintf("%06d.eml", i+1)))
			Expect(err).NotTo(HaveOccurred())
			Expect(string(got) == string(want)).To(BeTrue(), "message %d", i+1)
			Expect(stored[string(want)]).To(BeTrue(), "message %d", i+1)
		}
	})

	It("writes an mbox that can be served", func() {
		Expect(generate("30,mix=nasty", "mbox", "nasty.mbox").status).To(Equal(0))
		p := start(GinkgoTB(), "--mbox", filepath.Join(dir, "nasty.mbox"))
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 30 "))
	})

	It("overwrites nothing", func() {
		Expect(generate("3", "eml", "mail").status).To(Equal(0))
		Expect(generate("3", "eml", "mail")).To(Equal(result{1, "", "pop3sim: " + filepath.Join(dir, "mail") + " is not empty: --out must be a new or an empty directory\n"}))
		Expect(generate("3", "mbox", "mail").errOut).To(ContainSubstring("is a directory"))
		Expect(files(dir)).To(Equal([]string{"mail"}))
	})

	DescribeTable("refuses before it writes what cannot be written",
		func(spec, want string) {
			r := generate(spec, "eml", "mail")
			Expect(r.status).To(BeNumerically(">", 0))
			Expect(r.errOut).To(ContainSubstring(want))
			Expect(files(dir)).To(BeEmpty())
		},
		Entry("more than is free", "2000000000,size=1MiB", "not enough disk space: 1.9 PiB are needed, and "),
		Entry("what has no sessions", "5,shuffle", "arrive, expire and shuffle change mail between sessions"),
		Entry("no table", "5,size=table:nowhere", "does not exist"),
	)

	It("leaves nothing when the file system takes no more", func() {
		if runtime.GOOS == "windows" {
			Skip("Windows has no limit for the size of a file")
		}
		// 100 blocks of 512 or 1,024 octets
		c := exec.Command("sh", "-c", `ulimit -f 100; exec "$0" generate --synthetic 1000 --format mbox --out "$1"`, binary, filepath.Join(dir, "mbox"))
		out, err := c.CombinedOutput()
		Expect(err).To(HaveOccurred())
		Expect(string(out)).To(MatchRegexp(`^pop3sim: message \d+: .*nothing was written to .*mbox\n$`))
		Expect(files(dir)).To(BeEmpty())
	})

	It("keeps whole messages after Ctrl-C and says that there are more", func() {
		if runtime.GOOS == "windows" {
			Skip("Windows has no SIGINT for another process")
		}
		out := filepath.Join(dir, "mail")
		c := exec.Command(binary, "generate", "--synthetic", "10000000,size=600", "--format", "mbox", "--out", out)
		var errOut safeBuffer
		c.Stderr = &errOut
		Expect(c.Start()).To(Succeed())
		Eventually(func() []string {
			parts, err := filepath.Glob(filepath.Join(dir, ".mail.part-*", "mail"))
			Expect(err).NotTo(HaveOccurred())
			return parts
		}).WithTimeout(patience).Should(HaveLen(1))
		Eventually(func() int64 {
			parts, _ := filepath.Glob(filepath.Join(dir, ".mail.part-*", "mail"))
			info, err := os.Stat(parts[0])
			Expect(err).NotTo(HaveOccurred())
			return info.Size()
		}).WithTimeout(patience).WithPolling(time.Millisecond).Should(BeNumerically(">", 0))
		Expect(c.Process.Signal(syscall.SIGINT)).To(Succeed())
		_ = c.Wait() // the status says it
		Expect(c.ProcessState.ExitCode()).To(Equal(1))
		Expect(errOut.String()).To(MatchRegexp(`^pop3sim: stopped by a signal; .*mail is partial: [0-9,]+ of 10,000,000 messages\n$`))
		raw, err := os.ReadFile(out)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(raw[len(raw)-2:])).To(Equal("\n\n"))
		Expect(files(dir)).To(Equal([]string{"mail"}))
	})
})

// Python's email package finds no defect in any message of the mixes that are well-formed.
func TestPythonFindsNoDefectInWellFormedMixes(t *testing.T) {
	_, err := peer.Poplib{}.Version(t.Context())
	peer.Need(t, err)
	g := NewWithT(t)
	dir := t.TempDir()
	var names []string
	for _, mix := range maildrop.Mixes() {
		if !mix.WellFormed {
			continue
		}
		spec := fmt.Sprintf("24,size=lognormal:%d:0.5:%d:40000,seed=11,mix=%s", mix.Least+1500, mix.Least, mix.Name)
		out := filepath.Join(dir, mix.Name)
		said, err := exec.Command(binary, "generate", "--synthetic", spec, "--out", out).CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(said))
		paths, err := filepath.Glob(filepath.Join(out, "*.eml"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(paths).To(HaveLen(24))
		names = append(names, paths...)
	}
	c := exec.Command(need.Program(t, "python3"), filepath.Join("testdata", "mimecheck.py"))
	c.Stdin = strings.NewReader(strings.Join(names, "\n"))
	found, err := c.CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(found))
	g.Expect(string(found)).To(BeEmpty())
}
