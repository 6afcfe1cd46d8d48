package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"pop3mtm/scenarios"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("pop3sim scenarios", func() {
	It("lists names and titles, and each case if asked to", func() {
		r := run("scenarios", "list")
		Expect(r.status).To(Equal(0))
		Expect(strings.Split(strings.TrimSpace(r.out), "\n")).To(HaveLen(len(scenarios.Names())))
		Expect(r.out).To(MatchRegexp(`(?m)^retr-drop +The connection drops inside the second message$`))
		var all []struct{ Name, Title string }
		Expect(json.Unmarshal([]byte(run("scenarios", "list", "--cases", "--json").out), &all)).To(Succeed())
		Expect(len(all)).To(BeNumerically(">", 100))
		Expect(all).To(ContainElement(struct{ Name, Title string }{"retr-drop#after=1200,how=reset", "The connection drops inside the second message"}))
	})

	It("lists those that show a quirk, by its number", func() {
		r := run("scenarios", "list", "--quirk", "63")
		Expect(r.status).To(Equal(0))
		Expect(r.out).To(MatchRegexp(`^retr-expunged +A message is gone .*\ntop-expunged +.*\nuidl-missing +.*\n$`))
		var all []struct {
			Name  string
			Quirk []int
		}
		Expect(json.Unmarshal([]byte(run("scenarios", "list", "--quirk", "63", "--cases", "--json").out), &all)).To(Succeed())
		Expect(len(all)).To(BeNumerically(">", 3))
		for _, one := range all {
			Expect(one.Quirk).To(ContainElement(63), one.Name)
		}
		Expect(run("scenarios", "list", "--quirk", "102")).To(Equal(result{0, "", "no scenario shows quirk 102: A client that sends QUIT without a line end makes a correct server wait. The server does nothing wrong.\n"}))
		for _, n := range []string{"0", strconv.Itoa(scenarios.LastQuirk + 1), "-1"} {
			r = run("scenarios", "list", "--quirk", n)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(HavePrefix(fmt.Sprintf("pop3sim: --quirk takes a number from 1 to %d; ", scenarios.LastQuirk)))
		}
		Expect(run("scenarios", "list", "83").status).To(Equal(2))
	})

	It("lists the quirks", func() {
		Expect(run("scenarios", "quirks").out).To(ContainSubstring("\n 83  Long lines are cut\n"))
		var all []struct {
			Number     int
			Title, MTM string
			Switch     bool
			Scenarios  []string
			Sources    []string
		}
		Expect(json.Unmarshal([]byte(run("scenarios", "quirks", "--json").out), &all)).To(Succeed())
		Expect(all).To(HaveLen(scenarios.LastQuirk))
		q := all[82]
		Expect(q.Number).To(Equal(83))
		Expect(q.Switch).To(BeTrue())
		Expect(q.Scenarios).To(Equal([]string{"retr-cut-lines", "retr-long-lines"}))
		Expect(q.Sources).NotTo(BeEmpty())
		Expect(q.MTM).To(HavePrefix("It stores the message as sent"))
	})

	It("lists the known servers", func() {
		Expect(run("scenarios", "profiles").out).To(And(ContainSubstring("\nmailpit      Mailpit 1.33.1\n"), ContainSubstring("\nqmail-pop3d  qmail-pop3d 1.03\n")))
		var all []scenarios.Profile
		Expect(json.Unmarshal([]byte(run("scenarios", "profiles", "--json").out), &all)).To(Succeed())
		Expect(all).To(HaveLen(len(scenarios.Profiles())))
		Expect(all[0].Sources).NotTo(BeEmpty())
	})

	It("shows a file as it is, and one case as JSON", func() {
		Expect(run("scenarios", "show", "retr-drop").out).To(HavePrefix("# yaml-language-server: $schema=schema.json\ntitle: The connection drops"))
		Expect(run("scenarios", "show", "--json", "retr-drop#after=1200,how=reset").out).To(ContainSubstring(`"cut":{"after":1200,"how":"reset"}`))
		r := run("scenarios", "show", "nosuch")
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(HavePrefix(`pop3sim: there is no built-in scenario "nosuch"`))
	})

	It("checks files, shows what is wrong and where, and ends with status 2", func() {
		dir := folder(map[string]string{"good.yaml": "title: T\n", "bad.yaml": "title: T\nrules:\n  - {on: RETR, do: [silent]}\n"})
		good, bad := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "bad.yaml")
		Expect(run("scenarios", "check", good)).To(Equal(result{0, good + ": 1 scenario\n", ""}))
		r := run("scenarios", "check", good, bad)
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(HavePrefix(bad + `:3:21: there is no step "silent", but there is "silence"` + "\n    2 | rules:\n    3 |   - {on: RETR, do: [silent]}\n      |                     ^\n"))
		var all []struct {
			File   string
			Cases  int
			Errors []struct{ Line, Column int }
		}
		Expect(json.Unmarshal([]byte(run("scenarios", "check", "--json", good, bad, filepath.Join(dir, "none.yaml")).out), &all)).To(Succeed())
		Expect(all[0].Cases).To(Equal(1))
		Expect(all[1].Errors[0].Line).To(Equal(3))
		Expect(all[2].Errors).To(HaveLen(1))
	})

	It("prints the schema", func() {
		Expect(run("scenarios", "schema").out).To(Equal(string(scenarios.Schema())))
	})

	It("completes the names of scenarios and profiles", func() {
		Expect(run("__complete", "serve", "--scenario", "retr").out).To(ContainSubstring("retr-drop\tThe connection drops"))
		Expect(run("__complete", "serve", "--profile", "").out).To(ContainSubstring("gmail\n"))
		Expect(run("__complete", "scenarios", "show", "retr").out).To(ContainSubstring("retr-drop\t"))
	})
})

