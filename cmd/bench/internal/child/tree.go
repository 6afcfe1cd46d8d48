package child

import (
	"context"
	"time"
)

// LookEvery is the interval at which the memory of a process tree is read.
const LookEvery = 100 * time.Millisecond

// Tree measures the cost of a server that was started before a visit: its first process and all
// descendants. Its CPU time includes processes that have ended; its memory is the largest sum that
// was read, in which shared pages count once. The zero value measures nothing.
type Tree struct {
	root int
	cpu  float64
	stop context.CancelFunc
	peak chan int64
}

// WatchTree begins to measure. root is the first process, 0 when it is not known.
func WatchTree(ctx context.Context, root int) *Tree {
	t := &Tree{root: root}
	if t.root == 0 {
		return t
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.peak = make(chan int64, 1)
	t.cpu = treeCPU(root)
	go func() { t.peak <- largest(ctx, root) }()
	return t
}

// End returns the cost since WatchTree. It waits for the last reading.
func (t *Tree) End() Usage {
	if t.root == 0 {
		return Usage{}
	}
	cpu := treeCPU(t.root) - t.cpu
	t.stop()
	return Usage{CPU: max(0, cpu), Peak: <-t.peak}
}

// largest returns the largest memory that it reads until ctx ends. Reading takes at
// most a tenth of the time.
func largest(ctx context.Context, root int) (peak int64) {
	timer := time.NewTimer(LookEvery)
	defer timer.Stop()
	for {
		start := time.Now()
		peak = max(peak, treeMemory(root))
		select {
		case <-ctx.Done():
			return peak
		default:
		}
		timer.Reset(max(LookEvery, 10*time.Since(start)))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
}
