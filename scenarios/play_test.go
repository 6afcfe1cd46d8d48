package scenarios_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// play parses a scenario and starts it; who plays has it judged, not the test's end.
func play(lines ...string) *scenarios.Play {
	all, err := parse(lines...)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	p, err := all[0].Server(nil)
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	fakeserver.StartServer(GinkgoTB(), p.Server, p.ImplicitTLS())
	return p
}

// talk returns a client that logs in, sends commands without listening, and gives all that
// came.
func talk(p *scenarios.Play, commands ...string) string {
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.Addr())
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	defer conn.Close()
	ExpectWithOffset(1, conn.SetDeadline(time.Now().Add(time.Minute))).To(Succeed())
	all := append([]string{"USER demo", "PASS demo"}, commands...)
	_, err = io.WriteString(conn, strings.Join(append(all, "QUIT"), "\r\n")+"\r\n")
	ExpectWithOffset(1, err).NotTo(HaveOccurred())
	said, _ := io.ReadAll(conn) // a reset is what some scenarios want
	return string(said)
}

func judged(p *scenarios.Play) error { return p.Check(context.Background()) }

var _ = Describe("a scenario that is played", func() {
	It("has a rule for a verb without arguments", func() {
		p := play("mailbox: [{text: a}, {text: b}]", "rules: [{on: LIST, alone: true, do: [{refuse: not all}]}]")
		Expect(talk(p, "LIST", "LIST 2")).To(And(ContainSubstring("-ERR not all\r\n"), ContainSubstring("+OK 2 ")))
	})

	It("has a rule that begins to fire late", func() {
		p := play("mailbox: [{text: a}, {text: b}]", "rules: [{on: NOOP, from: 3, times: 2, do: [{refuse: late}]}]")
		said := talk(p, "NOOP", "NOOP", "NOOP", "NOOP", "NOOP")
		Expect(strings.Count(said, "-ERR late\r\n")).To(Equal(2))
		Expect(said).To(MatchRegexp("(?s)\\+OK[^\n]*\n\\+OK[^\n]*\n-ERR late\r\n-ERR late\r\n\\+OK[^\n]*\n\\+OK bye"))
	})

	It("serves its mailbox and breaks its rules, the first one that matches first", func() {
		p := play("mailbox: [{text: \"A: b\\n\\n.\\n\", uidl: a1}, {size: 1KiB, count: 2, uidl: m}]",
			"rules: [{on: LIST 2, times: 1, do: [{refuse: first}]}, {on: LIST, do: [{refuse: second}]}]")
		said := talk(p, "UIDL", "LIST 2", "LIST 2", "STAT")
		Expect(said).To(ContainSubstring("1 a1\r\n2 m1\r\n3 m2\r\n.\r\n-ERR first\r\n-ERR second\r\n+OK 3 2059\r\n"))
		Expect(judged(p)).To(Succeed())
	})

	It("has users with mailboxes of their own", func() {
		p := play("mailbox: [{size: 1KiB}]", "users: [{name: demo, password: demo, mailbox: [{text: x, uidl: u}, {text: y}]}, {name: ann, password: a b}]")
		Expect(talk(p, "STAT")).To(ContainSubstring("+OK 2 6\r\n"))
	})

	It("is like a profile, has quirks, and its own words come first", func() {
		p := play("profile: dovecot", "quirk: 1", "rules: [{on: STAT, do: [{ok: mine}]}]")
		Expect(talk(p)).To(HavePrefix("-ERR "))
		p = play("profile: dovecot")
		Expect(talk(p)).To(HavePrefix("+OK Dovecot (Debian) ready.\r\n"))
	})

	It("is as the design has it", func() {
		text := `title: The connection drops inside the second message
why: A client must not show half a message, and must not delete a message that it has not stored.
rfc: [1939/5, 1939/6]
mailbox:
  - {file: plain.eml, uidl: a1}
  - {size: 64KiB, seed: 7, uidl: a2}
rules:
  - on: RETR 2          # verb, or verb + arguments; CONNECT and TLS too
    session: 1          # only in the first session; also nth:, times:, user:, state:
    do: [{cut: {after: 1200, how: reset}}]
  - on: UIDL
    do: [{raw: "+OK\r\n1 a1\r\n2\r\n.\r\n"}]
expect:                 # what a good client does; judged from transcripts and the maildrop
  kept: [a1, a2]        # still on the server at the end
  never: ["DELE 2"]
  sessions: 2
`
		all, err := scenarios.Parse("retr-drop.yaml", []byte(text), nil)
		Expect(err).NotTo(HaveOccurred())
		p := all[0].Start(GinkgoTB(), nil)
		Expect(talk(p, "UIDL", "RETR 2")).NotTo(ContainSubstring("\r\n.\r\n+OK bye"))
		Expect(talk(p, "UIDL", "RETR 2")).To(HaveSuffix("\r\n.\r\n+OK bye\r\n"))
	})

	It("judges our own client by more, where other clients may do as they like", func() {
		p := play("mailbox: [{text: a}]", `mtm: {never: ["UIDL *", DELE]}`)
		talk(p, "UIDL", "UIDL 1")
		Expect(judged(p)).NotTo(HaveOccurred())
		Expect(p.CheckMTM()).To(MatchError(And(HavePrefix("expected no UIDL *\n     got sent once\n  session 1, TRANSACTION: UIDL 1\ntranscript of session 1:\n"),
			ContainSubstring("    S: .\n  > C: UIDL 1\n    S: +OK 1 "))))
		_, err := scenarios.Parse("x.yaml", []byte("title: T\nmtm: {never: [DELL], password: x, emptyPassword: true}\n"), nil)
		Expect(err).To(MatchError(And(ContainSubstring("DELL"), ContainSubstring("either emptyPassword or password"))))
		_, err = scenarios.Parse("x.yaml", []byte("title: T\nusers: [{name: a, emptyPassword: true, password: x}]\n"), nil)
		Expect(err).To(MatchError(ContainSubstring("emptyPassword together with a password or a token")))
	})

	It("is exercised when all its required rules have fired, or one of several", func() {
		p := play("mailbox: [{text: a}]", "rules: [{on: RETR 7, required: true, do: [close]}, {on: NOOP, do: [{refuse: x}]}]")
		talk(p, "NOOP")
		Expect(p.Exercised()).To(BeFalse())
		talk(p, "RETR 7")
		Expect(p.Exercised()).To(BeTrue())
		p = play("rules: [{on: RETR 7, do: [close]}, {on: NOOP, do: [{refuse: x}]}]")
		talk(p, "STAT")
		Expect(p.Exercised()).To(BeFalse())
		talk(p, "NOOP")
		Expect(p.Exercised()).To(BeTrue())
		p = play("server: {shared: true}")
		Expect(p.Exercised()).To(BeFalse())
		talk(p)
		Expect(p.Exercised()).To(BeTrue())
	})

	It("is the same from Go, and checked there too", func() {
		refuse := "not now"
		s := &scenarios.Scenario{Title: "T", Mailbox: []scenarios.Mail{{File: "plain.eml", UIDL: "p"}},
			Rules: []scenarios.Rule{{On: "STAT", Do: []scenarios.Step{scenarios.Do("refuse", refuse)}}}}
		p := s.Start(GinkgoTB(), nil)
		Expect(talk(p, "STAT")).To(ContainSubstring("-ERR not now"))
		s.Rules[0].On = "STAR"
		_, err := s.Server(nil)
		Expect(err).To(MatchError(ContainSubstring(`rules[0].on: there is no command "STAR", but there is "STAT"`)))
	})
})

