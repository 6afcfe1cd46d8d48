package main

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"pop3mtm/internal/browser"
)

// tab is a tab of Chromium with the page.
type tab struct{ *browser.Tab }

// shows waits until the session ends with a text.
func (b tab) shows(text string) {
	b.Helper()
	b.Shows("#session", text)
}

func (b tab) click(selector string) {
	b.Helper()
	b.Until("!document.querySelector('" + selector + "').disabled")
	b.Click(selector)
}

// send types a command by hand.
func (b tab) send(line, answer string) {
	b.Helper()
	b.click("#command")
	b.Press(line + "\r")
	b.shows(answer)
}

// pick chooses a scenario by typing its name.
func (b tab) pick(name string) {
	b.Helper()
	b.Until("!document.querySelector('#scenario').disabled")
	b.Value("(() => { const e = document.querySelector('#scenario'); e.value = '" + name + "'; e.dispatchEvent(new Event('input')); })()")
}

func playsInABrowser(t *testing.T, out string) {
	b := tab{browser.Open(browser.Start(t), t, chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), chromedp.Navigate(page(t, out)))}
	b.Until("document.querySelector('#scenario').value === 'retr-drop'")
	b.click("#connect")
	b.shows("+OK")
	b.send("USER demo", "USER demo\n+OK")
	b.send("PASS demo", "PASS demo\n+OK")
	b.send("RETR 2", "the server closed the connection")
	b.click("#verdict")
	b.shows("expected RETR 1 sent once")
	if wide := b.Value("document.documentElement.scrollWidth > 390"); wide == "true" {
		t.Error("the page scrolls sideways on a phone")
	}
	if file := os.Getenv("RELEASE_SCREENSHOT"); file != "" {
		put(t, file, string(browser.Get(b.Tab, chromedp.FullScreenshot(100))))
	}

	t.Run("over TLS that begins with STLS", func(t *testing.T) {
		b.pick("stls-leak")
		b.click("#connect")
		b.shows("+OK")
		b.send("STLS", "TLS 1.3, certificate of localhost")
		b.send("USER demo", "USER demo\n+OK")
	})
	t.Run("says that a scenario does not exist", func(t *testing.T) {
		b.pick("no-such")
		b.Shows("#title", `There is no scenario or quirk "no-such".`)
	})
	t.Run("by the number of a quirk, in another session of the same server", func(t *testing.T) {
		b.pick("83")
		b.click("#connect")
		b.shows("+OK")
		b.click("#disconnect")
		b.shows("you closed the connection")
		b.click("#connect")
		b.Until("document.querySelector('#session').innerText.split('[connecting]').length === 3")
	})
}
