package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"

	"pop3mtm/internal/browser"
)

// A page whose form leads to a page that shows the same text.
const page = `<!doctype html><title>%d</title><p>the same</p><form action="/"><button>Go</button></form>`

func TestATabFollowsPagesThatLookAlike(t *testing.T) {
	chromium := browser.Start(t)
	served, half, rest := 0, make(chan bool), make(chan bool)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			served++
			_, _ = fmt.Fprintf(w, page, served) // a page that is missing shows below
		case "/slow":
			_, _ = fmt.Fprint(w, "<!doctype html><i>1</i>", strings.Repeat(" ", 1<<16))
			w.(http.Flusher).Flush()
			close(half)
			<-rest
			_, _ = fmt.Fprint(w, "<i>2</i>")
		}
	}))
	t.Cleanup(site.Close)
	b := browser.Open(chromium, t, chromedp.Navigate(site.URL))
	for n := 2; n <= 5; n++ {
		b.Leaves(func() { b.Click("button") })
		b.Shows("p", "the same")
		if title := b.Value("document.title"); title != fmt.Sprint(n) {
			t.Fatalf("after %d clicks the page is number %s", n-1, title)
		}
	}
	t.Run("and reads nothing of a page that is still coming", func(t *testing.T) {
		b.Value(`location.href = "/slow"`)
		<-half
		for browser.Get(b, chromedp.Evaluate[string](`location.pathname + document.querySelectorAll("i").length`)) != "/slow1" {
			runtime.Gosched()
		}
		go close(rest)
		if n := b.Value(`document.querySelectorAll("i").length`); n != "2" {
			t.Errorf("%s of 2 elements", n)
		}
	})
	t.Run("and tries a step again whose element was replaced", func(t *testing.T) {
		tries := 0
		b.Do(chromedp.Func(func(context.Context, *chromedp.Target) error {
			if tries++; tries < 3 {
				return &cdproto.Error{Code: -32000, Message: "Could not find node with given id"}
			}
			return nil
		}))
		if tries != 3 {
			t.Errorf("it was tried %d times", tries)
		}
	})
}
