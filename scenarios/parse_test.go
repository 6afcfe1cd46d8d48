package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// parse reads a scenario that has a title, and these lines.
func parse(lines ...string) ([]*scenarios.Scenario, error) {
	return scenarios.Parse("x.yaml", []byte("title: T\n"+strings.Join(lines, "\n")+"\n"), nil)
}

// refusal returns the error for such a scenario, all in one text.
func refusal(lines ...string) string {
	_, err := parse(lines...)
	ExpectWithOffset(1, err).To(HaveOccurred())
	return err.Error()
}

var _ = Describe("a scenario file that is wrong", func() {
	It("is reported with its place, the line, and the word that was meant", func() {
		_, err := parse("rules:", "  - on: RETR 2", "    do: [{cut: {aftr: 1200}}]")
		var all scenarios.Errors
		Expect(errors.As(err, &all)).To(BeTrue())
		Expect(all[0].Error()).To(Equal(`x.yaml:4:17: there is no word "aftr", but there is "after"; allowed: after, how`))
		Expect(all[0].Snippet).To(Equal("    3 |   - on: RETR 2\n    4 |     do: [{cut: {aftr: 1200}}]\n      |                 ^\n"))
		Expect(all[1].Error()).To(Equal(`x.yaml:4:16: after is missing`))
	})

	It("shows of a long line what is around the place", func() {
		_, err := parse("why: [" + strings.Repeat("x", 200) + "]")
		var all scenarios.Errors
		Expect(errors.As(err, &all)).To(BeTrue())
		Expect(all[0].Snippet).To(HavePrefix("    1 | title: T\n    2 | why: [xxx"))
		_, err = parse("rules: [{on: RETR, do: [{refuse: " + strings.Repeat("x", 200) + "}, silent]}]")
		Expect(errors.As(err, &all)).To(BeTrue())
		Expect(all[0].Snippet).To(HaveSuffix("xx}, silent]}]\n      | " + strings.Repeat(" ", 50) + "^\n"))
	})

	DescribeTable("says what is allowed",
		func(want string, lines ...string) { Expect(refusal(lines...)).To(HavePrefix("x.yaml:" + want)) },
		Entry(nil, `2:1: there is no word "rule", but there is "rules"`, "rule: []"),
		Entry(nil, `2:8: expected a list: write rules: [{on: RETR, do: [...]}]`, "rules: RETR"),
		Entry(nil, `2:10: expected names with values: write {on: RETR, do: [...]}`, "rules: [ RETR ]"),
		Entry(nil, `2:14: there is no command "RERT", but there is "RETR"`, "rules: [{on: RERT, do: [silence]}]"),
		Entry(nil, `2:14: a command is a verb, one blank, and its arguments`, "rules: [{on: 'RETR  2', do: [silence]}]"),
		Entry(nil, `2:29: alone needs a verb without arguments in on`, "rules: [{on: LIST 1, alone: true, do: [silence]}]"),
		Entry(nil, `2:30: alone needs a verb without arguments in on`, "rules: [{on: CONNECT, alone: true, do: [silence]}]"),
		Entry(nil, `2:25: there is no step "silent"`, "rules: [{on: RETR, do: [silent]}]"),
		Entry(nil, `2:25: refuse needs a value: write {refuse: ...}`, "rules: [{on: RETR, do: [refuse]}]"),
		Entry(nil, `2:25: a step is one thing`, "rules: [{on: RETR, do: [{ok: a, refuse: b}]}]"),
		Entry(nil, `2:33: expected a time such as 250ms`, "rules: [{on: RETR, do: [{pause: long}]}]"),
		Entry(nil, `2:25: nth must be from 1 to 1000000, not 0`, "rules: [{on: RETR, nth: 0, do: [silence]}]"),
		Entry(nil, `2:11: a message needs exactly one of file, text, raw and size`, "mailbox: [{uidl: a}]"),
		Entry(nil, `2:18: expected a number of octets such as 4096`, "mailbox: [{size: 64 kilo}]"),
		Entry(nil, `2:11: there is no built-in message, and no file beside the scenario, "plan.eml", but there is "plain.eml"`, "mailbox: [{file: plan.eml}]"),
		Entry(nil, `2:11: the file "../plain.eml" is outside of the folder of the scenario`, "mailbox: [{file: ../plain.eml}]"),
		Entry(nil, `2:34: another message has the unique-id a already`, "mailbox: [{size: 1KiB, uidl: a}, {size: 1KiB, uidl: a}]"),
		Entry(nil, fmt.Sprintf("2:8: unknown quirk: they are numbered from 1 to %d", scenarios.LastQuirk), "quirk: 9999"),
		Entry(nil, `2:10: there is no profile "gnail", but there is "gmail"`, "profile: gnail"),
		Entry(nil, `2:7: expected an RFC and a section, such as 1939/5`, "rfc: [section five]"),
		Entry(nil, `2:15: there is no word "start"`, "server: {tls: start}"),
		Entry(nil, `2:17: there is no word "moves", but there is "move"`, "check: {needs: [moves]}"),
		Entry(nil, `2:20: there is no word "LOSS", but there is "LOST"`, "check: {accepted: [LOSS]}"),
		Entry(nil, `2:17: visits must be from 1 to 20, not 0`, "check: {visits: 0}"),
		Entry(nil, `2:23: move stands here twice`, "check: {needs: [move, move]}"),
		Entry(nil, `2:26: HALF stands here twice`, "check: {accepted: [HALF, HALF]}"),
		Entry(nil, `2:9: there is no word "need", but there is "needs"`, "check: {need: [move]}"),
		Entry(nil, `2:20: expected a number, or bounds`, `expect: {sessions: few}`),
		Entry(nil, `3:1: mapping key "quirk" already defined at [2:1]`, "quirk: 72", "quirk: 72"),
		Entry(nil, `2:6: there is no anchor before this "a"`, "why: *a"),
	)

	DescribeTable("says what to write in place of what people know from elsewhere",
		func(want string, lines ...string) { Expect(refusal(lines...)).To(ContainSubstring(want)) },
		Entry(nil, "expected a list: write do: [close]", "rules: [{on: RETR, do: close}]"),
		Entry(nil, "expected a list: write do: [{refuse: no}]", "rules: [{on: RETR, do: -ERR no}]"),
		Entry(nil, `expected a list: write do: [{refuse: "[IN-USE] no"}]`, "rules: [{on: RETR, do: '-ERR [IN-USE] no'}]"),
		Entry(nil, "expected a list: write do: [{ok: 2 100}]", "rules: [{on: STAT, do: +OK 2 100}]"),
		Entry(nil, "expected a list: begin each item with a dash, or write do: [{...}, {...}]", "rules: [{on: RETR, do: {refuse: no}}]"),
		Entry(nil, "expected a list: begin each item with a dash, or write rules: [{...}, {...}]", "rules:", "  on: RETR", "  do: [close]"),
		Entry(nil, `there is no step "-ERR no"; write {refuse: no}`, "rules: [{on: RETR, do: [-ERR no]}]"),
		Entry(nil, `there is no step "stall"; write {end: stall}`, "rules: [{on: RETR, do: [stall]}]"),
		Entry(nil, `there is no step "hangup"; write close`, "rules: [{on: RETR, do: [hangup]}]"),
		Entry(nil, `there is no word "delay" here; write {pause: 2s}`, "rules: [{on: RETR, do: [{delay: 2s}]}]"),
		Entry(nil, `there is no word "match" here; write on: RETR 2`, "rules: [{match: RETR, do: [close]}]"),
		Entry(nil, `there is no word "reply" here; write do: [{ok: ...}]`, "rules: [{on: RETR, reply: [close]}]"),
		Entry(nil, "expected names with values: write cut: {after: 100}", "rules: [{on: RETR, do: [{cut: 100}]}]"),
		Entry(nil, `expected names with values: write count: {to: "5"}`, "rules: [{on: STAT, do: [{count: 5}]}]"),
		Entry(nil, "expected a list: write splitAt: [7]", "rules: [{on: RETR, do: [{splitAt: 7}]}]"),
		Entry(nil, "expected names with values: write expect: {received: [DELE 1]}", "expect: DELE 1"),
		Entry(nil, "expected a list: write kept: [a1]", "expect: {kept: a1}"),
		Entry(nil, "expected a list: write mailbox: [{file: plain.eml}]", "mailbox: plain.eml"),
		Entry(nil, "expected names with values: write {file: plain.eml}", "mailbox: [plain.eml]"),
		Entry(nil, "expected a list: write users: [{name: tim, password: ...}]", "users: tim"),
		Entry(nil, "expected names with values, not the text", "server: gmail"),
	)

	It("is one document of UTF-8, not too large and not empty", func() {
		for text, want := range map[string]string{
			"":                          "the file is empty",
			"# only a comment":          "the file is empty",
			"title: a\n---\ntitle: b\n": "a file holds one scenario",
			"title: \xff":               "not UTF-8",
			"[]":                        "expected names with values, not a list",
			"title: [":                  "x.yaml:1:8",
			"why: x":                    "x.yaml:1:1: title is missing",
			"title: " + strings.Repeat("x", scenarios.MaxFile): "more than 131072 octets",
		} {
			_, err := scenarios.Parse("x.yaml", []byte(text), nil)
			Expect(err).To(MatchError(ContainSubstring(want)), "%.20q", text)
		}
	})

	It("cannot fill the memory with aliases, depth or cases", func() {
		bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
		for c := 'b'; c <= 'k'; c++ {
			bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 10) + "]\n"
		}
		Expect(refusal("mtm:", "  runs:", "  - stored: &s ["+strings.Repeat("x,", 1000)+"]", strings.Repeat("  - stored: *s\n", 1000))).To(
			ContainSubstring("more than 200000 values"))
		Expect(refusal(bomb)).To(ContainSubstring(`there is no word "a"`))
		for _, deep := range []string{"[", "{a: ", "- ", "? ", "!!a ", "&a "} {
			Expect(refusal("why: "+strings.Repeat(deep, 10_000))).NotTo(BeEmpty(), deep)
			Expect(refusal("why:\n  "+strings.Repeat(deep, 10_000))).NotTo(BeEmpty(), deep)
		}
		Expect(refusal("why: $a$b", "matrix: {a: ["+strings.Repeat("1,", 40)+"], b: ["+strings.Repeat("1,", 40)+"]}")).To(ContainSubstring("more than 1000 scenarios"))
		Expect(refusal("why: "+strings.Repeat("${a}", 3000), "matrix: {a: ["+strings.Repeat("x", 1000)+"]}")).To(ContainSubstring("a case needs a name"))
		Expect(refusal("why: "+strings.Repeat("${a}", 3000), "cases: [{name: x, a: "+strings.Repeat("x", 1000)+"}]")).To(ContainSubstring("more than 1048576 octets"))
	})

	It("names what its cases lack", func() {
		Expect(refusal("expect: {counts: {$b: 1, STAT: $a}}", "cases: [{name: x, a: 1}]")).To(ContainSubstring(`there is no name in the cases "b"`))
		Expect(refusal(`expect: {counts: {"RETR ${a}": 1, RETR 1: 2}}`, "cases: [{name: x, a: 1}]")).To(
			HavePrefix(`x.yaml:2:35: "RETR 1" is given twice, once the values of the case`))
		Expect(refusal("expect: {exactly: {$a: [1]}}", "cases: [{name: x, a: [1]}]")).To(ContainSubstring("expected a text, not a list"))
		Expect(refusal("why: ${b}", "cases: [{name: x, a: 1}]")).To(ContainSubstring(`there is no name in the cases "b"`))
		Expect(refusal("why: $b", "cases: [{name: x, a: 1}]")).To(ContainSubstring(`there is no name in the cases "b"`))
		Expect(refusal("why: w", "cases: [{name: x, a: 1}]")).To(ContainSubstring("the file does not use $a"))
		Expect(refusal("why: $a", "cases: [{name: x, a: 1}, {name: x, a: 2}]")).To(ContainSubstring(`two cases have the name "x"`))
		Expect(refusal("why: $a", "cases: [{name: x, a: 1}, {name: y}]")).To(ContainSubstring("all cases need the same keys"))
	})
})

