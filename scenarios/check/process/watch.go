package process

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// watch looks at one running program.
type watch struct {
	command Command
	limits  Limits
	pid     int
	line    func() Line
	idle    func()

	begun   int   // connections before this run
	size    int64 // of the files at the last look
	count   int
	changed time.Time // when the files last changed
	parked  bool
	looked  time.Time // at the files
	after   time.Time // since when no connection is open; zero while one is, or before the first
	cpu     time.Duration
	grown   int // looks in a row after the end of the connection that found the files grown
}

// until waits for the program's end, and ends its group when a limit is reached.
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

// look returns why the program has to be ended, or "".
func (w *watch) look(now time.Time) string {
	line := w.line()
	quiet := now.Sub(later(line.Last, w.changed))
	// Walking the files of a program that is busy with its connection would only slow it down.
	if now.Sub(w.looked) >= min(10*pulse, w.limits.Busy/4) {
		w.looked = now
		if why := w.files(now, line); why != "" {
			return why
		}
	}
	if quiet >= time.Second && !w.parked {
		w.parked = true
		w.idle()
	}
	if n := line.Count - w.begun; n > w.limits.Dials {
		return fmt.Sprintf("it connected more than %d times", w.limits.Dials)
	}
	if quiet >= w.limits.Hang {
		return fmt.Sprintf("no octet and no change of a file for %s", w.limits.Hang)
	}
	return ""
}

// files looks at what the program has written, and what it does once its connection has ended.
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
	if w.after.IsZero() {
		w.after, w.cpu, w.grown = line.Last, used(w.pid), 0
		return ""
	}
	if w.grown++; !grew {
		w.grown = 0
	}
	if now.Sub(w.after) < w.limits.Busy {
		return ""
	}
	// Work that is bounded, such as a last sync, shows neither sign for so long.
	if burnt := used(w.pid) - w.cpu; burnt >= w.limits.Busy*3/4 {
		return fmt.Sprintf("%s of processor time were used after the connection had ended", burnt.Round(100*time.Millisecond))
	}
	if w.grown >= 4 {
		return "its files go on growing after the connection has ended"
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// measure returns the octets and the number of files below a directory.
func measure(dir string) (size int64, count int) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // the program may remove what it likes
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
			count++
		}
		return nil
	})
	return size, count
}
