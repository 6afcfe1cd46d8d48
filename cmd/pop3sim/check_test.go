package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pop3mtm/internal/gobuild"

	. "github.com/onsi/gomega"
)

// builtClient builds the client of the check's own tests, beside the command under test.
var builtClient = sync.OnceValues(func() (string, error) {
	client := filepath.Join(filepath.Dir(binary), "client.exe")
	return client, gobuild.Programs(context.Background(), client, "../../scenarios/check/testdata/broken")
})

// brokenClient returns the command of that client for a defect, "" for none.
func brokenClient(t *testing.T) func(defect string) string {
	t.Helper()
	binary, err := builtClient()
	if err != nil {
		t.Fatal(err)
	}
	return func(defect string) string {
		return binary + " -host {host} -port {port} -user {user} -password {password} -dir {dir} -state {home}/had -defect '" + defect + "'"
	}
}

// checked is the contract of check --json.
type checkedClient struct {
	Client string
	Cases  []struct{ ID, Class, Severity, Result, Why, RFC, Reproduce string }
	Totals struct{ Cases int }
}

func TestCheckJudgesAClientAndReportsInEveryForm(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	client := brokenClient(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }

	r := run("check", "--exec", client(""), "--only", "retr-octets@*", "--name", "right", "--json")
	g.Expect(r.status).To(Equal(0), r.errOut)
	var right checkedClient
	g.Expect(json.Unmarshal([]byte(r.out), &right)).To(Succeed())
	g.Expect(right.Client).To(Equal("right"))
	g.Expect(right.Cases).To(HaveLen(right.Totals.Cases))
	g.Expect(right.Cases[0].Result).To(Equal("pass"))

	r = run("check", "--exec", client("keeps-stuffed-dots"), "--only", "retr-octets@dot*", "--junit", file("r.xml"), "--html", file("r.html"), "--badge", file("r.svg"))
	g.Expect(r.status).To(Equal(1), r.errOut)
	g.Expect(r.out).To(And(ContainSubstring("HALF retr-octets@dots (must, 1939/3)"), ContainSubstring(`"..one dot", but ".one dot" was sent`),
		ContainSubstring("pop3sim serve --case 'retr-octets@dots'"), ContainSubstring("cases fail the check")))
	for name, want := range map[string]string{"r.xml": `failures="4"`, "r.html": "retr-octets@dots", "r.svg": "4 of 4 cases fail"} {
		text, err := os.ReadFile(file(name))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(text)).To(ContainSubstring(want), name)
		if name != "r.html" {
			g.Expect(xml.Unmarshal(text, new(struct{}))).To(Succeed(), name)
		}
	}

	r = run("check", "--exec", client("keeps-stuffed-dots"), "--only", "retr-octets@dots", "--only", "retr-octets@blanks", "--tap")
	g.Expect(r.out).To(And(HavePrefix("TAP version 13\n1..2\n"), ContainSubstring("ok 1 - retr-octets@blanks"), ContainSubstring("not ok 2 - retr-octets@dots")))
}

func TestCheckKnowsTheFailuresOfABaseline(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	client := brokenClient(t)
	baseline := filepath.Join(t.TempDir(), "known")
	g.Expect(os.WriteFile(baseline, []byte("# known\nretr-octets@dots HALF\n"), 0o600)).To(Succeed())
	args := []string{"check", "--baseline", baseline, "--only", "retr-octets@dots"}
	g.Expect(run(append(args, "--exec", client("keeps-stuffed-dots"))...).status).To(Equal(0))
	r := run(append(args, "--exec", client("keeps-stuffed-dots"), "--only", "retr-octets@dot-alone")...)
	g.Expect(r.status).To(Equal(1))
	g.Expect(r.errOut).To(ContainSubstring("new: HALF retr-octets@dot-alone"))
	r = run(append(args, "--exec", client(""))...)
	g.Expect(r.status).To(Equal(1))
	g.Expect(r.errOut).To(ContainSubstring("stale: retr-octets@dots passes now"))
	g.Expect(os.WriteFile(baseline, []byte("retr-octets@dots BAD\n"), 0o600)).To(Succeed())
	g.Expect(run(append(args, "--exec", client(""))...).status).To(Equal(2))
}

