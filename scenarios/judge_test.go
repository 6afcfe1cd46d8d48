package scenarios_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// playing starts a scenario with mail of the caller for the user demo.
func playing(text string, mail ...maildrop.Message) (*scenarios.Play, *fakeserver.Maildrop) {
	GinkgoHelper()
	all, err := parse(text)
	Expect(err).NotTo(HaveOccurred())
	drop := fakeserver.NewMaildrop(mail...)
	p, err := all[0].Server(&fakeserver.Options{Users: map[string]fakeserver.User{"demo": {Password: "demo", Maildrop: drop}}})
	Expect(err).NotTo(HaveOccurred())
	fakeserver.StartServer(GinkgoTB(), p.Server, false)
	return p, drop
}

func others() []maildrop.Message {
	return []maildrop.Message{maildrop.Bytes("x1", []byte("a")), maildrop.Bytes("x2", []byte("b")), maildrop.Bytes("x3", []byte("c"))}
}

var _ = Describe("mail of the caller in place of the scenario's", func() {
	two := "mailbox: [{text: a, uidl: a1}, {text: b, uidl: a2}]\n"

	DescribeTable("is judged by what happened to it: an id stands for the message of the same number",
		func(expect, want string, commands ...string) {
			p, _ := playing(two+expect, others()...)
			talk(p, commands...)
			if want == "" {
				Expect(judged(p)).To(Succeed())
			} else {
				Expect(judged(p)).To(MatchError(ContainSubstring(want)))
			}
		},
		Entry("nothing was deleted", "expect: {kept: [a1, a2]}", "", "RETR 1"),
		Entry("one of the scenario's was", "expect: {kept: [a1, a2]}", "a1 (x1) deleted", "DELE 1"),
		Entry("one beyond them was", "expect: {kept: [a1, a2]}", "x3 deleted", "DELE 3"),
		Entry("some may go, and the rest is not judged", "expect: {kept: [a1]}", "", "DELE 2", "DELE 3"),
		Entry("some may go, and have not", "expect: {kept: [a1]}", "a2 (x2) not deleted", "STAT"),
		Entry("all must go", "expect: {kept: []}", "x3 not deleted", "DELE 1", "DELE 2"),
		Entry("all have gone", "expect: {kept: []}", "", "DELE 1", "DELE 2", "DELE 3"),
		Entry("one must go", "expect: {deleted: [a2]}", "message a2 to be deleted\n     got it is still there, as x2", "DELE 1"),
		Entry("one has gone", "expect: {deleted: [a2]}", "", "DELE 2"),
		Entry("under other unique-ids", "rules: [{on: NOOP, before: [{renewUIDs: -n}]}]\nexpect: {kept: [a1, a2]}", "", "NOOP"),
	)
})

var _ = Describe("users with mailboxes of their own", func() {
	const users = "users:\n  - {name: demo, password: demo, mailbox: [{text: a, uidl: u1}, {text: b, uidl: u2}]}\n  - {name: ann, password: x, mailbox: [{text: c, uidl: v1}]}\n"

	DescribeTable("are judged together, or each by what is expected of that user",
		func(expect, want string) {
			p := play(users + expect)
			talk(p, "RETR 1", "DELE 2")
			if want == "" {
				Expect(judged(p)).To(Succeed())
			} else {
				Expect(judged(p)).To(MatchError(ContainSubstring(want)))
			}
		},
		Entry("together", "expect: {kept: [u1, v1]}", ""),
		Entry("together, wrong", "expect: {kept: [u1, u2, v1]}", "u2 deleted"),
		Entry("together, one stays too long", "expect: {kept: [u1]}", "v1 not deleted"),
		Entry("gone", "expect: {deleted: [u2]}", ""),
	)

	It("have expectations about their own sessions and mailboxes", func() {
		p := play("users:\n  - {name: demo, password: demo, mailbox: [{text: a, uidl: u1}], expect: {kept: [], received: [RETR], sessions: 1}}\n" +
			"  - {name: ann, password: x, mailbox: [{text: c, uidl: v1}], expect: {kept: [v1], sessions: 1}}\n")
		talk(p, "RETR 1", "DELE 1")
		v := p.Verdict(context.Background())
		Expect(v.Result).To(Equal(scenarios.Fail))
		Expect(v.Err()).To(MatchError(ContainSubstring("expected 1 sessions\n     got 0")))
		Expect(v.String()).To(ContainSubstring("user ann: expected 1 sessions"))
		Expect(v.Checks).To(ContainElement(And(HaveField("What", "received RETR"), HaveField("User", "demo"), HaveField("Result", scenarios.Pass))))
	})
})

