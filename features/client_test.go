package features

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/internal/need"
	"pop3mtm/scenarios/check"
)

// fetcher is a client that stores each message as a file.
type fetcher struct {
	moves, half, always bool // deletes what it has; keeps what a broken line left; fetches what it has
}

func (f fetcher) fetch(_ context.Context, e check.Endpoint, dir string) error {
	c, err := textproto.Dial("tcp", e.Address())
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was only read to its end
	ask := func(format string, args ...any) (string, error) {
		if err := c.PrintfLine(format, args...); err != nil {
			return "", err
		}
		line, err := c.ReadLine()
		if err == nil && !strings.HasPrefix(line, "+OK") {
			err = fmt.Errorf("%s: %s", format, line)
		}
		return line, err
	}
	if _, err = c.ReadLine(); err != nil {
		return err
	}
	for _, login := range []string{"USER " + e.User, "PASS " + e.Password, "UIDL"} {
		if _, err = ask("%s", login); err != nil {
			return err
		}
	}
	rows, err := c.ReadDotLines()
	for n := 0; n < len(rows) && err == nil; n++ {
		err = f.one(c, ask, n+1, filepath.Join(dir, strings.Fields(rows[n])[1]))
	}
	if err == nil {
		_, err = ask("QUIT")
	}
	return err
}

// one fetches a message into the file path.eml.
func (f fetcher) one(c *textproto.Conn, ask func(string, ...any) (string, error), n int, path string) error {
	for f.always {
		if _, err := os.Stat(path + ".eml"); err != nil {
			break
		}
		path += "-again"
	}
	if _, err := os.Stat(path + ".eml"); err == nil {
		return nil
	}
	if _, err := ask("RETR %d", n); err != nil {
		return err
	}
	text, err := io.ReadAll(c.DotReader())
	if err != nil && !f.half {
		return err
	}
	if writing := os.WriteFile(path+".eml", text, 0o600); writing != nil || err != nil {
		return fmt.Errorf("%w, %w", writing, err)
	}
	if f.moves {
		_, err = ask("DELE %d", n)
	}
	return err
}

