package page_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pop3mtm/fakeserver/control"
)

// Without JavaScript the forms and links do the same; what happens is seen at the next load.
func TestThePageWorksWithoutScript(t *testing.T) {
	s := start(t)
	s.user(t, "ann", "[{file: plain.eml, uidl: a1}]")
	b := blank(browser(t), t)
	b.do(scriptless(), chromedp.Navigate(s.page("ann")))
	b.shows("#sessions", "No client has logged in as ann")
	b.until(`getComputedStyle(document.getElementById("theme")).display === "none"`) // it does nothing
	b.click(`.faults [value=refuse]`)
	b.shows("#rules", "{on: RETR, times: 1")
	b.click("#port")
	b.shows("#sessions", "own port")
	b.click("#unport")
	b.shows("#sessions", s.server.Addr())
	b.click(".tenants button")
	b.shows("#rules", "r1")
	b.click("#named")
	b.press("auth-in-use\r")
	b.shows("#scenario", "auth-in-use")
	b.click("#plain-name")
	b.press("eve\r")
	b.shows("#sessions", "No client has logged in as eve")
}

// scriptless turns JavaScript off.
func scriptless() step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

func TestABrowserLogsInWithTheToken(t *testing.T) {
	s := startWith(t, &control.Options{Token: "s3cret & more"})
	s.user(t, "ann", "[{file: plain.eml, uidl: a1}]")
	ctx := browser(t)
	b := blank(ctx, t)
	b.do(chromedp.Navigate(s.page("ann")))
	b.shows(".login", "--http-token")
	b.click("#token")
	b.press("other\r")
	b.shows("[role=alert]", "not the token")
	b.click("#token")
	b.press("s3cret & more\r")
	b.shows("#sessions", "No client has logged in as ann")
	b.click(`.faults [value=refuse]`)
	b.shows("#status", "rule r1")
	b.click("[action='/logout'] button")
	b.shows(".login", "Token")
	b.do(chromedp.Navigate(s.page("ann") + "&token=" + url.QueryEscape("s3cret & more")))
	b.shows("#rules", "r1")
	if at := b.value("location.href"); at != s.page("ann") {
		t.Errorf("the page is at %s", at)
	}
}