var _ = Describe("the judge", func() {
	mail := "mailbox: [{text: a, uidl: a1}, {text: b, uidl: a2}, {text: c, uidl: a3}]"

	DescribeTable("finds what a client did not do, or should not have done",
		func(expect, want string, commands ...string) {
			p := play(mail, "rfc: [1939/5]", "expect: {"+expect+"}")
			talk(p, commands...)
			err := judged(p)
			if want == "" {
				Expect(err).NotTo(HaveOccurred())
				return
			}
			Expect(err).To(MatchError(ContainSubstring(want)))
			var failure *scenarios.Failure
			Expect(errors.As(err, &failure)).To(BeTrue())
			Expect(failure.Section).To(BeEquivalentTo("1939/5"))
		},
		Entry(nil, "kept: [a1, a3]", "", "DELE 2"),
		Entry(nil, "kept: [a1, a2, a3]", "expected the server to keep a1, a2, a3\n     got a2 deleted\n  session 1, TRANSACTION: DELE 2", "DELE 2"),
		Entry(nil, "kept: []", "got a1, a3 not deleted", "DELE 2"),
		Entry(nil, "deleted: [a2]", "", "DELE 2"),
		Entry(nil, "deleted: [a1]", "expected message a1 to be deleted\n     got it is still there", "DELE 2"),
		Entry(nil, "never: [DELE 2]", "", "DELE 1"),
		Entry(nil, "never: [DELE]", "expected no DELE\n     got sent 2 times\n  session 1, TRANSACTION: DELE 1", "DELE 1", "dele 3"),
		Entry(nil, "received: [RETR 2, STAT]", "", "STAT", "RETR 2"),
		Entry(nil, "received: [TOP * 1]", "", "TOP 2 1"),
		Entry(nil, "received: [RETR 2]", "nearest commands:\n  session 1, TRANSACTION: LIST\n                          ^ expected RETR 2\n", "LIST", "RETR 1", "RETR 3"),
		Entry(nil, "received: [RETR 2]", "  session 1, TRANSACTION: RETR 1\n                               ^ expected 2\n", "LIST", "RETR 1", "RETR 3"),
		Entry(nil, "sequence: [LIST, RETR 1, DELE 1]", "", "LIST", "STAT", "RETR 1", "DELE 1"),
		Entry(nil, "sequence: [RETR 1, DELE 1]", "expected DELE 1 after RETR 1", "DELE 1", "RETR 1"),
		Entry(nil, "exactly: {DELE: [3, 1]}", "", "DELE 1", "DELE 3"),
		Entry(nil, "exactly: {DELE: [1, 2]}", "expected DELE 2\n     got no such command", "DELE 1", "DELE 3"),
		Entry(nil, "exactly: {DELE: [1]}", "expected DELE only with 1\n     got DELE 3, or too many of them", "DELE 1", "DELE 3"),
		Entry(nil, "exactly: {DELE: [1]}", "or too many of them", "DELE 1", "DELE 1"),
		Entry(nil, "counts: {STAT: 2, RETR: '<=1', NOOP: 1-2}", "", "STAT", "STAT", "NOOP"),
		Entry(nil, "counts: {STAT: '>=2'}", "expected STAT sent at least 2 times\n     got sent once", "STAT"),
		Entry(nil, "only: [LIST, RETR 1]", "", "LIST", "RETR 1"),
		Entry(nil, "only: []", "expected no commands except login and logout\n     got STAT\n  session 1, TRANSACTION: STAT", "STAT"),
		Entry(nil, "sessions: 1", ""),
		Entry(nil, "sessions: 2", "expected 2 sessions\n     got 1"),
		Entry(nil, "within: 24h", ""),
		Entry(nil, "within: 1ns", "expected the client to be done within 1ns"),
	)

	It("fills in the values of a case in the commands that it counts", func() {
		all, err := parse(mail, "matrix: {n: [1, 2], verb: [DELE, NOOP]}",
			`expect: {counts: {"DELE ${n}": 1, "${verb}": '>=1', "STAT": 0}, exactly: {"$verb": [$n]}}`)
		Expect(err).NotTo(HaveOccurred())
		Expect(all[1].Name()).To(Equal("x.yaml#n=1,verb=NOOP"))
		Expect(all[1].Expect.Counts).To(HaveKey("DELE 1"))
		Expect(all[1].Expect.Counts).To(HaveKey("NOOP"))
		Expect(all[2].Expect.Exactly).To(Equal(map[string][]scenarios.Arguments{"DELE": {"2"}}))
	})

	It("reports required rules that did not fire", func() {
		p := play("rules: [{on: RETR 7, required: true, do: [close]}]")
		talk(p)
		Expect(judged(p)).To(MatchError("expected the required rule on RETR 7 to fire\n     got it never fired"))
		talk(p, "RETR 7")
		Expect(judged(p)).To(Succeed())
	})

	It("reports a connection that is still open", func() {
		p := play("expect: {sessions: 1}")
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.Addr())
		Expect(err).NotTo(HaveOccurred())
		_, err = io.ReadAtLeast(conn, make([]byte, 3), 3)
		Expect(err).NotTo(HaveOccurred())
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		Expect(p.Check(ctx)).To(MatchError("expected all sessions to end\n     got a connection is still open"))
		Expect(conn.Close()).To(Succeed())
		Expect(judged(p)).To(Succeed())
	})
})
