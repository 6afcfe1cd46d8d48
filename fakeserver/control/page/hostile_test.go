package page_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"pop3mtm/fakeserver/control"
	"pop3mtm/internal/browser"
)

// TestNothingThatClientsOrMailSayRuns shows hostile text everywhere that the page shows text, and
// hostile HTML in the frame.
func TestNothingThatClientsOrMailSayRuns(t *testing.T) {
	ctx := browser.Start(t)
	s := start(t)
	var loads atomic.Int32
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { loads.Add(1) }))
	t.Cleanup(trap.Close)
	const attack = `"'><script>document.title="pwned"</script><img src=x onerror='document.title="pwned"'>`
	s.user(t, "ann", "")
	mail := "Subject: " + attack + "\r\nFrom: " + attack + "\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" +
		fmt.Sprintf(`<meta http-equiv=refresh content="0;url=%[1]s/refresh"><script>top.document.title="pwned"; fetch(%[1]q)</script>
<style>@import url(%[1]s/style); body { background: url(%[1]s/background) }</style><link rel=stylesheet href=%[1]s/link><link rel=prefetch href=%[1]s/prefetch>
<img src=%[1]s/image onerror='top.document.title="pwned"'><svg onload='top.document.title="pwned"'></svg><iframe src=%[1]s/frame></iframe>
<video src=%[1]s/video autoplay></video><object data=%[1]s/object></object><form action=%[1]s/form><button id=send>Send</button></form>
<a id=away href=%[1]s/away>away</a><base href=%[1]s><p>the text</p>`, trap.URL)
	if _, err := s.service.AddMessages(t.Context(), "ann", control.NewMessages{Raw: []byte(mail), UID: `"><script>1</script>`}); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{`{on: NOOP, do: [{refuse: %q}]}`, `{on: XSS, do: [{prepend: %q}]}`} {
		if _, err := s.service.AddRules(t.Context(), "ann", fmt.Appendf(nil, rule, attack)); err != nil {
			t.Fatal(err)
		}
	}
	b := open(ctx, t, s.page("ann"))
	conn, err := net.Dial("tcp", s.server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "USER ann\r\nPASS secret\r\nNOOP\r\nXSS %s\r\n%s\r\nRETR 1\r\nQUIT\r\n", attack, attack); err != nil {
		t.Fatal(err)
	}
	b.Shows("#transcript li.client", attack)
	b.Shows("#transcript li.server", "-ERR "+attack)
	b.Shows("#maildrop", attack)
	b.Shows("#rules", "onerror")

	b.Click("#maildrop button.link")
	b.Shows("#message h2", attack)
	b.Do(chromedp.WaitVisible(chromedp.CSS("#message iframe")))
	shoot(b, "hostile", false)
	b.Click("#tab-source")
	b.Shows("#pane-source", "http-equiv=refresh")
	b.Click("#message [data-close]")
	if title := b.Value("document.title"); strings.Contains(title, "pwned") {
		t.Error("a script ran in the page")
	}

	// The frame by itself: no script, no load, no form, no link that leads on.
	html := s.url + "/page/html?" + url.Values{"user": {"ann"}, "uid": {`"><script>1</script>`}}.Encode()
	b.Do(chromedp.Navigate(s.page("ann")), chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
		const frame = document.createElement("iframe");
		frame.src = %q;
		frame.onload = () => { document.body.dataset.framed = "yes"; };
		document.body.append(frame);
	}`, html)))
	b.Until(`document.body.dataset.framed === "yes"`)
	if title := b.Value("document.title"); strings.Contains(title, "pwned") {
		t.Error("a script ran in the frame, which its own policy must sandbox without help of the page")
	}
	answer, err := http.Get(html)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if policy := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") {
		t.Errorf("the policy of the frame is %q", policy)
	}
	if n := loads.Load(); n > 0 {
		t.Errorf("the message loaded %d things from the network", n)
	}
}
