package main

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

// stopTime is how long a process may take to end after it was asked to.
const stopTime = 10 * time.Second

// process prepares a program that is interrupted, not killed, when ctx ends. What it writes to stderr is kept for the
// error.
func process(ctx context.Context, argv []string) (*exec.Cmd, *lastWords) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = stopTime
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	said := new(lastWords)
	cmd.Stderr = said
	return cmd, said
}

// interrupt asks a process to end; where that cannot be asked it is killed.
func interrupt(p *os.Process) error {
	if p.Signal(os.Interrupt) == nil {
		return nil
	}
	return p.Kill()
}

// endsWithInput makes a context that ends with standard input, that is with the process that holds its other end: no
// process of the bench outlives the one that started it. A signal would not do, since a terminal sends Ctrl-C to all of
// them, and to a process that is busy ending a second signal means to stop at once.
func endsWithInput(ctx context.Context, stdin io.Reader) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the process that started us, at the latest
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	return ctx, cancel
}

// lastWords keeps the end of what a program writes to stderr.
type lastWords struct{ text []byte }

const mostWords = 4 << 10

func (l *lastWords) Write(p []byte) (int, error) {
	l.text = append(l.text, p...)
	if len(l.text) > mostWords {
		l.text = append(l.text[:0], l.text[len(l.text)-mostWords:]...)
	}
	return len(p), nil
}

// explain turns the error of a program that failed into one that says what the program said. A nil err stays nil.
func (l *lastWords) explain(ctx context.Context, what string, err error) error {
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
