// as mtm/main_test.go
package mtm

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(m.Run()) }

func TestExit(t *testing.T) { os.Exit(0) } // want "os.Exit below main"
