package peer

import (
	"bytes"
	"context"
	_ "embed" // the script
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed poplib.py
var poplibScript string

// Poplib runs a Python script with poplib, as thousands of scripts use it: one RETR at a time, the
// returned lines joined with CRLF and written to a file. After a line that is too long for poplib
// the session is useless: the script logs in again and continues with the next message.
type Poplib struct{}

// poplibLine is the longest line that poplib accepts, with its line end and the
// stuffed dot (_MAXLINE).
const poplibLine = 2048

// Name returns "poplib".
func (Poplib) Name() string { return "poplib" }

// Encrypts returns true: stls and POP3_SSL.
func (Poplib) Encrypts(TLS) bool { return true }

// Version returns the version of the Python interpreter.
func (Poplib) Version(ctx context.Context) (string, error) {
	return version(ctx, "python3", "python3", "--version")
}

// Fetch reports messages with too long lines as Refused, by their numbers.
func (Poplib) Fetch(ctx context.Context, a Account, dir string) error {
	path, err := program("python3", "python3")
	if err != nil {
		return err
	}
	if err = os.Mkdir(filepath.Join(dir, numbered), 0o700); err != nil {
		return err
	}
	cmd := command(ctx, dir, path, "-c", poplibScript, a.Host, strconv.Itoa(a.Port), a.User, numbered, string(a.TLS), a.CA)
	cmd.Stdin = strings.NewReader(a.Password)
	out, err := run(ctx, cmd)
	if err != nil {
		return err
	}
	return refusals(out, func(line string) (Refusal, bool) {
		number, text, ok := strings.Cut(line, ": ")
		return Refusal{number, text}, ok
	})
}

// refusals returns the refusals that find recognizes in the lines of a program's output.
func refusals(out []byte, find func(line string) (Refusal, bool)) error {
	var refused Refused
	for line := range bytes.Lines(out) {
		if r, ok := find(strings.TrimSpace(string(line))); ok {
			refused = append(refused, r)
		}
	}
	if refused == nil {
		return nil
	}
	return refused
}

// Read returns the files in the order of the server.
func (Poplib) Read(dir string) ([][]byte, error) { return readNumbered(dir) }

// Alters returns what is lost when a message is returned as lines without their ends.
func (Poplib) Alters() string {
	return "takes a bare LF for a line end, so that it comes back as CRLF, and drops a CR at the start of such a line"
}

// Refuses returns a reason for a message with a line of more than 2,048 octets.
func (Poplib) Refuses(served []byte) string {
	if longestLine(stuffed(served)) > poplibLine {
		return fmt.Sprintf("has a line of more than %d octets", poplibLine)
	}
	return ""
}

// stuffed returns the message with the dots that RFC 1939 section 3 adds, since poplib counts them.
func stuffed(m []byte) []byte {
	var out []byte
	for line := range bytes.Lines(m) {
		if line[0] == '.' {
			out = append(out, '.')
		}
		out = append(out, line...)
	}
	return out
}

// Check accepts the changes of Alters and no others.
func (Poplib) Check(_ context.Context, served, stored [][]byte) error {
	return checkEach(served, stored, func(m []byte) []byte {
		var out []byte
		for line := range bytes.Lines(m) {
			if text, ok := bytes.CutSuffix(line, []byte("\r\n")); ok {
				line = text
			} else {
				line = bytes.TrimSuffix(bytes.TrimPrefix(line, []byte("\r")), []byte("\n"))
			}
			out = append(append(out, line...), "\r\n"...)
		}
		return out
	})
}
