package main

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// tab is a tab of Chromium with the page.
type tab struct {
	*testing.T
	ctx context.Context
}

func open(t *testing.T, url string) tab {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(need(t, "chromium", "chromium-browser", "google-chrome")), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return tab{t, ctx}
}

// value returns the value of a JavaScript expression as text.
func (b tab) value(expression string) string {
	b.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// until waits until a JavaScript expression is true.
func (b tab) until(condition string) {
	b.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); <-look.C {
		if b.value(condition) == "true" {
			return
		}
	}
	b.Fatalf("waiting for %s; the page:\n%s", condition, b.value("document.body.innerText"))
}

// shows waits until the session ends with a text.
func (b tab) shows(text string) {
	b.Helper()
	b.until("document.querySelector('#session').innerText.includes(" + strconv.Quote(text) + ")")
}

func (b tab) click(selector string) {
	b.Helper()
	b.until("!document.querySelector('" + selector + "').disabled")
	if err := chromedp.Do(b.ctx, chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.Fatal(err)
	}
}

// send types a command by hand.
func (b tab) send(line, answer string) {
	b.Helper()
	b.click("#command")
	if err := chromedp.Do(b.ctx, chromedp.KeyEvent(line+"\r")); err != nil {
		b.Fatal(err)
	}
	b.shows(answer)
}

// pick chooses a scenario by typing its name.
func (b tab) pick(name string) {
	b.Helper()
	b.until("!document.querySelector('#scenario').disabled")
	b.value("(() => { const e = document.querySelector('#scenario'); e.value = '" + name + "'; e.dispatchEvent(new Event('input')); })()")
}

func playsInABrowser(t *testing.T, out string) {
	b := open(t, page(t, out))
	b.until("document.querySelector('#scenario').value === 'retr-drop'")
	b.click("#connect")
	b.shows("+OK")
	b.send("USER demo", "USER demo\n+OK")
	b.send("PASS demo", "PASS demo\n+OK")
	b.send("RETR 2", "the server closed the connection")
	b.click("#verdict")
	b.shows("expected RETR 1 sent once")
	if wide := b.value("document.documentElement.scrollWidth > 390"); wide == "true" {
		t.Error("the page scrolls sideways on a phone")
	}
	if file := os.Getenv("RELEASE_SCREENSHOT"); file != "" {
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		put(t, file, string(png))
	}

	t.Run("over TLS that begins with STLS", func(t *testing.T) {
		b.pick("stls-leak")
		b.click("#connect")
		b.shows("+OK")
		b.send("STLS", "TLS 1.3, certificate of localhost")
		b.send("USER demo", "USER demo\n+OK")
	})
	t.Run("by the number of a quirk, in another session of the same server", func(t *testing.T) {
		b.pick("83")
		b.click("#connect")
		b.shows("+OK")
		b.click("#disconnect")
		b.shows("you closed the connection")
		b.click("#connect")
		b.until("document.querySelector('#session').innerText.split('[connecting]').length === 3")
	})
}
