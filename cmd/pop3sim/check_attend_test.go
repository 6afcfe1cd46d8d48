package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"pop3mtm/internal/browser"

	. "github.com/onsi/gomega"
)

// reader operates a client as the page says, with the keyboard, and looks at its inbox.
type reader struct {
	*testing.T
	tab     *browser.Tab
	client  string
	inbox   string // the directory of the client
	forgets string // a subject that the client never shows
	skips   string // a case that is skipped
	asked   []string
}

// asking is what the page asks.
type asking struct {
	Number, Heading, Text string
	Account               []string // host, port, user, password, TLS
	Subjects              []string
}

const readAsking = `(() => {
  const texts = (s) => [...document.querySelectorAll(s)].map((e) => e.innerText);
  return JSON.stringify({ Number: document.querySelector("[name=number]")?.value || "", Heading: document.getElementById("h-ask")?.innerText || "",
    Text: document.querySelector(".ask")?.innerText || "", Account: texts(".account dd"), Subjects: texts(".inbox td:first-child") });
})()`

// next waits for another question, or the end.
func (r *reader) next(last string) (a asking) {
	r.Helper()
	NewWithT(r).Eventually(func(g Gomega) {
		a = asking{}
		g.Expect(json.Unmarshal([]byte(r.tab.Value(readAsking)), &a)).To(Succeed())
		g.Expect(a.Number != last || strings.Contains(a.Heading, "the check")).To(BeTrue())
		g.Expect(a.Number != "" || strings.Contains(a.Heading, "the check")).To(BeTrue())
	}, patience, 50*time.Millisecond).Should(Succeed())
	return a
}

// press answers with the main button, which has the focus, or with another one.
func (r *reader) press(value string) {
	r.Helper()
	if value == "" {
		r.tab.Until(`document.activeElement.hasAttribute("data-first")`)
		r.tab.Press("\r")
		return
	}
	r.tab.Click("button[value=" + value + "]")
}

// answer does what the page asks for.
func (r *reader) answer(a asking) {
	r.Helper()
	r.asked = append(r.asked, a.Text)
	switch {
	case strings.Contains(a.Text, "Case "+r.skips):
		r.press("s")
	case strings.HasPrefix(a.Heading, "Press Get Mail"):
		if strings.Contains(a.Text, "Begin with an empty inbox") {
			r.inbox = r.TempDir()
		}
		c := exec.CommandContext(r.Context(), r.client, "-host", a.Account[0], "-port", a.Account[1], "-user", a.Account[2], "-password", a.Account[3],
			"-dir", r.inbox, "-state", filepath.Join(r.inbox, "had"))
		_ = c.Run() // it shows what it has, whatever happened
		r.press("")
	default:
		for i, subject := range a.Subjects {
			r.tab.Value(fmt.Sprintf(`document.querySelector("[name=whole-%d]").value = %d`, i+1, r.shown(subject)))
		}
		r.press("")
	}
}

// shown returns how often the inbox shows a message.
func (r *reader) shown(subject string) (n int) {
	g := NewWithT(r)
	files, err := filepath.Glob(filepath.Join(r.inbox, "*"))
	g.Expect(err).NotTo(HaveOccurred())
	for _, f := range files {
		text, err := os.ReadFile(f)
		g.Expect(err).NotTo(HaveOccurred())
		if strings.Contains(string(text), "Subject: "+subject) && subject != r.forgets {
			n++
		}
	}
	return n
}

// A person goes through a check in the page while another browser looks on.
func TestCheckAsksAPersonInAPage(t *testing.T) {
	chromium := browser.Start(t)
	RegisterTestingT(t)
	g := NewWithT(t)
	client, err := builtClient()
	g.Expect(err).NotTo(HaveOccurred())
	c, errOut, address := attended(t, "--only", "dele-drop@2", "--only", "retr-octets@dots", "--only", "retr-octets@eight-bit", "--name", "Post 7")

	other := browser.Open(chromium, t, chromedp.Navigate(address))
	r := &reader{T: t, tab: browser.Open(chromium, t, chromedp.Navigate(address)), client: client, forgets: "Dots", skips: "retr-octets@eight-bit"}
	a := r.next("")
	for ; a.Number != ""; a = r.next(a.Number) {
		r.answer(a)
	}
	g.Expect(a.Heading).To(Equal("1 of 3 cases fail the check"))
	g.Expect(strings.Join(r.asked, "\n")).To(And(ContainSubstring("A message has octets that clients often damage."), ContainSubstring("played again to be sure")))
	for id, verdict := range map[string]string{"dele-drop@2": "pass", "retr-octets@dots": "fail LOST", "retr-octets@eight-bit": "not-exercised"} {
		g.Expect(r.tab.Value(fmt.Sprintf("document.getElementById(%q).innerText", "case-"+id))).To(HavePrefix(verdict), id)
	}
	other.Shows("body", a.Heading)
	g.Expect(r.tab.Value(`document.querySelector("a[href='/report']").href`)).To(Equal(address + "report"))
	r.press("")
	g.Expect(c.Wait()).NotTo(Succeed())
	g.Expect(c.ProcessState.ExitCode()).To(Equal(1), errOut.String())
}

// attended starts a check with a page, and returns its address.
func attended(t *testing.T, args ...string) (*exec.Cmd, *safeBuffer, string) {
	t.Helper()
	g := NewWithT(t)
	errOut := &safeBuffer{}
	c := exec.CommandContext(t.Context(), binary, append([]string{"check", "--attend", "--http", "127.0.0.1:0"}, args...)...)
	c.Stderr = errOut
	g.Expect(c.Start()).To(Succeed())
	t.Cleanup(func() {
		_ = c.Process.Kill() // it may have ended long ago
		_ = c.Wait()
	})
	address := ""
	g.Eventually(func() string {
		address = regexp.MustCompile(`http://\S+/`).FindString(errOut.String())
		return address
	}, patience, 20*time.Millisecond).ShouldNot(BeEmpty())
	return c, errOut, address
}

func TestCtrlCEndsACheckThatWaitsForAPerson(t *testing.T) {
	RegisterTestingT(t)
	g := NewWithT(t)
	c, errOut, _ := attended(t)
	g.Expect(c.Process.Signal(syscall.SIGINT)).To(Succeed())
	g.Expect(c.Wait()).NotTo(Succeed())
	g.Expect(errOut.String()).To(HaveSuffix("pop3sim: stopped by a signal\n"))
}

func TestThePageForAPersonIsForThisMachineOrHasAToken(t *testing.T) {
	RegisterTestingT(t)
	for want, args := range map[string][]string{
		"--http needs --attend":     {"--preset", "curl", "--http", "127.0.0.1:0"},
		"give --http-token":         {"--attend", "--http", "0.0.0.0:0"},
		"--http-token needs --http": {"--attend", "--http-token", "s3cret"},
		"--http takes HOST:PORT":    {"--attend", "--http", "here"},
	} {
		r := run(append([]string{"check"}, args...)...)
		Expect(r.status).To(Equal(2), r.errOut)
		Expect(r.errOut).To(ContainSubstring(want))
	}
}
