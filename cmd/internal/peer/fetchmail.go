package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Fetchmail runs fetchmail, which passes each message to a program that stores it, or writes
// all messages to one file.
type Fetchmail struct {
	BSMTP bool // write a file of SMTP commands, as mail servers read in a batch; false: start a program for each message
}

// fetchmailLine is the number of octets of a body's line that fetchmail reads at once.
const fetchmailLine = 8191

// Name returns "fetchmail" or "fetchmail to BSMTP".
func (f Fetchmail) Name() string {
	if f.BSMTP {
		return "fetchmail to BSMTP"
	}
	return "fetchmail"
}

// Encrypts returns true: sslproto and ssl.
func (Fetchmail) Encrypts(TLS) bool { return true }

// Version returns the first line of fetchmail --version.
func (Fetchmail) Version(ctx context.Context) (string, error) {
	path, err := program("fetchmail", "fetchmail")
	if err != nil {
		return "", err
	}
	// Without a settings file it prints its version and exits with an error.
	out, err := run(ctx, command(ctx, os.TempDir(), path, "--version"))
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "This is fetchmail") {
			return strings.TrimSpace(line), nil
		}
	}
	return "", errors.Join(err, errors.New("fetchmail printed no version"))
}

// Fetch lets fetchmail change as little as possible: no rewriting of addresses, no Received line,
// CR and 8-bit octets kept.
func (f Fetchmail) Fetch(ctx context.Context, a Account, dir string) error {
	path, err := program("fetchmail", "fetchmail")
	if err != nil {
		return err
	}
	destination := "bsmtp " + quoted(batchFile(dir))
	if !f.BSMTP {
		script, failed := deliver(dir)
		if failed != nil {
			return failed
		}
		destination = "mda " + quoted(script)
	}
	rc := filepath.Join(dir, "fetchmailrc")
	text := fmt.Sprintf("set invisible\nset no bouncemail\nset no spambounce\nset no syslog\n"+
		"poll %s proto pop3 port %d auth password no envelope no dns bad-header accept timeout 60\n"+
		"user %s password %s is reader here keep fetchall no forcecr no stripcr pass8bits no mimedecode no dropstatus no rewrite %s %s\n",
		a.Host, a.Port, quoted(a.User), quoted(a.Password), destination, fetchmailTLS(a))
	if err = settings(rc, text); err != nil {
		return err
	}
	cmd := command(ctx, dir, path, "--fetchmailrc", rc, "--silent", "--pidfile", filepath.Join(dir, "pid"), "--idfile", filepath.Join(dir, "ids"))
	cmd.Env = append(cmd.Env, "FETCHMAILHOME="+dir)
	_, err = run(ctx, cmd)
	// Exit status 1 means that there was no mail.
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return nil
	}
	return err
}

// batchFile returns the path of the BSMTP file.
func batchFile(dir string) string { return filepath.Join(dir, "batch") }

func fetchmailTLS(a Account) string {
	if a.TLS == "" {
		return "sslproto ''"
	}
	text := "sslproto 'TLS1.2+' sslcertck"
	if a.TLS == Implicit {
		text = "ssl " + text
	}
	if a.CA != "" {
		text += " sslcertfile " + quoted(a.CA)
	}
	return text
}

// Read returns the messages in the order of the server. Where fetchmail made a header, its
// To and Subject lines are removed, since they have the names of this machine, of the
// account and of the server.
func (f Fetchmail) Read(dir string) ([][]byte, error) {
	read := readNumbered
	if f.BSMTP {
		read = readBatch
	}
	messages, err := read(dir)
	for i, m := range messages {
		if rest, ok := bytes.CutPrefix(m, []byte(headerless+"To: ")); ok {
			parts := bytes.SplitN(rest, []byte("\r\n"), 3)
			messages[i] = append([]byte(headerless), parts[len(parts)-1]...)
		}
	}
	return messages, err
}

// readBatch returns the messages of a BSMTP file: the text between DATA and a line with a dot.
func readBatch(dir string) ([][]byte, error) {
	all, err := os.ReadFile(batchFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // there was no mail
	}
	if err != nil {
		return nil, err
	}
	var messages [][]byte
	for len(all) > 0 {
		_, rest, begins := bytes.Cut(all, []byte("\r\nDATA\r\n"))
		end := bytes.Index(append([]byte("\r\n"), rest...), []byte("\r\n.\r\n"))
		if !begins || end < 0 {
			return nil, fmt.Errorf("%s: message %d is not whole", batchFile(dir), len(messages)+1)
		}
		var m []byte
		for line := range bytes.Lines(rest[:end]) {
			m = append(m, bytes.TrimPrefix(line, []byte("."))...)
		}
		messages = append(messages, m)
		all = rest[end+len(".\r\n"):]
	}
	return messages, nil
}