var _ = Describe("a unique-id that no message has", func() {
	DescribeTable("is an error where it stands",
		func(want string, lines ...string) {
			_, err := parse(append([]string{"mailbox: [{text: a, uidl: a1}, {text: b, uidl: m, count: 3}]"}, lines...)...)
			if want == "" {
				Expect(err).NotTo(HaveOccurred())
			} else {
				Expect(err).To(MatchError(ContainSubstring(want)))
			}
		},
		Entry(nil, `x.yaml:3:17: there is no message with the unique-id "zzz"`, "expect: {kept: [zzz]}"),
		Entry(nil, `there is no message with the unique-id "m4", but there is "m1"`, "expect: {deleted: [m4]}"),
		Entry(nil, `there is no message with the unique-id "a2"`, "mtm: {runs: [{stored: [a2]}]}"),
		Entry(nil, `there is no message with the unique-id "a2"`, "mtm: {altered: [a2]}"),
		Entry(nil, `there is no message with the unique-id "a1"`, "users: [{name: u, password: p, mailbox: [{text: x, uidl: u1}], expect: {kept: [a1]}}]"),
		Entry(nil, "every user has expectations of its own", "users: [{name: u, password: p, expect: {kept: [a1]}}]", "expect: {kept: [a1]}"),
		Entry(nil, "", "expect: {kept: [a1, m1, m3]}"),
		Entry(nil, "", "rules: [{on: NOOP, before: [{renewUIDs: -n}, {add: [{text: c, uidl: c}]}]}]", "expect: {kept: [a1-n, c, a1-n-n]}"),
	)
})

var _ = Describe("a verdict", func() {
	failing := func() *scenarios.Verdict {
		p := play("mailbox: [{text: a, uidl: a1}]", "rules: [{on: NOOP, do: [{refuse: no}]}]", "expect: {never: [DELE], received: [NOOP]}")
		talk(p, "NOOP", "DELE 1")
		return p.Verdict(context.Background())
	}

	It("is text with the transcript around the failure, and the rules that fired there", func() {
		text := failing().String()
		Expect(text).To(HavePrefix("scenario x.yaml: expectations not met\nexpected no DELE\n     got sent once\n"))
		Expect(text).To(ContainSubstring("    C: NOOP\n    [rule NOOP: refuse]\n    S: -ERR no\n  > C: DELE 1\n    S: +OK message 1 deleted\n"))
	})

	It("is JSON, JUnit and TAP", func() {
		v := failing()
		var b strings.Builder
		Expect(v.Write(&b, "json")).To(Succeed())
		var back scenarios.Verdict
		Expect(json.Unmarshal([]byte(b.String()), &back)).To(Succeed())
		Expect(back).To(And(HaveField("Result", scenarios.Fail), HaveField("Checks", HaveLen(4))))

		b.Reset()
		Expect(v.Write(&b, "junit")).To(Succeed())
		var suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure string `xml:"failure"`
			} `xml:"testcase"`
		}
		Expect(xml.Unmarshal([]byte(b.String()), &suite)).To(Succeed())
		Expect(suite).To(And(HaveField("Tests", 4), HaveField("Failures", 1)))

		b.Reset()
		Expect(v.Write(&b, "tap")).To(Succeed())
		Expect(b.String()).To(HavePrefix("TAP version 13\n1..4\nok 1 - x.yaml - sessions have ended\n"))
		Expect(b.String()).To(ContainSubstring("not ok 4 - x.yaml - never DELE\n# expected no DELE\n"))
		Expect(v.Write(&b, "xml")).To(MatchError(ContainSubstring("no format")))
	})

	It("is no success when no client has connected, and can be had again", func() {
		p := play("expect: {sessions: 1}")
		v := p.Verdict(context.Background())
		Expect(v.Result).To(Equal(scenarios.NotExercised))
		Expect(v.Failed()).To(BeFalse())
		talk(p)
		Expect(p.Verdict(context.Background()).Result).To(Equal(scenarios.Pass))
		Expect(p.Verdict(context.Background()).Result).To(Equal(scenarios.Pass))
	})

	It("shows no empty mark where a command goes on", func() {
		p := play("mailbox: [{text: a}]", "expect: {counts: {RETR: 3}, received: [LIST 1]}")
		talk(p, "RETR 1", "LIST 12")
		err := judged(p)
		Expect(err).To(MatchError(And(ContainSubstring("  session 1, TRANSACTION: RETR 1\n"), ContainSubstring("^ expected the end"))))
		Expect(err).NotTo(MatchError(MatchRegexp(`\^ expected ?\n`)))
	})
})

func TestEachPlaysAllCasesOfAScenario(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text := "title: T\nmailbox: [{text: a, uidl: a1}]\nmatrix: {word: [one, two, three]}\nrules: [{on: NOOP, do: [{refuse: $word}]}]\nexpect: {received: [NOOP], kept: [a1]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	scenarios.Each(t, file, func(t *testing.T, p *scenarios.Play) {
		RegisterTestingT(t)
		said = append(said, regexp.MustCompile("-ERR .*").FindString(talk(p, "NOOP")))
	})
	if want := []string{"-ERR one\r", "-ERR two\r", "-ERR three\r"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
}
