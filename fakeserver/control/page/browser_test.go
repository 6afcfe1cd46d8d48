package page_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/control/page"
	"pop3mtm/fixtures"
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

// patience is how long a browser on a busy machine may take for anything.
const patience = 2 * time.Minute

// tab is a tab of Chromium.
type tab struct {
	*testing.T
	ctx context.Context
}

// browser starts Chromium. A test is skipped without it, except where CI is true.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := chromium()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func chromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium is not installed")
}

// open opens the page in a new tab and waits until it follows what happens.
func open(browser context.Context, t *testing.T, url string) *tab {
	t.Helper()
	b := blank(browser, t)
	b.do(colours("light"), chromedp.Navigate(url))
	b.until(`document.documentElement.dataset.live === "yes"`)
	return b
}

// blank opens a new tab.
func blank(browser context.Context, t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{t, ctx}
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first call
		t.Fatal(err)
	}
	b.do(desktop())
	return b
}

// step is a step in the browser that returns nothing.
type step = chromedp.Action[chromedp.Void]

// do runs steps in the browser.
func (b *tab) do(steps ...step) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// until waits until a JavaScript expression is true. While a page is being left
// there is nothing to ask.
func (b *tab) until(condition string) {
	b.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); <-look.C {
		var is bool
		if is, err = b.is(condition); is {
			return
		}
	}
	b.Fatalf("waiting for %s: %v\nThe page:\n%s", condition, err, b.value("document.body.innerText"))
}

// is reports whether a JavaScript expression is true now.
func (b *tab) is(condition string) (bool, error) {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
}

// shows waits until an element shows a text.
func (b *tab) shows(selector, text string) {
	b.Helper()
	b.until(fmt.Sprintf("[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))", selector, text))
}

// value returns the value of a JavaScript expression as text.
func (b *tab) value(expression string) string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// click clicks on an element as a person does.
func (b *tab) click(selector string) {
	b.Helper()
	b.do(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

func (b *tab) press(keys string) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys))
}

func desktop() step { return chromedp.EmulateViewport(1440, 900) }

func phone() step {
	return chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
}

// colours sets which ones the system likes: light or dark.
func colours(name string) step {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return err
	})
}

// shoot keeps a picture in build/screenshots: of the window, or of the whole page.
func (b *tab) shoot(name string, whole bool) {
	b.Helper()
	picture := chromedp.CaptureScreenshot()
	if whole {
		picture = chromedp.FullScreenshot(100)
	}
	png, err := chromedp.Run(b.ctx, picture)
	if err != nil {
		b.Fatal(err)
	}
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
	c := exec.CommandContext(t.Context(), "curl", "-s", "-m", "60", "-u", user+":"+password, "pop3://"+s.server.Addr()+"/"+path)
	out, _ := c.Output() // faults make it fail
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
