package features

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/textproto"
	"os"
	"path/filepath"

	"pop3mtm/fakeserver"

	"github.com/cucumber/godog"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Running feature files", func() {
	const good = "Feature: Mine\n  Scenario: One\n    When I connect\n    Then it succeeds\n"
	const more = "  @slow\n  Scenario: Two\n    When I disconnect\n    Then it succeeds\n"

	write := func(name, text string) string {
		GinkgoHelper()
		path := filepath.Join(GinkgoT().TempDir(), name)
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		return path
	}
	run := func(o Options) (string, int, error) {
		var out bytes.Buffer
		o.Out = &out
		status, err := Run(context.Background(), o)
		return out.String(), status, err
	}

	It("runs a file of anyone's, and sums up", func() {
		out, status, err := run(Options{Paths: []string{write("mine.feature", good)}})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(BeZero())
		Expect(out).To(ContainSubstring("1 scenarios (1 passed)"))
		Expect(out).To(ContainSubstring("Randomized with seed:"))
	})

	It("runs a folder, one scenario by its line, or those with a tag", func() {
		path := write("mine.feature", good+more)
		out, _, err := run(Options{Paths: []string{filepath.Dir(path)}, Concurrency: 2})
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring("2 scenarios (2 passed)"))
		out, _, err = run(Options{Paths: []string{path + ":2"}, Format: "pretty", Seed: 5})
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(And(ContainSubstring("Scenario: One"), ContainSubstring("1 scenarios (1 passed)"), ContainSubstring("seed: 5")))
		out, _, err = run(Options{Paths: []string{path}, Tags: "@slow", Format: "pretty"})
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(And(ContainSubstring("Scenario: Two"), Not(ContainSubstring("Scenario: One"))))
	})

	DescribeTable("fails a scenario", func(steps, reason string) {
		out, status, err := run(Options{Paths: []string{write("bad.feature", "Feature: Bad\n  Scenario: One\n"+steps)}})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(1))
		Expect(out).To(ContainSubstring(reason))
	},
		Entry("whose step is wrong", "    When I connect\n    Then the mailbox shows \"Lunch\"\n", "the missing elements were"),
		Entry("with a step that nobody knows", "    When I whistle\n", "I whistle"),
		Entry("with a fault that never came", "    Given the server once refuses the goodbye\n    When I connect\n", "never fired: QUIT"),
		Entry("that names a message that does not exist", "    When I connect\n    Then the progress shows a part of \"Lunch\"\n",
			`no step has brought a message "Lunch"`),
		Entry("that expects something of no command", "    Then it succeeds\n", "no step before this one"),
		Entry("that cancels nothing", "    When I connect\n    And I cancel\n", "no step before this one"),
		Entry("that looks at the progress of nothing", "    Then the progress counts 0 messages, 0 to go\n", "no step before this one"),
		Entry("that asks how no session ended", "    Then the server heard no goodbye\n", "no session yet"),
		Entry("that asks what a refused command did", "    When I copy all messages, while connected\n    Then 0 messages came and 0 were there before\n",
			"the command was refused"),
		Entry("that asks too late what the server lacks", "    When I connect\n    Given the server cannot name its messages\n", "runs already"),
		Entry("that uses a subject twice", "    Given the mailbox holds \"Lunch\"\n    And the mailbox holds \"Lunch\"\n", "a subject of its own"),
		Entry("that looks into a folder that is not there", "    Then the folder \"Bills\" shows nothing\n", "there is no such folder"),
	)

	DescribeTable("says what cannot run", func(o func() Options, reason string) {
		_, _, err := run(o())
		Expect(err).To(MatchError(ContainSubstring(reason)))
	},
		Entry("an unknown format", func() Options { return Options{Format: "prettier"} }, `unknown format "prettier"; it is one of cucumber, `),
		Entry("a file that is not there", func() Options { return Options{Paths: []string{"no.feature"}} }, `"no.feature" is not available`),
		Entry("a folder without features", func() Options { return Options{Paths: []string{GinkgoT().TempDir()}} }, "no scenario found in "),
		Entry("a tag that nobody has", func() Options { return Options{Tags: "@never"} }, "no scenario found with the tags @never; write "),
		Entry("a file that does not parse", func() Options {
			return Options{Paths: []string{write("bad.feature", "Feature: Bad\n  Scenario: One\n    When I connect\n    whistle\n")}}
		}, "(4:5)"),
	)

	It("tells a wrong format apart, for those who have it from a flag", func() {
		_, _, err := run(Options{Format: "progress,prettier:out.txt"})
		Expect(err).To(MatchError(ErrFormat))
	})

	It("writes a JUnit report that is valid when scenarios fail, with class names and times", func() {
		path := write("bad.feature", "Feature: Bad\n  Scenario: One\n    Then the mailbox shows \"100%x\"\n  Scenario: Two\n    When I connect\n")
		out, status, err := run(Options{Paths: []string{path}, Format: "junit"})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(1))
		var report junitReport
		Expect(xml.Unmarshal([]byte(out), &report)).To(Succeed(), out)
		Expect(report.Failures).To(Equal(1))
		Expect(report.Suites).To(HaveLen(1))
		for _, c := range report.Suites[0].Cases {
			Expect(c.Class).To(Equal("Bad"))
			Expect(float64(c.Time)).To(BeNumerically(">=", 0))
		}
		Expect(out).To(MatchRegexp(`<testsuite [^>]*time="[0-9]+\.[0-9]{6}"`))
		Expect(out).To(And(ContainSubstring("100%x"), Not(ContainSubstring("MISSING"))), "a percent sign is no format")
	})

	It("suggests the step that was perhaps meant, and the tags that there are", func() {
		out, status, err := run(Options{Paths: []string{write("typo.feature", "Feature: Typo\n  Scenario: One\n    When I conect\n    And I juggle swordfish\n")}})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(1))
		Expect(out).To(ContainSubstring(`no step reads "I conect"; did you mean "I connect"?`))
		Expect(out).To(ContainSubstring(`no step reads "I juggle swordfish"; `))
		_, _, err = run(Options{Paths: []string{write("mine.feature", good+more)}, Tags: "@slow and @fast"})
		Expect(err).To(MatchError(And(ContainSubstring("write '@a && @b' for both"), HaveSuffix("known are @slow"))))
	})

	It("mixes steps of anyone's with its own, on a server that starts as they want it", func() {
		heard := ""
		steps := func(sc *godog.ScenarioContext) {
			sc.Step(`^my client reads the greeting$`, func(ctx context.Context) error {
				server, err := Server(ctx)
				if err != nil {
					return err
				}
				c, err := textproto.Dial("tcp", server.Addr())
				if err != nil {
					return err
				}
				heard, err = c.ReadLine()
				return errors.Join(err, c.Close())
			})
		}
		path := write("mine.feature", "Feature: Mine\n  Scenario: One\n    Given the mailbox holds \"Lunch\"\n    When my client reads the greeting\n"+
			"    And I copy new messages, then disconnecting\n    Then the Inbox shows \"Lunch\"\n")
		out, status, err := run(Options{Paths: []string{path}, Steps: steps, Server: &fakeserver.Options{Greeting: "lighthouse"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(BeZero(), out)
		Expect(heard).To(HavePrefix("+OK lighthouse"))
		_, err = Server(context.Background())
		Expect(err).To(MatchError(ContainSubstring("the context does not belong to a step")))
	})

	It("counts only what ran when it is stopped in the middle", func() {
		ctx, cancel := context.WithCancel(context.Background())
		stop := func(sc *godog.ScenarioContext) { sc.Step(`^somebody stops the run$`, cancel) }
		path := write("stop.feature", "Feature: Stop\n  Scenario: One\n    When I connect\n    And somebody stops the run\n    And I disconnect\n"+
			"  Scenario: Two\n    When I connect\n    And somebody stops the run\n    And I disconnect\n")
		for _, format := range []string{"progress", "pretty", "junit", "cucumber"} {
			var out bytes.Buffer
			_, err := Run(ctx, Options{Paths: []string{path}, Out: &out, Steps: stop, Format: format})
			Expect(err).To(MatchError(context.Canceled))
			Expect(out.String()).NotTo(ContainSubstring("Error:"))
			if format == "progress" {
				Expect(out.String()).To(And(ContainSubstring("2 scenarios (2 skipped)"), ContainSubstring("stopped: 0 of 2 scenarios ran, 0 passed")))
			}
			if format == "junit" {
				Expect(out.String()).To(And(ContainSubstring(`skipped="2" failures="0"`), ContainSubstring(`<skipped message="the run was stopped"`)))
			}
			ctx, cancel = context.WithCancel(context.Background())
		}
		cancel()
	})

	It("writes a cucumber report that is valid when scenarios fail, and names the step that was perhaps meant in JUnit", func() {
		path := write("bad.feature", "Feature: Bad\n  Scenario: One\n    Then the mailbox shows \"100%x\"\n  Scenario: Two\n    When I conect\n")
		out, status, err := run(Options{Paths: []string{path}, Format: "cucumber"})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(Equal(1))
		Expect(json.Valid([]byte(out))).To(BeTrue(), out)
		out, _, err = run(Options{Paths: []string{path}, Format: "junit"})
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(And(ContainSubstring(`tests="2" skipped="0" failures="1" errors="1"`), ContainSubstring("did you mean")))
		_, _, err = run(Options{Paths: []string{path}, Tags: "@never"})
		Expect(err).To(MatchError(HaveSuffix("; the feature files have no tags")))
	})

	It("stops soon when its context ends", func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		var out bytes.Buffer
		status, err := Run(ctx, Options{Out: &out, Concurrency: 4})
		Expect(err).To(MatchError(context.Canceled))
		Expect(status).To(BeZero())
		Expect(out.String()).To(And(MatchRegexp(`(?m)^(\d+) scenarios \(\d+ skipped\)$`), Not(ContainSubstring("Error:")),
			MatchRegexp(`(?m)^stopped: 0 of \d+ scenarios ran, 0 passed$`)))
	})
})