var _ = Describe("a scenario file", func() {
	It("is several scenarios with cases and a matrix", func() {
		all, err := parse("why: after ${after}", "rules: [{on: RETR 2, do: [{cut: {after: $after, how: $how}}]}]",
			"cases: [{name: early, after: 0}, {name: late, after: 900}]", "matrix: {how: [close, reset]}")
		Expect(err).NotTo(HaveOccurred())
		var names []string
		for _, s := range all {
			names = append(names, s.Name())
		}
		Expect(names).To(Equal([]string{"x.yaml#early,how=close", "x.yaml#early,how=reset", "x.yaml#late,how=close", "x.yaml#late,how=reset"}))
		Expect(all[2].Why).To(Equal("after 900"))
		Expect(all[3].Rules[0].Do[0].Value).To(Equal(scenarios.Cut{After: 900, How: scenarios.Reset}))
	})

	It("takes octets, anchors, merge keys and JSON", func() {
		all, err := parse("rules:", "  - &r {on: STAT, times: 2, do: [{raw: \"+OK \\xe9\\x00\\r\\n\"}]}", "  - {<<: *r, on: LIST}")
		Expect(err).NotTo(HaveOccurred())
		Expect(all[0].Rules[0].Do[0].Value).To(Equal(scenarios.Octets("+OK \xe9\x00\r\n")))
		Expect(all[0].Rules[1].On + all[0].Rules[0].On).To(Equal("LISTSTAT"))
		Expect(all[0].Rules[1].Times).To(Equal(2))
		all, err = scenarios.Parse("api", []byte("{\n\t\"title\": \"T\",\n\t\"rules\": [{\"on\": \"STAT\", \"do\": [\"silence\", {\"raw\": \"\\u00e9\\/\"}]}]\n}"), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all[0].Rules[0].Do[1].Value).To(Equal(scenarios.Octets("\xe9/")))
	})

	It("takes a step whose value is one of a few words", func() {
		all, err := parse("rules: [{on: QUIT, do: [{end: reset}]}]")
		Expect(err).NotTo(HaveOccurred())
		Expect(all[0].Rules[0].Do[0].Value).To(Equal(scenarios.Reset))
		Expect(refusal("rules: [{on: QUIT, do: [{end: rest}]}]")).To(ContainSubstring(`there is no word "rest", but there is "reset"`))
	})

	It("reads messages beside it, and nothing outside of its folder", func() {
		outside, inside := GinkgoT().TempDir(), GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(outside, "secret.eml"), []byte("secret"), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(inside, "a.eml"), []byte("Subject: a\n"), 0o600)).To(Succeed())
		file := filepath.Join(inside, "x.yaml")
		write := func(message string) {
			Expect(os.WriteFile(file, []byte("title: T\nmailbox: [{file: "+message+"}]\n"), 0o600)).To(Succeed())
		}
		write("a.eml")
		_, err := scenarios.Load(file)
		Expect(err).NotTo(HaveOccurred())
		if os.Symlink(filepath.Join(outside, "secret.eml"), filepath.Join(inside, "link.eml")) == nil {
			write("link.eml")
			_, err = scenarios.Load(file)
			Expect(err).To(MatchError(ContainSubstring("escapes")))
		}
		for _, name := range []string{"../secret.eml", "/etc/passwd", `C:\a.eml`, "a/../../b.eml", "."} {
			write("'" + name + "'")
			_, err = scenarios.Load(file)
			Expect(err).To(HaveOccurred(), name)
		}
	})

	It("is found by a path that has a #, and its cases too", func() {
		folder := filepath.Join(GinkgoT().TempDir(), "build#7")
		Expect(os.Mkdir(folder, 0o700)).To(Succeed())
		file := filepath.Join(folder, "x#1.yaml")
		Expect(os.WriteFile(file, []byte("title: ${a}\ncases: [{name: one, a: 1}, {name: two.yaml, a: 2}]\n"), 0o600)).To(Succeed())
		for name, title := range map[string]string{file: "1", file + "#one": "1", file + "#two.yaml": "2"} {
			s, err := scenarios.Load(name)
			Expect(err).NotTo(HaveOccurred(), name)
			Expect(s.Title).To(Equal(title), name)
			Expect(scenarios.Source(name)).To(HavePrefix("title: ${a}"), name)
		}
		// A file that is called so wins.
		Expect(os.WriteFile(file+"#two.yaml", []byte("title: its own\n"), 0o600)).To(Succeed())
		s, err := scenarios.Load(file + "#two.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(s.Title).To(Equal("its own"))
		_, err = scenarios.Load(file + "#three")
		Expect(err).To(MatchError(ContainSubstring(`there is no case "three"`)))
		for _, missing := range []string{filepath.Join(folder, "y.yaml"), filepath.Join(folder, "y.yaml#one"), "no#file.yaml"} {
			_, err = scenarios.Load(missing)
			Expect(err).To(MatchError(ContainSubstring("no such file")), missing)
		}
	})

	It("may give its own message the name of a built-in one", func() {
		folder := fstest.MapFS{"plain.eml": {Data: []byte("mine")}}
		all, err := scenarios.Parse("x", []byte("title: T\nmailbox: [{file: plain.eml}]"), folder)
		Expect(err).NotTo(HaveOccurred())
		p, err := all[0].Server(nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(p.Maildrop.Messages()[0].Size()).To(BeEquivalentTo(6))
	})
})