// headerless is the first line of the header that fetchmail makes for a message without a header.
const headerless = "From: FETCHMAIL-DAEMON\r\n"

// Alters returns what fetchmail does to unusual headers and to long lines.
func (f Fetchmail) Alters() string {
	odd := "keeps the stuffed dot of all its lines but the first; "
	if f.BSMTP {
		odd = "takes Return-Path lines out of it; "
	}
	return "drops From lines, empty Status lines and NUL from a header; " + odd + "makes a header " +
		"where it is missing; ends it with an empty line; and adds octets of its own memory, a NUL first and an LF last, " +
		"after each 8,191 octets of a line in the body, where it also drops a dot"
}

// Refuses returns a reason for a message in which the last piece of a long line looks like
// the end of the message.
func (Fetchmail) Refuses(served []byte) string {
	_, body := Fetchmail{}.header(served)
	for chunk := range fetchmailChunks(body) {
		if string(chunk) == ".\r\n" || string(chunk) == ".\n" {
			return "has a line with a dot at its end after a multiple of 8,191 octets"
		}
	}
	return ""
}

// Check accepts the changes of Alters and no others. What is added to long lines differs
// between machines: there, and nowhere else, it skips up to 64 octets from a NUL to an LF
// in the stored message.
func (f Fetchmail) Check(_ context.Context, served, stored [][]byte) error {
	if err := checkCount(served, stored); err != nil {
		return err
	}
	for i, s := range served {
		want, body := f.header(s)
		header := min(len(stored[i]), len(want))
		got := append(make([]byte, 0, len(stored[i])), stored[i][:header]...)
		rest := stored[i][header:]
		for chunk := range fetchmailChunks(body) {
			text := bytes.TrimPrefix(chunk, []byte("."))
			want = append(want, text...)
			n := min(len(rest), len(text))
			got = append(got, rest[:n]...)
			rest = rest[n:]
			if chunk[len(chunk)-1] != '\n' {
				rest = withoutLeak(rest)
			}
		}
		if err := checkOne(i, want, append(got, rest...)); err != nil {
			return err
		}
	}
	return nil
}

// fetchmailChunks splits a body, as it is sent, into the pieces that fetchmail reads: a
// line or a part of one.
func fetchmailChunks(body []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(stuffed(body)) {
			for chunk := range slices.Chunk(line, fetchmailLine) {
				if !yield(chunk) {
					return
				}
			}
		}
	}
}

// withoutLeak removes what fetchmail added after a part of a line.
func withoutLeak(stored []byte) []byte {
	const leak = 64
	end := bytes.IndexByte(stored[:min(len(stored), leak)], '\n')
	if end > 0 && stored[0] == 0 {
		return stored[end+1:]
	}
	return stored
}

// header returns the header of a message as fetchmail stores it, with its blank line, and the body.
func (f Fetchmail) header(m []byte) (header, body []byte) {
	body = m
	for len(body) > 0 {
		var field []byte
		field, body = fetchmailField(body)
		if fetchmailEnds(field) {
			break
		}
		if fetchmailDrops(field) || f.BSMTP && bytes.HasPrefix(bytes.ToLower(field), []byte("return-path:")) {
			continue
		}
		if field[0] == '.' && header != nil && !f.BSMTP {
			header = append(header, '.')
		}
		header = append(header, field...)
	}
	if header == nil {
		header = []byte(headerless)
	}
	return append(header, "\r\n"...), body
}

// fetchmailField returns the first field with its continuation lines, without NUL, and the rest.
func fetchmailField(m []byte) (field, rest []byte) {
	for {
		n := bytes.IndexByte(m, '\n') + 1
		if n == 0 {
			n = len(m)
		}
		field = append(field, bytes.ReplaceAll(m[:n], []byte{0}, nil)...)
		m = m[n:]
		if fetchmailEnds(field) || len(m) == 0 || m[0] != ' ' && m[0] != '\t' {
			return field, m
		}
	}
}

// fetchmailEnds reports whether fetchmail reads this as the empty line after a header.
func fetchmailEnds(field []byte) bool {
	return string(bytes.TrimLeft(field, "\r")) == "\n"
}

// fetchmailDrops reports whether fetchmail drops a header field.
func fetchmailDrops(field []byte) bool {
	lower := string(bytes.ToLower(field))
	for _, prefix := range []string{"from ", ">from "} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	for _, prefix := range []string{"status:", "x-mozilla-status:"} {
		if rest, ok := strings.CutPrefix(lower, prefix); ok && strings.TrimSpace(rest) == "" {
			return true
		}
	}
	return false
}