var _ = Describe("pop3sim serve --scenario", func() {
	It("misbehaves, and tells at the end whether its expectations were met", func() {
		p := start(GinkgoTB(), "--scenario", "retr-refused#words")
		Expect(session(p.address, "demo", "demo", "RETR 2")[0]).To(Equal("-ERR cannot read that"))
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		Expect(p.errOut.String()).To(ContainSubstring("scenario retr-refused#words: expectations not met\n"))
		Expect(p.errOut.String()).To(ContainSubstring("expected RETR 1\n     got no such command\n"))
	})

	It("ends with status 1 for what was not met, when it shall judge", func() {
		p := start(GinkgoTB(), "--scenario", "retr-refused#words", "--judge")
		session(p.address, "demo", "demo", "RETR 2")
		Expect(p.stop(os.Interrupt)).To(Equal(1))
		Expect(p.errOut.String()).To(ContainSubstring("expected RETR 1\n     got no such command\n"))

		p = start(GinkgoTB(), "--scenario", "retr-refused#words", "--judge")
		Expect(p.stop(os.Interrupt)).To(Equal(1))
		Expect(p.errOut.String()).To(HaveSuffix("scenario retr-refused#words: no client connected\n"))
	})

	It("serves the demo mailbox like a known server, or other mail in a scenario", func() {
		p := start(GinkgoTB(), "--profile", "dovecot", "--user", "ann:secret")
		Expect(session(p.address, "ann", "secret", "NOOP")).To(Equal([]string{"+OK", "+OK Logging out."}))
		p = start(GinkgoTB(), "--scenario", "retr-refused#words", "--synthetic", "7")
		Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 7 "))
	})

	It("begins with TLS when the scenario does", func() {
		p := start(GinkgoTB(), "--scenario", "stls-pieces#tls=implicit", "--json")
		Expect(p.address).To(BeEmpty())
		Expect(p.secure).To(HavePrefix("127.0.0.1:"))
	})

	DescribeTable("refuses what cannot be, with status 2",
		func(line, want string) {
			r := run(strings.Fields("serve --pop3 127.0.0.1:0 " + line)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(HavePrefix("pop3sim: " + want))
		},
		Entry(nil, "--scenario retr-dorp", `--scenario: there is no built-in scenario "retr-dorp", but there is "retr-drop"`),
		Entry(nil, "--scenario retr-drop#x", `--scenario: retr-drop: there is no case "x"`),
		Entry(nil, "--scenario none.yaml", `--scenario: none.yaml: `),
		Entry(nil, "--profile gmail --judge", "--judge needs --scenario"),
		Entry(nil, "--profile gnail", `--profile: there is no profile "gnail", but there is "gmail"`),
		Entry(nil, "--scenario retr-drop --pop3s 127.0.0.1:0", "the scenario has no TLS"),
	)
})
