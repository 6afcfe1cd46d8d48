package check_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"

	"pop3mtm/internal/ramdisk"
)

// atOnce is the least number of parallel tests that run at the same time, unless a flag says
// another. Most of the time they wait for limits that must be reached.
const atOnce = 4

func TestMain(m *testing.M) {
	ramdisk.Use()
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err) // package testing has the flag
		}
	}
	os.Exit(m.Run())
}
