package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/internal/gobuild"
	"pop3mtm/internal/need"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("bench guard", func() {
	DescribeTable("says what is wrong with its arguments, and ends with 2",
		func(want string, args ...string) {
			dir := GinkgoT().TempDir()
			Expect(os.WriteFile(filepath.Join(dir, "mtm"), nil, 0o700)).To(Succeed())
			Expect(os.Mkdir(filepath.Join(dir, "server"), 0o700)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(dir, "server", "pop3sim"), nil, 0o700)).To(Succeed())
			Expect(os.WriteFile(filepath.Join(dir, "other"), nil, 0o700)).To(Succeed())
			r := benchIn(dir, append([]string{"guard"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(And(ContainSubstring(want), HaveSuffix("; see 'bench guard --help'\n")))
		},
		Entry("one build", "write 'bench guard OLD NEW'", "old"),
		Entry("nothing in common", ". and server have no program in common: each needs mtm or pop3sim", ".", "server"),
		Entry("another program", "other is neither a folder with mtm or pop3sim nor one of these programs", "mtm", "other"),
		Entry("a confidence beyond certainty", "--confidence takes 0.5 to 0.9999, not 1", ".", ".", "--confidence", "1"),
		Entry("a tolerance below none", "--tolerance takes 0 to 10, not -0.1", ".", ".", "--tolerance", "-0.1"),
	)

	It("says that a build does not exist", func() {
		r := benchIn(GinkgoT().TempDir(), "guard", "old", "new")
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^bench: the build cannot be read; check its path: stat \S+old: no such file or directory\n$`))
	})

	It("finds a loss that chance does not explain, and no other", func() {
		runs := func(slower func(round int) float64) *report.Results {
			r := &report.Results{Rounds: 10}
			for round := 1; round <= 10; round++ {
				for name, seconds := range map[string]float64{oldBuild: 1, newBuild: slower(round)} {
					r.Trials = append(r.Trials, report.Measurement{Round: round, Client: name, Visit: retrieved, Messages: 10, Seconds: seconds, Spent: child.Usage{CPU: 1}})
				}
			}
			return r
		}
		g := &guard{confidence: 0.95, tolerance: 0.02}
		slower := runs(func(round int) float64 { return 1.03 + float64(round)/500 })
		Expect(g.judge(slower)).To(Equal(1))
		Expect(slower.Notes).To(Equal([]string{"LOSS: retrieve, time, new : old is 1.041 (1.032 to 1.050), more than 1.020 with a confidence of 99.80 %."}))
		Expect(g.judge(runs(func(round int) float64 { return 1.01 + float64(round)/1000 }))).To(BeZero(), "within the tolerance")
		Expect(g.judge(runs(func(round int) float64 { return []float64{0.9, 1.2}[round%2] }))).To(BeZero(), "by chance")
		Expect(g.judge(runs(func(int) float64 { return 0.5 }))).To(BeZero(), "faster")

		stopped := runs(func(int) float64 { return 1 })
		stopped.Trials = slices.DeleteFunc(stopped.Trials, func(m report.Measurement) bool { return m.Round > 3 })
		Expect(g.judge(stopped)).To(BeZero())
		Expect(stopped.Notes).To(ContainElement("3 runs cannot show a loss with that confidence, whatever is measured: take more --runs."))
	})

	Describe("with programs", Ordered, func() {
		var older, newer string
		BeforeAll(func() {
			if runtime.GOOS == "windows" {
				Skip("the slow program is a shell script")
			}
			need.Program(GinkgoTB(), "sleep") // it makes the program slow
			var err error
			older, err = programs()
			Expect(err).NotTo(HaveOccurred())
			newer = GinkgoT().TempDir()
			script := fmt.Sprintf("#!/bin/sh\nsleep 0.1\nexec '%s' \"$@\"\n", filepath.Join(older, "mtm"))
			Expect(os.WriteFile(filepath.Join(newer, "mtm"), []byte(script), 0o700)).To(Succeed())
		})

		It("fails exactly when it finds a loss", func() {
			r := bench("guard", older, newer, "--messages", "20", "--runs", "4", "--confidence", "0.5")
			Expect(r.errOut).To(BeEmpty())
			Expect(r.status == 1).To(Equal(strings.Contains(r.out, "\nLOSS: ")), r.out)
			Expect(r.out).To(MatchRegexp(`(?m)^retrieve, time, new : old +[0-9.]+`))
			Expect(r.out).NotTo(ContainSubstring("serve, "), "only one of them has pop3sim")
		})

		It("gives no verdict when one of the builds was never measured", func() {
			broken := GinkgoT().TempDir()
			Expect(os.WriteFile(filepath.Join(broken, "mtm"), []byte("#!/bin/sh\nif [ \"$1\" = get ]; then exit 1; fi\nexec '"+
				filepath.Join(older, "mtm")+"' \"$@\"\n"), 0o700)).To(Succeed())
			r := bench("guard", filepath.Join(older, "mtm"), broken, "--messages", "20", "--runs", "4")
			Expect(r.status).To(Equal(1))
			Expect(r.errOut).To(HavePrefix("bench: without retrieve, new, refresh, new, which failed: "))
			Expect(r.out).To(ContainSubstring("\nNothing was compared: no round measured both builds.\n"))
			Expect(r.out).NotTo(ContainSubstring("No significant loss"))
		})

		It("finds nothing in a build that is the same, and says when it takes more runs", func() {
			r := bench("guard", older, older, "--messages", "20", "--runs", "1")
			Expect(r.status).To(Equal(0), r.errOut)
			Expect(r.out).To(ContainSubstring("\nNo significant loss: no figure of 10 is more than 1.020 with a confidence of 95.00 %.\n" +
				"1 run cannot show a loss with that confidence, whatever is measured: take more --runs.\n"))
			Expect(r.out).To(MatchRegexp(`(?m)^serve, time, new : old +[0-9.]+`))
		})

		It("compares builds whose stores have different versions", func() {
			next := nextVersion(".", "../mtm")
			r := bench("guard", filepath.Join(older, "mtm"), filepath.Join(next, "mtm"), "--messages", "20", "--runs", "1")
			Expect(r.status).To(Equal(1))
			Expect(r.errOut).To(HaveSuffix(filepath.Join(next, "mtm") + " is newer than this bench, which cannot read its store: use the bench of that build\n"))

			r = runIn("", filepath.Join(next, "bench"), "guard", filepath.Join(older, "mtm"), filepath.Join(next, "mtm"),
				"--messages", "20", "--runs", "1")
			Expect(r.errOut).To(BeEmpty())
			Expect(r.status).To(Equal(0))
			Expect(r.out).To(MatchRegexp(`(?m)^retrieve, time, new : old +[0-9.]+`))
			Expect(r.out).To(MatchRegexp(`(?m)^still nothing new, time, new : old +[0-9.]+`))
		})
	})
})

// nextVersion builds programs whose stores have the next version of the schema, and returns their
// folder.
func nextVersion(packages ...string) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	steps, err := filepath.Abs("../../mtm/store/migrations.go")
	Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(steps)
	Expect(err).NotTo(HaveOccurred())
	list := regexp.MustCompile(`(?s)(return \[\]migration\{.*?\})(\}\n\}\n)`)
	Expect(list.FindAll(text, -1)).To(HaveLen(1), "the list of steps")
	changed := list.ReplaceAll(text, []byte(`$1, {"CREATE TABLE next (id INTEGER) STRICT", nil}$2`))
	Expect(os.WriteFile(filepath.Join(dir, "migrations.go"), changed, 0o600)).To(Succeed())
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {steps: filepath.Join(dir, "migrations.go")}})
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)).To(Succeed())
	Expect(gobuild.Overlaid(context.Background(), filepath.Join(dir, "overlay.json"), dir+"/", packages...)).To(Succeed())
	return dir
}
