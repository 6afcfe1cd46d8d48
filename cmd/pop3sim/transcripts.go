package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
)

// transcriptFlags say where the transcripts of sessions go.
type transcriptFlags struct {
	stderr bool
	file   cli.Path
}

func (f *transcriptFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.stderr, "transcript", false, "print each session's commands and replies when it ends")
	flags.Var(&f.file, "transcript-file", "write the same to `FILE`, which is replaced")
}

func (f *transcriptFlags) given() bool { return f.stderr || f.file != "" }

// transcripts writes what each session said when it has ended. The zero value writes nothing.
type transcripts struct {
	stderr io.Writer // nil for no transcripts there

	mu   sync.Mutex
	file *os.File // nil for none
	err  error    // the first one of file
}

// open creates the file.
func (f *transcriptFlags) open(stderr io.Writer) (*transcripts, error) {
	t := &transcripts{}
	if f.stderr {
		t.stderr = stderr
	}
	if f.file == "" {
		return t, nil
	}
	file, err := os.OpenFile(f.file.String(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it contains private mail
	if err != nil {
		return nil, fmt.Errorf("--transcript-file: %w", err)
	}
	t.file = file
	return t, nil
}

// session returns the function that writes the transcripts of a protocol's sessions.
func (t *transcripts) session(protocol string) func(fakeserver.Transcript) {
	return func(one fakeserver.Transcript) {
		if t.stderr != nil {
			heading := fmt.Sprintf("--- %ssession %d from %s\n", protocol, one.Session, one.Remote)
			_, _ = io.WriteString(t.stderr, heading+lines(one)) // a closed terminal is no reason to stop serving
		}
		t.keep(protocol, one)
	}
}

// keep writes a transcript to the file, with the heading of a recording.
func (t *transcripts) keep(protocol string, one fakeserver.Transcript) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil || t.err != nil {
		return
	}
	heading := fmt.Sprintf("[%ssession %d from %s at %s]\n", protocol, one.Session, one.Remote, one.Started.UTC().Format(time.RFC3339Nano))
	_, t.err = io.WriteString(t.file, heading+lines(one))
}

// close returns the first error of the file.
func (t *transcripts) close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	if t.err != nil {
		err = t.err
	}
	if err != nil {
		return fmt.Errorf("--transcript-file is incomplete: %w", err)
	}
	return nil
}

// lines returns the lines of a session, each with its line end.
func lines(t fakeserver.Transcript) string {
	var b strings.Builder
	for _, line := range t.Lines {
		b.WriteString(line + "\n")
	}
	if t.LeftOut > 0 {
		fmt.Fprintf(&b, "[%d more lines]\n", t.LeftOut)
	}
	return b.String()
}
