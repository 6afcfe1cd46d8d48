package features_test

import (
	"context"
	"testing"

	"pop3mtm/features"
)

// TestFeatures runs all built-in suites. The seed in the summary repeats an order.
func TestFeatures(t *testing.T) {
	status, err := features.Run(context.Background(), features.Options{Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	if status != 0 {
		t.Fatal("a scenario failed; the output above names it")
	}
}
