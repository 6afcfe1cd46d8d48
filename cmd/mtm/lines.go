package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"pop3mtm/cmd/internal/cli"
)

// maxLineOctets limits a line of the shell.
const maxLineOctets = 1 << 20

// lines reads the lines of the shell. At a terminal it shows a prompt, and has simple editing and a
// history.
//
// A read from a terminal or a pipe cannot be cancelled. So a goroutine reads, one line at a
// time and only when asked. When the shell ends first, the goroutine stays in its read
// until the process ends.
type lines struct {
	terminal bool
	read     int // lines returned so far

	ask     chan string // the prompt
	answers chan lineRead
	stop    chan os.Signal // at a terminal: signals that end the shell; Ctrl-C only ends a command

	file   *os.File
	before *term.State // of the terminal while a line is edited
}

type lineRead struct {
	text string
	err  error
}

func newLines(in io.Reader, stderr io.Writer) *lines {
	l := &lines{ask: make(chan string), answers: make(chan lineRead, 1), stop: make(chan os.Signal, 1)}
	var read func(prompt string) (string, error)
	file, ok := in.(*os.File)
	if ok && term.IsTerminal(int(file.Fd())) && cli.IsTerminal(stderr) {
		l.terminal, l.file = true, file
		signal.Notify(l.stop, syscall.SIGTERM, syscall.SIGHUP)
		editor := term.NewTerminal(readWriter{in, stderr}, "")
		read = func(prompt string) (string, error) {
			editor.SetPrompt(prompt)
			line, err := editor.ReadLine()
			if errors.Is(err, term.ErrPasteIndicator) {
				err = nil
			}
			return line, err
		}
	} else {
		read = scanner(in)
	}
	go func() {
		for prompt := range l.ask {
			text, err := read(prompt)
			l.answers <- lineRead{text, err}
		}
	}()
	return l
}

type readWriter struct {
	io.Reader
	io.Writer
}

func scanner(in io.Reader) func(string) (string, error) {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 4096), maxLineOctets)
	n := 0
	return func(string) (string, error) {
		n++
		if s.Scan() {
			return s.Text(), nil
		}
		if errors.Is(s.Err(), bufio.ErrTooLong) {
			return "", fmt.Errorf("line %d is longer than %d octets", n, maxLineOctets)
		}
		if s.Err() != nil {
			return "", s.Err()
		}
		return "", io.EOF
	}
}

// next returns one line without its line end. It returns io.EOF at the end of the input, and when a
// signal ends the shell.
func (l *lines) next(ctx context.Context, prompt string) (string, error) {
	stopped := ctx.Done()
	if l.terminal {
		stopped = nil // Ctrl-C during a command ended ctx, and the shell goes on
		state, err := term.MakeRaw(int(l.file.Fd()))
		if err != nil {
			return "", err
		}
		l.before = state
		defer l.restore()
	} else if ctx.Err() != nil {
		return "", ctx.Err()
	}
	l.ask <- prompt
	select {
	case a := <-l.answers:
		l.read++
		return strings.TrimSuffix(a.text, "\r"), a.err
	case <-stopped:
		return "", ctx.Err()
	case <-l.stop:
		return "", io.EOF
	}
}

func (l *lines) restore() {
	// A terminal that was closed cannot be restored, and does not need to be.
	_ = term.Restore(int(l.file.Fd()), l.before)
}

func (l *lines) close() {
	signal.Stop(l.stop)
	close(l.ask)
}
