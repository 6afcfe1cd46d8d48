package page_test

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"pop3mtm/internal/browser"
)

// namesEverything looks at the tree that screen readers have.
func namesEverything(t *testing.T, b *browser.Tab) {
	b.Click("[data-open=picker]")
	b.Shows("#found", " of ")
	for _, dialog := range []string{"picker", ""} {
		if dialog == "" {
			b.Click("#picker [data-close]")
		}
		tree := browser.Get(b, func(ctx context.Context, target *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
			return cdp.Call(ctx, target, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		})
		roles := map[string]int{}
		for _, n := range tree.Nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role := string(n.Role.Value)
			roles[role]++
			used := []string{`"button"`, `"link"`, `"textbox"`, `"searchbox"`, `"combobox"`, `"log"`, `"dialog"`, `"region"`, `"image"`, `"tab"`}
			if slices.Contains(used, role) && (n.Name == nil || string(n.Name.Value) == `""`) {
				t.Errorf("a %s has no name", role)
			}
		}
		if dialog == "" && (roles[`"main"`] != 1 || roles[`"banner"`] != 1 || roles[`"button"`] < 15 || roles[`"log"`] != 1) {
			t.Errorf("the page has other parts than it should: %v", roles)
		}
	}
}
