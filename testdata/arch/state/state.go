// as mtm/state.go
package mtm

import (
	"errors"
	"sync"
	"sync/atomic"
)

var (
	ErrNone  = errors.New("none")
	table    = map[string]int{"a": 1}
	registry = map[string]int{}
	count    int
	settings struct{ deep []int }
	shared   int
	lock     sync.Mutex          // want "a package variable of type sync.Mutex"
	seen     = sync.Map{}        // want "a package variable of type sync.Map"
	total    atomic.Int64        // want "a package variable of type atomic.Int64"
	current  atomic.Pointer[int] // want "a package variable of type atomic.Pointer"
	buffers  = sync.Pool{}
)

func change(other map[string]int) {
	registry["x"] = 1        // want "the package variable registry changes"
	count++                  // want "the package variable count changes"
	count, other["y"] = 2, 3 // want "the package variable count changes"
	settings.deep[0] = 1     // want "the package variable settings changes"
	p := &shared             // want "the package variable shared changes"
	delete(registry, "x")    // want "the package variable registry changes"
	count := table["a"]
	count = 3
	_, _ = p, count
}
