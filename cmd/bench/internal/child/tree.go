package child

import (
	"context"
	"time"
)

// LookEvery is the interval at which the memory of a process tree is read.
const LookEvery = 100 * time.Millisecond

// Tree measures a server that was running before the visit: its first process and all descendants.
// The CPU time includes processes that have ended. The memory is the largest sum that was read, in
// which shared pages count once. The zero value measures nothing.
type Tree struct {
	root int
	cpu  float64
	stop context.CancelFunc
	peak chan int64
}

// WatchTree starts to measure. root is the server's first process, or 0 when it is not known.
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

// End returns the usage since WatchTree. It waits for the last reading.
func (t *Tree) End() Usage {
	if t.root == 0 {
		return Usage{}
	}
	cpu := treeCPU(t.root) - t.cpu
	t.stop()
	return Usage{CPU: max(0, cpu), Peak: <-t.peak}
}

// largest reads the memory of the process tree until ctx ends and returns the largest value. It
// spends at most a tenth of the time on reading.
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
