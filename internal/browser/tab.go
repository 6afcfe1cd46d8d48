package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"
)

// Patience is how long a busy machine may take for anything that a page does.
const Patience = 2 * time.Minute

// Tab is a tab of Chromium. What goes wrong in it fails the test.
type Tab struct {
	testing.TB
	ctx context.Context
}

// Step is a step in a tab that returns nothing.
type Step = chromedp.Action[chromedp.Void]

// Open opens a tab, which is closed at the end of the test, and runs the steps in it.
func Open(chromium context.Context, t testing.TB, steps ...Step) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium)
	t.Cleanup(cancel)
	b := &Tab{t, ctx}
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context of its first call
		t.Fatal(err)
	}
	b.Do(steps...)
	return b
}

// Do runs steps one after the other. A step whose element is replaced meanwhile is tried again.
func (b *Tab) Do(steps ...Step) {
	b.Helper()
	for _, step := range steps {
		Get(b, step)
	}
}

// Get runs a step that returns something, as Do does.
func Get[T any](b *Tab, step chromedp.Action[T]) (got T) {
	b.Helper()
	b.eventually("a step", func(ctx context.Context) (err error) {
		if got, err = chromedp.Run(ctx, step); err != nil && !gone(err) {
			b.Fatal(err)
		}
		return err
	})
	return got
}

// eventually repeats look until it returns no error.
func (b *Tab) eventually(what string, look func(context.Context) error) {
	b.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = look(ctx); err == nil {
			return
		}
		<-again.C
	}
	page, _ := evaluate[string](b.ctx, "document.body.innerText") // at best
	b.Fatalf("waiting for %s: %v\nThe page:\n%s", what, err, page)
}

// Until waits until a JavaScript expression is true.
func (b *Tab) Until(condition string) {
	b.Helper()
	b.eventually(condition, func(ctx context.Context) error {
		is, err := evaluate[bool](ctx, "Boolean("+condition+")")
		if err == nil && !is {
			err = errNotYet
		}
		return err
	})
}

// evaluate returns the value of a JavaScript expression. While a page is being left Chromium may
// leave the question without an answer, so it is asked again. Of a page that is still coming there
// is only a part: that is an error.
func evaluate[T any](ctx context.Context, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](
		`(() => { if (document.readyState === "loading") { throw new Error("the page is still coming") } return `+expression+` })()`))
}

var errNotYet = errors.New("it is not true yet")

// Shows waits until one of the elements shows a text.
func (b *Tab) Shows(selector, text string) {
	b.Helper()
	b.Until(fmt.Sprintf("[...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q))", selector, text))
}

// Value returns the value of a JavaScript expression as text, as soon as it has one: a page that is
// being left or is still coming has none.
func (b *Tab) Value(expression string) (text string) {
	b.Helper()
	b.eventually(expression, func(ctx context.Context) (err error) {
		text, err = evaluate[string](ctx, "String("+expression+")")
		return err
	})
	return text
}

// Click waits for an element, scrolls to it and clicks on it.
func (b *Tab) Click(selector string) {
	b.Helper()
	b.Do(chromedp.ScrollIntoView(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// Press presses keys.
func (b *Tab) Press(keys string) {
	b.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Leaves does something that leads to another page, or to this page anew, and waits until that is
// loaded: what the old page shows must not be taken for what the new one shows.
func (b *Tab) Leaves(do func()) {
	b.Helper()
	b.Value(`document.left = "not yet"`)
	do()
	b.Until(`document.left === undefined && document.readyState === "complete"`)
}

// gone reports whether a step failed because its element or its page was replaced in between.
// Nothing has been done then.
func gone(err error) bool {
	var answer *cdproto.Error
	if !errors.As(err, &answer) {
		return false
	}
	return slices.ContainsFunc(replaced, func(text string) bool { return strings.Contains(answer.Message, text) })
}

// replaced holds parts of the errors that Chromium reports when an element or a page was replaced.
var replaced = []string{
	"Could not find node", "No node with given id", "Node is detached", "does not belong to the document",
	"Could not compute box model", "Cannot find context", "Execution context was destroyed",
}
