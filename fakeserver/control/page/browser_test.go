package page_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/page"
	"pop3mtm/fixtures"
	"pop3mtm/internal/browser"
	"pop3mtm/internal/need"
)

// simulator is a server of POP3 with its page.
type simulator struct {
	server  *fakeserver.Server
	service *control.Service
	url     string
}

// start starts a simulator whose user demo has these built-in messages.
func start(t *testing.T, mail ...string) *simulator {
	t.Helper()
	return startWith(t, nil, mail...)
}

// startWith is start for a service with options.
func startWith(t *testing.T, o *control.Options, mail ...string) *simulator {
	t.Helper()
	server := fakeserver.Start(t, fakeserver.NewMaildrop(fixtures.Mail(mail...)...), &fakeserver.Options{Timed: true})
	service := control.New(server, o)
	t.Cleanup(func() { _ = service.Close() }) // it closes ports
	service.SetAddresses(control.Addresses{POP3: server.Addr()})
	web := httptest.NewServer(page.Handler(service))
	t.Cleanup(func() {
		web.CloseClientConnections() // pages follow events
		web.Close()
	})
	return &simulator{server, service, web.URL}
}

// open opens the page in a new tab and waits until it follows what happens.
func open(chromium context.Context, t *testing.T, url string) *browser.Tab {
	t.Helper()
	b := browser.Open(chromium, t, desktop(), colours("light"), chromedp.Navigate(url))
	b.Until(`document.documentElement.dataset.live === "yes"`)
	return b
}

func desktop() browser.Step { return chromedp.EmulateViewport(1440, 900) }

func phone() browser.Step {
	return chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
}

// colours sets which ones the system likes: light or dark.
func colours(name string) browser.Step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	})
}

// shoot keeps a picture in build/screenshots: of the window, or of the whole page.
func shoot(b *browser.Tab, name string, whole bool) {
	b.Helper()
	picture := chromedp.CaptureScreenshot()
	if whole {
		picture = chromedp.FullScreenshot(100)
	}
	png := browser.Get(b, picture)
	dir := filepath.Join("..", "..", "..", "build", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}

// curl runs curl as a client of POP3, and returns what it prints.
func (s *simulator) curl(t *testing.T, user, password, path string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), need.Program(t, "curl"), "-s", "-m", "60", "-u", user+":"+password, "pop3://"+s.server.Addr()+"/"+path)
	out, err := c.Output()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended { // faults make it fail
		t.Fatal(err)
	}
	return string(out)
}

// user creates a user with the password secret and mail in the words of scenarios.
func (s *simulator) user(t *testing.T, name, mail string) {
	t.Helper()
	if _, err := s.service.CreateUser(t.Context(), control.NewUser{Name: name, Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if mail == "" {
		return
	}
	if _, err := s.service.AddMessages(t.Context(), name, control.NewMessages{Words: []byte(mail)}); err != nil {
		t.Fatal(err)
	}
}

func (s *simulator) page(user string) string { return s.url + "/?user=" + user }
