package peer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Mpop runs mpop, which pipelines, and delivers to a Maildir or an mbox.
type Mpop struct {
	Mbox bool // false: Maildir
}

// Name returns "mpop to Maildir" or "mpop to mbox".
func (m Mpop) Name() string {
	if m.Mbox {
		return "mpop to mbox"
	}
	return "mpop to Maildir"
}

// Encrypts returns true: tls and tls_starttls.
func (Mpop) Encrypts(TLS) bool { return true }

// Version returns the first line of mpop --version.
func (Mpop) Version(ctx context.Context) (string, error) {
	return version(ctx, "mpop", "mpop", "--version")
}

// Fetch lets mpop use pipelining when the server offers it.
func (m Mpop) Fetch(ctx context.Context, a Account, dir string) error {
	path, err := program("mpop", "mpop")
	if err != nil {
		return err
	}
	delivery := "mbox " + filepath.Join(dir, "mbox")
	if !m.Mbox {
		delivery = "maildir " + filepath.Join(dir, "maildir")
		for _, sub := range []string{"new", "cur", "tmp"} {
			if err = os.MkdirAll(filepath.Join(dir, "maildir", sub), 0o700); err != nil {
				return err
			}
		}
	}
	rc := filepath.Join(dir, "mpoprc")
	text := fmt.Sprintf("account default\nhost %s\nport %d\nuser %s\npassword %s\nauth user\n%skeep on\npipelining auto\n"+
		"received_header off\nuidls_file %s\ndelivery %s\n", a.Host, a.Port, quoted(a.User), quoted(a.Password), mpopTLS(a), filepath.Join(dir, "uidls"), delivery)
	if err = settings(rc, text); err != nil {
		return err
	}
	_, err = run(ctx, command(ctx, dir, path, "--file="+rc, "--quiet"))
	return err
}

func mpopTLS(a Account) string {
	if a.TLS == "" {
		return "tls off\n"
	}
	starttls, trust := "off", "system"
	if a.TLS == STLS {
		starttls = "on"
	}
	if a.CA != "" {
		trust = a.CA
	}
	return "tls on\ntls_starttls " + starttls + "\ntls_trust_file " + trust + "\n"
}

// Read orders a Maildir by the delivery number in its file names, such as
// 1795421777.M470561P19600Q12.host.
func (m Mpop) Read(dir string) ([][]byte, error) {
	if m.Mbox {
		return readMbox(filepath.Join(dir, "mbox"))
	}
	return readSorted(filepath.Join(dir, "maildir", "new"), func(name string) (int, error) {
		_, unique, _ := strings.Cut(name, ".")
		unique, _, _ = strings.Cut(unique, ".")
		return strconv.Atoi(unique[strings.LastIndexByte(unique, 'Q')+1:])
	})
}

// readMbox splits an mbox at its From lines, and removes the empty line at the end of each message.
func readMbox(path string) ([][]byte, error) {
	all, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var messages [][]byte
	for len(all) > 0 {
		_, rest, ok := bytes.Cut(all, []byte("\n"))
		if !bytes.HasPrefix(all, []byte("From ")) || !ok {
			return nil, fmt.Errorf("%s: no From line before message %d", path, len(messages)+1)
		}
		end := bytes.Index(rest, []byte("\nFrom ")) + 1
		if end == 0 {
			end = len(rest)
		}
		messages = append(messages, bytes.TrimSuffix(rest[:end], []byte("\n")))
		all = rest[end:]
	}
	return messages, nil
}

// Alters returns the change of line ends, and for mbox the quoting.
func (m Mpop) Alters() string {
	if m.Mbox {
		return "stores CRLF as LF, in the header CR CR LF too, and puts a > before each line that begins with From and a blank, with or without > before it"
	}
	return "stores CRLF as LF"
}

// Refuses returns "": mpop fetches every message.
func (Mpop) Refuses([]byte) string { return "" }

// Check accepts the changes of Alters and no others.
func (m Mpop) Check(_ context.Context, served, stored [][]byte) error {
	if !m.Mbox {
		return checkEach(served, stored, unixLines)
	}
	return checkEach(served, stored, mboxForm)
}

// mboxForm returns a message as mpop writes it to an mbox: quoted so that no line looks like the
// start of the next message.
func mboxForm(m []byte) []byte {
	out := make([]byte, 0, len(m))
	header := true
	for line := range bytes.Lines(m) {
		header = header && string(line) != "\r\n"
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), []byte("From ")) {
			out = append(out, '>')
		}
		text, ended := bytes.CutSuffix(line, []byte("\n"))
		if header {
			text = bytes.TrimRight(text, "\r")
		}
		out = append(out, bytes.TrimSuffix(text, []byte("\r"))...)
		if ended {
			out = append(out, '\n')
		}
	}
	return out
}
