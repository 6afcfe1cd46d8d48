package exported_test

import (
	"testing"

	"typed/exported"
)

func TestIt(t *testing.T) { exported.OnlyTested() }

func ExampleUsed() { exported.ByExample() }
