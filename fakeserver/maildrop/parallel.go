package maildrop

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// inParallel calls do for each i below n, from as many goroutines as there are processors, and ends
// early after an error. It returns the error for the lowest i of those that were called. buf is
// scratch space of the goroutine.
func inParallel(n int, do func(i int, buf []byte) error) error {
	const (
		atOnce = 64 // how many a goroutine takes at a time
		buffer = 128 << 10
	)
	var (
		next  atomic.Int64
		mu    sync.Mutex
		first = n
		found error
		all   sync.WaitGroup
	)
	for range min(runtime.GOMAXPROCS(0), (n+atOnce-1)/atOnce) {
		all.Go(func() {
			buf := make([]byte, buffer)
			for {
				end := int(next.Add(atOnce))
				for i := end - atOnce; i < min(end, n); i++ {
					if err := do(i, buf); err != nil {
						mu.Lock()
						defer mu.Unlock()
						if i < first {
							first, found = i, err
						}
						next.Store(int64(n))
						return
					}
				}
				if end >= n {
					return
				}
			}
		})
	}
	all.Wait()
	return found
}
