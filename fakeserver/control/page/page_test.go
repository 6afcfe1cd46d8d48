package page_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"pop3mtm/scenarios"
)

// TestThePageInChromium clicks through the page as a person does, while real clients use the
// simulator.
func TestThePageInChromium(t *testing.T) {
	ctx := browser(t)
	s := start(t)
	t.Run("shows a session as it happens, with fault, gap and maildrop", func(t *testing.T) {
		s.user(t, "ann", "[{file: plain.eml, uidl: a1}, {file: html.eml, uidl: a2}]")
		b := open(ctx, t, s.page("ann"))
		b.shows("#sessions", "No client has logged in as ann")
		b.do(chromedp.SetValue(chromedp.CSS("#verb"), "STAT"))
		b.click(`.faults [value=slow]`)
		b.shows("#status", "The next STAT comes after 5 s: rule r1.")
		b.shows("#rules", "{on: STAT, times: 1, do: [{pause: \"5s\"}]}")

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
		b.shows("#transcript li.client", "PASS ********")
		b.shows("#sessions .live", "open")
		b.shows("#verdict", "A session is open.")
		go func() { _, _ = fmt.Fprint(conn, "STAT\r\n") }() // a write that fails shows below
		b.shows("#transcript li.rule", "r1 pause")
		in.Scan()
		b.shows("#transcript li.gap", "5s later")
		say("DELE 2", "QUIT")
		b.shows("#transcript li.server", "+OK bye")
		b.shows("#session", "ended after")
		b.shows("#maildrop .change", "2 messages before → 1 message after it")
		b.shows("#maildrop tr.gone", "Which red for the stripes?")
		b.shows("#rules", "answered 1 time")
		b.shows("#sessions a[aria-current]", "1 fault")
		order := b.value(`[...document.querySelectorAll("#transcript li")].map((e) => e.className).join(" ")`)
		if !strings.Contains(order, "client rule gap server") {
			t.Errorf("the fault and the gap are not between the command and its answer: %s", order)
		}
		b.shoot("light", false)
		b.do(colours("dark"))
		b.shoot("dark", false)
		b.do(phone())
		b.until("document.documentElement.scrollWidth <= innerWidth")
		b.shoot("phone", true)
	})
	t.Run("follows the newest session, or keeps to the chosen one", func(t *testing.T) {
		s.user(t, "bob", "{file: plain.eml}")
		b := open(ctx, t, s.page("bob"))
		s.curl(t, "bob", "secret", "")
		b.shows("#session h2", "Session 1")
		s.curl(t, "bob", "secret", "1")
		b.shows("#session h2", "Session 2")
		b.shows("#transcript", "RETR 1")
		b.click("#s1")
		b.shows("#session h2", "Session 1")
		b.shows("#transcript", "LIST")
		b.until(`!document.querySelector("#transcript").innerText.includes("RETR")`)
		s.curl(t, "bob", "secret", "1")
		b.shows("#sessions", "3")
		b.until(`document.querySelector("#session h2")?.innerText === "Session 1"`)
		b.click("#verdict button")
		b.shows("#sessions", "No client has logged in")
		b.until(`document.querySelectorAll("#transcript li").length === 0`)
	})
	t.Run("judges the client by the scenario that was picked", func(t *testing.T) { picksAndJudges(t, s, open(ctx, t, s.page("demo"))) })
	t.Run("makes a fault by a button, for the next command only", func(t *testing.T) {
		s.user(t, "cid", "[{file: plain.eml, uidl: a1}]")
		b := open(ctx, t, s.page("cid"))
		b.do(chromedp.SendKeys(chromedp.CSS("#args"), "1"))
		b.click(`.faults [value=refuse]`)
		b.shows("#rules", `{on: RETR 1, times: 1, do: [{refuse: not now}]}`)
		if got := s.curl(t, "cid", "secret", "1"); got != "" {
			t.Errorf("the command was not refused: %s", got)
		}
		b.shows("#transcript li.server", "-ERR not now")
		if got := s.curl(t, "cid", "secret", "1"); !strings.Contains(got, "Gull Rock") {
			t.Errorf("the second command went wrong too: %q", got)
		}
		b.click("#del-r1")
		b.shows("#rules", "No rules")
		b.click(".rules summary")
		b.do(chromedp.SetValue(chromedp.CSS("#words"), "{on: RETR, do: [{cot: 1}]}"))
		b.click(".rules details button")
		b.shows("#status.wrong", `there is no word "cot", but there is "cut"`)
	})
	t.Run("adds a message, and a user", func(t *testing.T) {
		s.user(t, "dan", "[{file: plain.eml, uidl: a1}]")
		s.curl(t, "dan", "secret", "1")
		b := open(ctx, t, s.page("dan"))
		b.do(chromedp.SetValue(chromedp.CSS("#fixture"), "dots"))
		b.click(".drop .add button")
		b.shows("#status", "Added dots.")
		b.shows("#maildrop .change", "2 messages now")
		b.shows("#maildrop tr.new", "added since")
		b.click("[data-open=new-user]")
		b.do(chromedp.SendKeys(chromedp.CSS("#new-name"), "eve"))
		b.press(kb.Enter)
		b.until(`document.documentElement.dataset.live === "yes" && document.querySelector("#tenant").value === "eve"`)
		b.shows("#maildrop", "The mailbox is empty.")
		b.do(chromedp.Evaluate[chromedp.Void](`const t = document.querySelector("#tenant"); t.value = "dan"; t.dispatchEvent(new Event("change", { bubbles: true }))`))
		b.shows("#maildrop .change", "2 messages")
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
		b.shows("#session", "open")
		b.click("#end")
		b.shows("#transcript li.remark", "ended by the server")
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
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

func picksAndJudges(t *testing.T, s *simulator, b *tab) {
	b.press("/")
	b.shows("#found", " of ")
	b.do(chromedp.SendKeys(chromedp.CSS("#find"), "drop second"))
	b.shows("#choices li:not([hidden])", "retr-drop")
	b.shoot("picker", false)
	b.click(`#choices [value="retr-drop"]`)
	b.shows("#scenario", "retr-drop")
	b.shows("#rules", "cut")
	s.curl(t, "demo", "demo", "2")
	b.shows("#transcript li.rule", "cut")
	b.shows("#verdict .unmet", "not met")
	b.shows("#verdict", "expected")
	b.click("#copy-open")
	b.shows("#pane-yaml", "- {on: RETR 2")
	b.click("#tab-python")
	b.until(`document.getElementById("pane-yaml").hidden && !document.getElementById("pane-python").hidden`)
	b.shows("#pane-python", "urllib.request")
	b.click("#pane-python [data-copy]")
	b.until(`/Copied|Ctrl-C/.test(document.querySelector("#pane-python [data-copy]").textContent)`)
	b.click("#copy [data-close]")
	saved := b.saved()
	if all, err := scenarios.Parse("saved.yaml", []byte(saved), nil); err != nil || len(all[0].Rules) == 0 {
		t.Errorf("what was saved is not the scenario: %v\n%s", err, saved)
	}
	b.click("#plain")
	b.until(`document.contentType === "text/plain"`)
	b.shows("body", "[rule r")
}

// saved returns the file behind the link "Save as a scenario".
func (b *tab) saved() string {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`fetch(document.getElementById("save").href).then((a) => a.text()).then((t) => { document.body.dataset.saved = t; }), undefined`,
		chromedp.EvalIgnoreExceptions))
	b.until("document.body.dataset.saved !== undefined")
	return b.value("document.body.dataset.saved")
}

func usesTheKeyboard(t *testing.T, b *tab) {
	focused := func(want string) {
		t.Helper()
		b.until(fmt.Sprintf("document.activeElement.matches(%q)", want))
	}
	b.press(kb.Tab)
	focused(".skip")
	b.press(kb.Tab)
	focused("#tenant")
	b.press("/")
	b.press(kb.Escape)
	b.press("/")
	if got := b.value(`document.getElementById("picker").open`); got == "true" {
		t.Error("a key that chooses in a list opened the picker")
	}
	b.do(chromedp.Focus(chromedp.CSS("#theme")))
	b.press("/")
	focused("#find")
	b.press("uidl")
	b.until(`document.querySelector("#choices li:not([hidden]) button")`)
	b.press(kb.ArrowDown)
	focused("#choices li:not([hidden]) button")
	b.press(kb.Escape)
	b.until(`!document.getElementById("picker").open`)
	b.do(chromedp.Focus(chromedp.CSS("#copy-open")))
	b.press(kb.Enter)
	b.until(`document.getElementById("copy").open && document.getElementById("tab-yaml")`)
	b.do(chromedp.Focus(chromedp.CSS("#tab-yaml")))
	b.press(kb.ArrowRight)
	focused("#tab-curl[aria-selected=true]")
	b.press(kb.Escape)
	b.do(chromedp.Focus(chromedp.CSS("#theme")))
	for _, want := range []string{"light", "dark", "auto"} {
		b.press(kb.Enter)
		b.until(fmt.Sprintf("document.documentElement.dataset.theme === %q", want))
	}
}