var _ = Describe("Another client than the MTM", func() {
	const copying = `
    Given the mailbox holds "Lunch" and "Invoice"
    And the line breaks once in the middle of "Invoice"
    When I copy new messages, then disconnecting
    Then the Inbox shows "Lunch"
    And the server heard no goodbye
    When "Photos" arrives in the mailbox
    And I copy new messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Lunch", "Invoice" and "Photos"
    And the server holds "Lunch", "Invoice" and "Photos"
    And the server sent no message twice
`
	const moving = `
    Given the mailbox holds "Lunch" and "Invoice"
    When I move all messages, then disconnecting
    Then it succeeds
    And the Inbox shows "Lunch" and "Invoice"
    And the server holds nothing
`
	run := func(client check.Drive, steps ...string) (string, int) {
		GinkgoHelper()
		path := filepath.Join(GinkgoT().TempDir(), "client.feature")
		text := "Feature: Mine\n"
		for i, s := range steps {
			text += fmt.Sprintf("  Scenario: %d\n%s\n", i, s)
		}
		Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		var out bytes.Buffer
		status, err := Run(context.Background(), Options{Paths: []string{path}, Client: client, Out: &out})
		Expect(err).NotTo(HaveOccurred())
		return out.String(), status
	}

	It("is driven by the steps that every client knows", func() {
		out, status := run(check.Func(fetcher{}.fetch), copying)
		Expect(out).To(ContainSubstring("1 scenarios (1 passed)"))
		Expect(status).To(BeZero())
		out, status = run(check.Func(fetcher{moves: true}.fetch), moving)
		Expect(out).To(ContainSubstring("1 scenarios (1 passed)"))
		Expect(status).To(BeZero())
	})

	It("plays scenario files, whose expectations are about every client", func() {
		drop := "    Given the server plays the scenario \"retr-drop#after=500,how=close\"\n    When I copy new messages, then disconnecting\n"
		out, status := run(check.Func(fetcher{}.fetch), drop)
		Expect(out).To(ContainSubstring("sessions"), "one visit is not the two sessions that the file expects")
		Expect(status).To(Equal(1))
		out, _ = run(check.Func(fetcher{}.fetch), drop+"    Then the scenario's expectations are met\n    And it succeeds\n")
		Expect(out).To(MatchRegexp(`Then the scenario's expectations are met[^\n]*\n\s+Error: [^\n]*\n?(?s:.*)expected 2 sessions`))
		Expect(out).To(ContainSubstring("4 steps (2 passed, 1 failed, 1 skipped)"))
		out, _ = run(check.Func(fetcher{}.fetch), drop+"    And I copy new messages, then disconnecting\n    Then it succeeds\n")
		Expect(out).To(ContainSubstring("1 scenarios (1 passed)"))
	})

	It("skips what only the MTM can do, and says why", func() {
		out, status := run(check.Func(fetcher{}.fetch), copying, moving,
			"    Given the mailbox holds \"Lunch\"\n    When I connect\n    And I select \"Lunch\"\n    Then the failed messages are nothing\n",
			"    When I copy new messages, staying online\n    Then the account is connected\n",
			"    Given the account wants a line that is protected from the start\n    When I connect\n")
		Expect(out).To(And(
			ContainSubstring("4 scenarios were skipped:"),
			ContainSubstring(`not for this client: the step "I select {list}" is about the MTM`),
			ContainSubstring(`not for this client: only the MTM can be told to "copy new messages, staying online"`),
			ContainSubstring("not for this client: as it is set it does not move messages"),
			ContainSubstring(`not for this client: it cannot be told the mode "implicit" of TLS`)))
		Expect(status).To(BeZero())
	})

	It("skips a scenario whole, before its first step, also in a JUnit report", func() {
		path := filepath.Join(GinkgoT().TempDir(), "client.feature")
		Expect(os.WriteFile(path, []byte("Feature: F\n  Scenario: S\n    Given the mailbox holds \"Lunch\"\n    When I connect\n    And I select \"Lunch\"\n"), 0o600)).To(Succeed())
		visited := 0
		client := check.Func(func(ctx context.Context, e check.Endpoint, dir string) error {
			visited++
			return fetcher{}.fetch(ctx, e, dir)
		})
		var out bytes.Buffer
		status, err := Run(context.Background(), Options{Paths: []string{path}, Client: client, Out: &out, Format: "junit"})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(BeZero())
		Expect(visited).To(Equal(1), "that of the first try, not of the scenario")
		Expect(out.String()).To(And(ContainSubstring(`tests="1" skipped="1" failures="0" errors="0"`), Not(ContainSubstring("<error")),
			ContainSubstring("<skipped message=\"not for this client: the step &#34;I select {list}&#34; is about the MTM\"")))
	})

	DescribeTable("fails for what it does to the mail", func(client fetcher, reason string) {
		out, status := run(check.Func(client.fetch), copying)
		Expect(out).To(ContainSubstring(reason))
		Expect(status).To(Equal(1))
	},
		Entry("half a message", fetcher{half: true}, "a part of Invoice"),
		Entry("a message twice", fetcher{always: true}, "Lunch"),
	)

	It("fails no built-in scenario falsely", func() {
		need.Program(GinkgoTB(), "mpop")
		program, err := check.Preset("mpop")
		Expect(err).NotTo(HaveOccurred())
		var out bytes.Buffer
		paths := []string{"failures.feature", "populate.feature", "secure.feature", "status.feature"}
		status, err := Run(context.Background(), Options{Paths: paths, Client: check.Exec{Program: program}, Out: &out, Concurrency: 2})
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(BeZero(), out.String())
		Expect(out.String()).To(MatchRegexp(`(?m)^\d+ scenarios \([1-9]\d* passed, \d+ skipped\)$`))
	})

	It("says so when it cannot be driven at all", func() {
		mute := check.Func(func(context.Context, check.Endpoint, string) error { return nil })
		out, status := run(mute, copying)
		Expect(out).To(ContainSubstring("the client cannot be driven: from a correct server it fetches nothing"))
		Expect(status).To(Equal(1))
	})

	DescribeTable("may be a program of the client check", func(preset string, steps string) {
		need.Program(GinkgoTB(), preset)
		program, err := check.Preset(preset)
		Expect(err).NotTo(HaveOccurred())
		out, status := run(check.Exec{Program: program}, steps, copying)
		Expect(status).To(BeZero(), out)
		Expect(out).To(And(ContainSubstring("2 scenarios (1 passed, 1 skipped)"), ContainSubstring("1 scenario was skipped"), ContainSubstring("5 passed")))
		Expect(status).To(BeZero())
	},
		Entry("mpop", "mpop", moving),
		Entry("getmail6", "getmail", moving),
	)
})
