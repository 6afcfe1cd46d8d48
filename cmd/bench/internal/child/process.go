package child

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// StopTime limits how long a process may take to end after it was interrupted.
const StopTime = 10 * time.Second

// Process prepares a program. When ctx ends, the program is interrupted instead of killed. The last
// part of its stderr is kept for the error message.
func Process(ctx context.Context, argv []string) (*exec.Cmd, *LastWords) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = StopTime
	cmd.Cancel = func() error { return Interrupt(cmd.Process) }
	said := new(LastWords)
	cmd.Stderr = said
	return cmd, said
}

// Interrupt asks a process to end. On systems without an interrupt signal it kills the process.
func Interrupt(p *os.Process) error {
	if p.Signal(os.Interrupt) == nil {
		return nil
	}
	return p.Kill()
}

// endsWithInput returns a context that ends when standard input does, so that no process of the
// bench outlives the one that started it. A signal would not do: a terminal sends Ctrl-C to all
// processes, and a second signal means to stop at once.
func endsWithInput(ctx context.Context, stdin io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends at the latest when the process that started this one ends
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	return ctx, cancel
}

// LastWords keeps the last octets that a program writes to stderr.
type LastWords struct{ text []byte }

const mostWords = 4 << 10

func (l *LastWords) Write(p []byte) (int, error) {
	l.text = append(l.text, p...)
	if len(l.text) > mostWords {
		l.text = append(l.text[:0], l.text[len(l.text)-mostWords:]...)
	}
	return len(p), nil
}

// Explain returns an error that names the program and has the last line that the program wrote to
// stderr, or err when it wrote nothing. It returns the cause of ctx when ctx has ended, and nil
// when err is nil.
func (l *LastWords) Explain(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	said := bytes.TrimSpace(l.text)
	if i := bytes.LastIndexByte(said, '\n'); i >= 0 {
		said = said[i+1:]
	}
	if len(said) == 0 {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %s", what, strings.TrimPrefix(string(said), "bench: "))
}

// Usage holds the CPU time and memory that processes used. Zero means that the system does not
// report the figure.
type Usage struct {
	CPU  float64 `json:"cpu_seconds"`       // user and system time together
	Peak int64   `json:"peak_memory_bytes"` // largest resident set of one process
}

// Since returns the CPU time that was used after before was read. The peak is that of the whole
// time.
func (u Usage) Since(before Usage) Usage { return Usage{CPU: u.CPU - before.CPU, Peak: u.Peak} }
