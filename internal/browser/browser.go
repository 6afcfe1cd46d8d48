// Package browser operates pages in Chromium as a person does. Only tests import it.
package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"

	"pop3mtm/internal/need"
)

// Start starts Chromium, which ends with the test. Without Chromium the test is skipped; with the
// environment variable CI set to "true" it fails.
func Start(t testing.TB) context.Context {
	t.Helper()
	path, err := find()
	if err != nil {
		need.Missing(t, err)
	}
	// Chromium leaves a directory behind, for which the path of TempDir would be too long.
	dir, err := os.MkdirTemp("", "chromium")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // Chromium may still write
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Env("TMPDIR="+dir))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium is not installed")
}
