package page_test

import (
	"bufio"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pop3mtm/internal/browser"
	"pop3mtm/scenarios"
)

// TestThePageInChromium clicks through the page as a person does, while real clients use the
// simulator.
func TestThePageInChromium(t *testing.T) {
	ctx := browser.Start(t)
	s := start(t)
	t.Run("shows a session as it happens, with fault, gap and maildrop", func(t *testing.T) {
		s.user(t, "ann", "[{file: plain.eml, uidl: a1}, {file: html.eml, uidl: a2}]")
		b := open(ctx, t, s.page("ann"))
		b.Shows("#sessions", "No client has logged in as ann")
		b.Do(chromedp.SetValue(chromedp.CSS("#verb"), "STAT"))
		b.Click(`.faults [value=slow]`)
		b.Shows("#status", "The next STAT comes after 5 s: rule r1.")
		b.Shows("#rules", "{on: STAT, times: 1, do: [{pause: \"5s\"}]}")

		conn, err := net.Dial("tcp", s.server.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		in := bufio.NewScanner(conn)
		say := func(lines ...string) {
			for _, l := range lines {
				if _, err := fmt.Fprintf(conn, "%s\r\n", l); err != nil {
					t.Fatal(err)
				}
				in.Scan()
			}
		}
		in.Scan()
		say("USER ann", "PASS secret")
		b.Shows("#transcript li.client", "PASS ********")
		b.Shows("#sessions .live", "open")
		b.Shows("#verdict", "A session is open.")
		go func() { _, _ = fmt.Fprint(conn, "STAT\r\n") }() // a write that fails shows below
		b.Shows("#transcript li.rule", "r1 pause")
		in.Scan()
		// On a busy machine it is later than 5s, and every other line may come late too.
		b.Until(`[...document.querySelectorAll("#transcript li.gap")].some((e) => /^(\d+m.*|[5-9]|[5-9]\.\d+|\d\d[\d.]*)s later/.test(e.innerText.trim()))`)
		say("DELE 2", "QUIT")
		b.Shows("#transcript li.server", "+OK bye")
		b.Shows("#session", "ended after")
		b.Shows("#maildrop .change", "2 messages before → 1 message after it")
		b.Shows("#maildrop tr.gone", "Which red for the stripes?")
		b.Shows("#rules", "answered 1 time")
		b.Shows("#sessions a[aria-current]", "1 fault")
		order := b.Value(`[...document.querySelectorAll("#transcript li")].map((e) => e.className).join(" ")`)
		if !regexp.MustCompile("client( gap)? rule gap server").MatchString(order) {
			t.Errorf("the fault and the gap are not between the command and its answer: %s", order)
		}
		shoot(b, "light", false)
		b.Do(colours("dark"))
		shoot(b, "dark", false)
		b.Do(phone())
		b.Until("document.documentElement.scrollWidth <= innerWidth")
		shoot(b, "phone", true)
	})
	t.Run("follows the newest session, or keeps to the chosen one", func(t *testing.T) {
		s.user(t, "bob", "{file: plain.eml}")
		b := open(ctx, t, s.page("bob"))
		s.curl(t, "bob", "secret", "")
		b.Shows("#session h2", "Session 1")
		s.curl(t, "bob", "secret", "1")
		b.Shows("#session h2", "Session 2")
		b.Shows("#transcript", "RETR 1")
		b.Click("#s1")
		b.Shows("#session h2", "Session 1")
		b.Shows("#transcript", "LIST")
		b.Until(`!document.querySelector("#transcript").innerText.includes("RETR")`)
		s.curl(t, "bob", "secret", "1")
		b.Shows("#sessions", "3")
		b.Until(`document.querySelector("#session h2")?.innerText === "Session 1"`)
		b.Click("#verdict button")
		b.Shows("#sessions", "No client has logged in")
		b.Until(`document.querySelectorAll("#transcript li").length === 0`)
	})
	t.Run("judges the client by the scenario that was picked", func(t *testing.T) { picksAndJudges(t, s, open(ctx, t, s.page("demo"))) })
	t.Run("makes a fault by a button, for the next command only", func(t *testing.T) {
		s.user(t, "cid", "[{file: plain.eml, uidl: a1}]")
		b := open(ctx, t, s.page("cid"))
		b.Do(chromedp.SendKeys(chromedp.CSS("#args"), "1"))
		b.Click(`.faults [value=refuse]`)
		b.Shows("#rules", `{on: RETR 1, times: 1, do: [{refuse: not now}]}`)
		if got := s.curl(t, "cid", "secret", "1"); got != "" {
			t.Errorf("the command was not refused: %s", got)
		}
		b.Shows("#transcript li.server", "-ERR not now")
		if got := s.curl(t, "cid", "secret", "1"); !strings.Contains(got, "Gull Rock") {
			t.Errorf("the second command went wrong too: %q", got)
		}
		b.Click("#del-r1")
		b.Shows("#rules", "No rules")
		b.Click(".rules summary")
		b.Do(chromedp.SetValue(chromedp.CSS("#words"), "{on: RETR, do: [{cot: 1}]}"))
		b.Click(".rules details button")
		b.Shows("#status.wrong", `there is no word "cot", but there is "cut"`)
	})
	t.Run("adds a message, and a user", func(t *testing.T) {
		s.user(t, "dan", "[{file: plain.eml, uidl: a1}]")
		s.curl(t, "dan", "secret", "1")
		b := open(ctx, t, s.page("dan"))
		b.Do(chromedp.SetValue(chromedp.CSS("#fixture"), "dots"))
		b.Click(".drop .add button")
		b.Shows("#status", "Added dots.")
		b.Shows("#maildrop .change", "2 messages now")
		b.Shows("#maildrop tr.new", "added since")
		b.Click("[data-open=new-user]")
		b.Do(chromedp.SendKeys(chromedp.CSS("#new-name"), "eve"))
		b.Press(kb.Enter)
		b.Until(`document.documentElement.dataset.live === "yes" && document.querySelector("#tenant").value === "eve"`)
		b.Shows("#maildrop", "The mailbox is empty.")
		b.Do(chromedp.Evaluate[chromedp.Void](`const t = document.querySelector("#tenant"); t.value = "dan"; t.dispatchEvent(new Event("change", { bubbles: true }))`))
		b.Shows("#maildrop .change", "2 messages")
	})
	t.Run("cuts a connection", func(t *testing.T) {
		s.user(t, "fay", "")
		b := open(ctx, t, s.page("fay"))
		conn, err := net.Dial("tcp", s.server.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := fmt.Fprint(conn, "USER fay\r\nPASS secret\r\n"); err != nil {
			t.Fatal(err)
		}
		b.Shows("#session", "open")
		b.Click("#end")
		b.Shows("#transcript li.remark", "ended by the server")
		if err := conn.SetReadDeadline(time.Now().Add(browser.Patience)); err != nil {
			t.Fatal(err)
		}
		for in := bufio.NewScanner(conn); in.Scan(); {
		}
	})
	t.Run("can be used with the keyboard alone", func(t *testing.T) {
		s.user(t, "hal", "{file: plain.eml}")
		usesTheKeyboard(t, open(ctx, t, s.page("hal")))
	})
	t.Run("has a name for everything that can be used", func(t *testing.T) {
		s.user(t, "ivy", "[{file: plain.eml, uidl: a1}, {file: html.eml, uidl: a2}]")
		namesEverything(t, open(ctx, t, s.page("ivy")))
	})
}

func picksAndJudges(t *testing.T, s *simulator, b *browser.Tab) {
	b.Press("/")
	b.Shows("#found", " of ")
	b.Do(chromedp.SendKeys(chromedp.CSS("#find"), "drop second"))
	b.Shows("#choices li:not([hidden])", "retr-drop")
	shoot(b, "picker", false)
	b.Click(`#choices [value="retr-drop"]`)
	b.Shows("#scenario", "retr-drop")
	b.Shows("#rules", "cut")
	s.curl(t, "demo", "demo", "2")
	b.Shows("#transcript li.rule", "cut")
	b.Shows("#verdict .unmet", "not met")
	b.Shows("#verdict", "expected")
	b.Click("#copy-open")
	b.Shows("#pane-yaml", "- {on: RETR 2")
	b.Click("#tab-python")
	b.Until(`document.getElementById("pane-yaml").hidden && !document.getElementById("pane-python").hidden`)
	b.Shows("#pane-python", "urllib.request")
	b.Click("#pane-python [data-copy]")
	b.Until(`/Copied|Ctrl-C/.test(document.querySelector("#pane-python [data-copy]").textContent)`)
	b.Click("#copy [data-close]")
	text := saved(b)
	if all, err := scenarios.Parse("saved.yaml", []byte(text), nil); err != nil || len(all[0].Rules) == 0 {
		t.Errorf("what was saved is not the scenario: %v\n%s", err, text)
	}
	b.Click("#plain")
	b.Until(`document.contentType === "text/plain"`)
	b.Shows("body", "[rule r")
}

// saved returns the file behind the link "Save as a scenario".
func saved(b *browser.Tab) string {
	b.Helper()
	b.Do(chromedp.Evaluate[chromedp.Void](`fetch(document.getElementById("save").href).then((a) => a.text()).then((t) => { document.body.dataset.saved = t; }), undefined`,
		chromedp.EvalIgnoreExceptions))
	b.Until("document.body.dataset.saved !== undefined")
	return b.Value("document.body.dataset.saved")
}

func usesTheKeyboard(t *testing.T, b *browser.Tab) {
	focused := func(want string) {
		t.Helper()
		b.Until(fmt.Sprintf("document.activeElement.matches(%q)", want))
	}
	b.Press(kb.Tab)
	focused(".skip")
	b.Press(kb.Tab)
	focused("#tenant")
	b.Press("/")
	b.Press(kb.Escape)
	b.Press("/")
	if got := b.Value(`document.getElementById("picker").open`); got == "true" {
		t.Error("a key that chooses in a list opened the picker")
	}
	b.Do(chromedp.Focus(chromedp.CSS("#theme")))
	b.Press("/")
	focused("#find")
	b.Press("uidl")
	b.Until(`document.querySelector("#choices li:not([hidden]) button")`)
	b.Press(kb.ArrowDown)
	focused("#choices li:not([hidden]) button")
	b.Press(kb.Escape)
	b.Until(`!document.getElementById("picker").open`)
	b.Do(chromedp.Focus(chromedp.CSS("#copy-open")))
	b.Press(kb.Enter)
	b.Until(`document.getElementById("copy").open && document.getElementById("tab-yaml")`)
	b.Do(chromedp.Focus(chromedp.CSS("#tab-yaml")))
	b.Press(kb.ArrowRight)
	focused("#tab-curl[aria-selected=true]")
	b.Press(kb.Escape)
	b.Do(chromedp.Focus(chromedp.CSS("#theme")))
	for _, want := range []string{"light", "dark", "auto"} {
		b.Press(kb.Enter)
		b.Until(fmt.Sprintf("document.documentElement.dataset.theme === %q", want))
	}
}
