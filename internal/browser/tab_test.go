package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"

	"pop3mtm/internal/browser"
)

// A page whose form leads to a page that shows the same text.
const page = `<!doctype html><title>%d</title><p>the same</p><form action="/"><button>Go</button></form>`

func TestATabFollowsPagesThatLookAlike(t *testing.T) {
	chromium := browser.Start(t)
	served := 0
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			served++
			_, _ = fmt.Fprintf(w, page, served) // a page that is missing shows below
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
