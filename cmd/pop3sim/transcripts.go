package main

import (
	"bufio"
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

// transcriptFlags holds the flags about transcripts.
type transcriptFlags struct {
	stderr bool
	file   cli.Path
}

func (f *transcriptFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.stderr, "transcript", false, "print each session's commands and replies when it ends")
	flags.Var(&f.file, "transcript-file", "write the same to `FILE`, which is replaced, as it happens: at most a second later")
}

func (f *transcriptFlags) given() bool { return f.stderr || f.file != "" }

// transcripts writes what is said in sessions. The zero value writes nothing.
type transcripts struct {
	stderr io.Writer // for transcripts when sessions end, or nil

	errors io.Writer // for the failure of the file
	stop   chan struct{}
	mu     sync.Mutex
	file   *os.File // nil for none
	out    *bufio.Writer
	last   string // the heading of the lines that were written last
	failed bool   // the file is given up
}

// flushed is how long a line may wait before it is in the file.
const flushed = time.Second

// open creates the file.
func (f *transcriptFlags) open(stderr io.Writer) (*transcripts, error) {
	t := &transcripts{errors: stderr}
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
	t.file, t.out, t.stop = file, bufio.NewWriterSize(file, 64<<10), make(chan struct{})
	go t.keepFlushed()
	return t, nil
}

// keepFlushed writes to the file what waits, every second until the end.
func (t *transcripts) keepFlushed() {
	ticker := time.NewTicker(flushed)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.mu.Lock()
			t.check(t.out.Flush())
			t.mu.Unlock()
		case <-t.stop:
			return
		}
	}
}

// heading introduces the lines of a session, as in a recording.
func heading(protocol string, of fakeserver.Transcript) string {
	return fmt.Sprintf("[%ssession %d from %s at %s]\n", protocol, of.Session, of.Remote, of.Started.UTC().Format(time.RFC3339Nano))
}

// lines returns the function that writes the lines of a protocol's sessions to the file, as they
// happen. Lines of another session than before get its heading.
func (t *transcripts) lines(protocol string) func(fakeserver.Transcript, []string) {
	return func(of fakeserver.Transcript, lines []string) {
		t.keep(heading(protocol, of), strings.Join(lines, "\n")+"\n")
	}
}

// session returns the function that is called with the transcripts of a protocol's sessions at
// their end.
func (t *transcripts) session(protocol string) func(fakeserver.Transcript) {
	return func(one fakeserver.Transcript) {
		more := ""
		if one.LeftOut > 0 {
			more = fmt.Sprintf("[%d more lines]\n", one.LeftOut)
			t.keep(heading(protocol, one), more)
		}
		if t.stderr == nil {
			return
		}
		var b strings.Builder
		fmt.Fprintf(&b, "--- %ssession %d from %s\n", protocol, one.Session, one.Remote)
		for _, line := range one.Lines {
			b.WriteString(line + "\n")
		}
		_, _ = io.WriteString(t.stderr, b.String()+more) // a closed terminal is no reason to stop serving
	}
}

// keep adds text of a session to the file.
func (t *transcripts) keep(heading, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil || t.failed {
		return
	}
	if heading != t.last {
		t.last = heading
		text = heading + text
	}
	_, err := t.out.WriteString(text)
	t.check(err)
}

// check stops writing the file after an error, which is reported once. t.mu is locked.
func (t *transcripts) check(err error) {
	if err != nil && !t.failed {
		t.failed = true
		_, _ = fmt.Fprintf(t.errors, "pop3sim: --transcript-file is incomplete: %v; the server goes on without it\n", err)
	}
}

// close writes the rest. A file that is incomplete is a failure of the program.
func (t *transcripts) close() error {
	if t.file == nil {
		return nil
	}
	close(t.stop)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.failed {
		t.check(t.out.Flush())
	}
	t.check(t.file.Close())
	if t.failed {
		return cli.Exit(cli.Failed)
	}
	return nil
}