func TestReportsOfShardsMergeIntoThatOfOneRun(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	client := brokenClient(t)("trims-blanks")
	dir := t.TempDir()
	var files []string
	for _, shard := range []string{"1/2", "2/2"} {
		r := run("check", "--exec", client, "--only", "retr-octets@*", "--json", "--shard", shard)
		name := filepath.Join(dir, shard[:1]+".json")
		g.Expect(os.WriteFile(name, []byte(r.out), 0o600)).To(Succeed())
		files = append(files, name)
	}
	whole := run("check", "--exec", client, "--only", "retr-octets@*", "--json")
	merged := run(append([]string{"check", "merge", "--json"}, files...)...)
	g.Expect(merged.status).To(Equal(whole.status))
	var a, b checkedClient
	g.Expect(json.Unmarshal([]byte(whole.out), &a)).To(Succeed())
	g.Expect(json.Unmarshal([]byte(merged.out), &b)).To(Succeed())
	g.Expect(b).To(Equal(a))
	g.Expect(run("check", "merge", files[0], files[0]).status).To(Equal(2))
}

func TestAClientThatCannotBeCheckedIsSaidInOneSentence(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no client":         {nil, "exactly one of --exec, --preset, --client, --listen and --attend"},
		"no such program":   {[]string{"--exec", "no-such-client {port} {dir}"}, "does not exist"},
		"exits at once":     {[]string{"--exec", "sh -c 'exit 3' {port} {dir}"}, "exit status 3 and never connected"},
		"no placeholder":    {[]string{"--exec", "fetch"}, "contains {"},
		"no such preset":    {[]string{"--preset", "none"}, "there is no preset"},
		"a typo in --only":  {[]string{"--preset", "curl", "--only", "rter-*"}, `no case matches "rter-*"`},
		"a bad severity":    {[]string{"--preset", "curl", "--severity", "high"}, "tolerance, should or must"},
		"prints binary":     {[]string{"--exec", `sh -c 'printf "\001\033[2J\377%0100000d" 0' {port} {dir}`}, "never connected"},
		"a shard too many":  {[]string{"--preset", "curl", "--shard", "3/2"}, "invalid shard"},
		"an unknown client": {[]string{"--client", "no-such-file.yaml"}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			RegisterTestingT(t)
			g := NewWithT(t)
			r := run(append([]string{"check"}, c.args...)...)
			g.Expect(r.status).To(Equal(2), r.errOut)
			g.Expect(r.errOut).To(ContainSubstring(c.want))
			g.Expect(strings.Count(strings.TrimSpace(r.errOut), "\n")).To(BeZero())
			g.Expect(bytes.ContainsFunc([]byte(r.errOut), func(r rune) bool { return r < 0x20 && r != '\n' })).To(BeFalse())
		})
	}
}

func TestServeMisbehavesAsInACase(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	p := start(t, "--case", "sweep/close@0")
	c := dial(p.address)
	var b bytes.Buffer
	_, err := b.ReadFrom(c)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(b.String()).To(BeEmpty())
	g.Expect(c.Close()).To(Succeed())
	g.Expect(session(p.address, "demo", "demo", "STAT")[0]).To(HavePrefix("+OK 3 "))
	p = start(t, "--case", "retr-refused@words")
	g.Expect(session(p.address, "demo", "demo", "RETR 1", "RETR 2")).To(ContainElement(HavePrefix("-ERR")))
	g.Expect(run("serve", "--case", "no-such-case").status).To(Equal(2))
	g.Expect(run("serve", "--connections").status).To(Equal(2))
	g.Expect(run("serve", "--case", "retr-octets@dots", "--scenario", "retr-drop").status).To(Equal(2))
}

// The check kills the client there; by hand the person does it while nothing comes.
func TestServeWithholdsTheReplyAtWhichTheCheckKillsTheClient(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	p := start(t, "--case", "killed-at-dele@1")
	c := dial(p.address)
	_, err := c.Write([]byte("USER demo\r\nPASS demo\r\nDELE 1\r\nNOOP\r\n"))
	g.Expect(err).NotTo(HaveOccurred())
	in := bufio.NewReader(c)
	for range 3 { // the greeting too
		g.Expect(in.ReadString('\n')).To(HavePrefix("+OK"))
	}
	g.Expect(c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))).To(Succeed())
	_, err = in.ReadByte()
	g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
	g.Expect(c.Close()).To(Succeed())
	g.Eventually(func() string { return session(p.address, "demo", "demo", "STAT")[0] }).WithTimeout(patience).Should(HavePrefix("+OK 2 "))
}

func TestServeMisbehavesInAnyConnectionOfAClientThatMakesSeveral(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	p := start(t, "--case", "retr-refused@words", "--connections")
	g.Expect(session(p.address, "demo", "demo", "LIST")[0]).To(HavePrefix("+OK"))
	refused := slices.Concat(session(p.address, "demo", "demo", "RETR 1"), session(p.address, "demo", "demo", "RETR 2"))
	g.Expect(refused).To(ContainElement(HavePrefix("-ERR")))
}
