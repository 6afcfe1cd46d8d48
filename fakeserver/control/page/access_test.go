package page_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pop3mtm/fakeserver/control"
	"pop3mtm/internal/browser"
)

// Without JavaScript the forms and links do the same; what happens is seen at the next load.
func TestThePageWorksWithoutScript(t *testing.T) {
	s := start(t)
	s.user(t, "ann", "[{file: plain.eml, uidl: a1}]")
	b := browser.Open(browser.Start(t), t, desktop())
	b.Do(scriptless(), chromedp.Navigate(s.page("ann")))
	b.Shows("#sessions", "No client has logged in as ann")
	b.Until(`getComputedStyle(document.getElementById("theme")).display === "none"`) // it does nothing
	follow := func(selector string) {
		t.Helper()
		b.Leaves(func() { b.Click(selector) })
	}
	fill := func(selector, text string) {
		t.Helper()
		b.Click(selector)
		b.Leaves(func() { b.Press(text + "\r") })
	}
	follow(`.faults [value=refuse]`)
	b.Shows("#rules", "{on: RETR, times: 1")
	follow("#port")
	b.Shows("#sessions", "own port")
	follow("#unport")
	b.Shows("#sessions", s.server.Addr())
	follow(".tenants button")
	b.Shows("#rules", "r1")
	fill("#named", "auth-in-use")
	b.Shows("#scenario", "auth-in-use")
	fill("#plain-name", "eve")
	b.Shows("#sessions", "No client has logged in as eve")
}

// scriptless turns JavaScript off.
func scriptless() browser.Step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

func TestABrowserLogsInWithTheToken(t *testing.T) {
	s := startWith(t, &control.Options{Token: "s3cret & more"})
	s.user(t, "ann", "[{file: plain.eml, uidl: a1}]")
	ctx := browser.Start(t)
	b := browser.Open(ctx, t, desktop())
	b.Do(chromedp.Navigate(s.page("ann")))
	b.Shows(".login", "--http-token")
	b.Click("#token")
	b.Leaves(func() { b.Press("other\r") })
	b.Shows("[role=alert]", "not the token")
	b.Click("#token")
	b.Leaves(func() { b.Press("s3cret & more\r") })
	b.Shows("#sessions", "No client has logged in as ann")
	b.Click(`.faults [value=refuse]`)
	b.Shows("#status", "rule r1")
	b.Leaves(func() { b.Click("[action='/logout'] button") })
	b.Shows(".login", "Token")
	b.Do(chromedp.Navigate(s.page("ann") + "&token=" + url.QueryEscape("s3cret & more")))
	b.Shows("#rules", "r1")
	if at := b.Value("location.href"); at != s.page("ann") {
		t.Errorf("the page is at %s", at)
	}
}
