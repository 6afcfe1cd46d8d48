package process

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// watch checks one running program.
type watch struct {
	command Command
	limits  Limits
	pid     int
	line    func() Line
	idle    func(since, limit time.Duration)

	silence silence
	begun   int   // connections before this run
	size    int64 // of the files at the last check
	count   int
	changed time.Time // when the files last changed
	looked  time.Time // when the files were last checked
	after   time.Time // when the last connection ended; zero while one is open, or before the first
	cpu     time.Duration
	grown   int // how many checks in a row after the end of the connection found that the files grew
}

// until waits for the program to end, and kills its group when a limit is reached.
func (w *watch) until(ctx context.Context, done <-chan error, e *Ending) error {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			e.Killed = true
		case now := <-ticker.C:
			e.Hung = w.look(now)
		}
		if e.Killed || e.Hung != "" {
			endGroup(w.pid)
			return <-done
		}
	}
}

// look returns why the program must be ended, or "".
func (w *watch) look(now time.Time) string {
	line := w.line()
	quiet := w.silence.weigh(w.pid, now, later(line.Last, w.changed))
	// Walking the files often would only slow down a program that is busy with its connection.
	if now.Sub(w.looked) >= min(10*pulse, w.limits.Busy/4) {
		w.looked = now
		if why := w.files(now, line); why != "" {
			return why
		}
	}
	if quiet >= Idle {
		w.idle(quiet, w.limits.Hang)
	}
	if n := line.Count - w.begun; n > w.limits.Dials {
		return fmt.Sprintf("it connected more than %d times", w.limits.Dials)
	}
	if quiet >= w.limits.Hang {
		return fmt.Sprintf("no octet and no change of a file for %s", w.limits.Hang)
	}
	return ""
}

// files checks what the program has written, and what it does after its connection has ended.
func (w *watch) files(now time.Time, line Line) string {
	size, count := measure(w.command.Files)
	grew := size > w.size
	if size != w.size || count != w.count {
		w.size, w.count, w.changed = size, count, now
	}
	if size > w.limits.Disk {
		return fmt.Sprintf("it wrote more than %d octets", w.limits.Disk)
	}
	if line.Open || line.Count == w.begun {
		w.after = time.Time{}
		return ""
	}
	if line.Last.After(w.after) { // now, or again: a client may connect many times
		w.after, w.cpu, w.grown = line.Last, used(w.pid), 0
		return ""
	}
	if w.grown++; !grew {
		w.grown = 0
	}
	if now.Sub(w.after) < w.limits.Busy {
		return ""
	}
	// Work that ends, such as a last sync, shows neither of these signs for so long.
	if burnt := used(w.pid) - w.cpu; burnt >= w.limits.Busy*3/4 {
		return fmt.Sprintf("it used %s of processor time after its connection had ended", burnt.Round(100*time.Millisecond))
	}
	if w.grown >= 4 {
		return "its files keep growing after its connection has ended"
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// measure returns the total size and the number of the files below a directory.
func measure(dir string) (size int64, count int) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // the program may have removed it
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
			count++
		}
		return nil
	})
	return size, count
}
