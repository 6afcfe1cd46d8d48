package child

import (
	"context"
	"time"
)

// LookEvery is how often the memory of a tree of processes is looked at.
const LookEvery = 100 * time.Millisecond

// Tree accounts for a server that has run before a visit: the process that was started as the server and all below it.
// Its CPU time is what they spent between begin and end, those included that have ended; its memory is the largest sum
// that was seen, in which a page that several share is counted once. The zero value accounts for nothing.
type Tree struct {
	root int
	cpu  float64
	stop context.CancelFunc
	peak chan int64
}

// WatchTree begins to account. root is the process that has started the others; 0 when it is not known.
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

// End is what has been spent. It waits for the last look.
func (t *Tree) End() Usage {
	if t.root == 0 {
		return Usage{}
	}
	cpu := treeCPU(t.root) - t.cpu
	t.stop()
	return Usage{CPU: max(0, cpu), Peak: <-t.peak}
}

// largest looks at the memory until ctx ends, and then once more. Looking takes at most a tenth of the time, and
// far less where there are few processes.
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
