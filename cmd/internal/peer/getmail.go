package peer

import (
	"bufio"
	"bytes"
	"context"
	_ "embed" // the scripts
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

//go:embed getmail_run.py
var getmailRun string

//go:embed getmail_check.py
var getmailCheck string

// Getmail runs getmail6. It reads with poplib, parses each message with Python's email package, and
// passes what that package writes to a program that stores it, or appends it to an mbox. It refuses
// to deliver as root, so that check is turned off.
type Getmail struct {
	Mbox bool // false: start a program for each message
}

// getmailLine is the longest line that getmail accepts, with its line end and the stuffed dot.
const getmailLine = 1 << 20

// Name returns "getmail" or "getmail to mbox".
func (g Getmail) Name() string {
	if g.Mbox {
		return "getmail to mbox"
	}
	return "getmail"
}

// Encrypts returns false for STLS, which getmail does not support.
func (Getmail) Encrypts(t TLS) bool { return t == Implicit }

// Version returns what getmail --version prints.
func (Getmail) Version(ctx context.Context) (string, error) {
	return version(ctx, "getmail", "getmail6", "--version")
}

// Fetch reports messages that could not be read as Refused, by their UIDs. After a line of more
// than 1 MiB getmail continues in the same session and reads the rest of that line as the replies
// to its next commands: what it stores from then on is wrong.
func (g Getmail) Fetch(ctx context.Context, a Account, dir string) error {
	path, python, err := getmailProgram()
	if err != nil {
		return err
	}
	destination, err := g.destination(dir)
	if err != nil {
		return err
	}
	rc := filepath.Join(dir, "getmailrc")
	text := fmt.Sprintf("[retriever]\ntype = %s\nserver = %s\nport = %d\nusername = %s\npassword = %s\n"+
		"[destination]\n%s"+
		"[options]\ndelivered_to = false\nreceived = false\nread_all = true\ndelete = false\nverbose = 0\n",
		getmailRetriever(a), a.Host, a.Port, percents(a.User), percents(a.Password), destination)
	if err = settings(rc, text); err != nil {
		return err
	}
	out, err := run(ctx, command(ctx, dir, python, "-c", getmailRun, path, "--getmaildir", dir, "--rcfile", rc))
	refused := refusals(out, func(line string) (Refusal, bool) {
		_, line, ok := strings.Cut(line, "failed to retrieve msgid ")
		uid, text, _ := strings.Cut(line, "; server said ")
		return Refusal{uid, text}, ok
	})
	if refused != nil && ctx.Err() == nil {
		return refused // the exit status adds nothing to that
	}
	return err
}

// destination returns the settings for where getmail stores mail. It creates an
// mbox, which must exist.
func (g Getmail) destination(dir string) (string, error) {
	if g.Mbox {
		path := filepath.Join(dir, "mbox")
		return "type = Mboxrd\npath = " + path + "\n", os.WriteFile(path, nil, 0o600)
	}
	script, err := deliver(dir)
	return "type = MDA_external\npath = " + script + "\nallow_root_commands = true\n", err
}

// getmailRetriever returns the settings for the type of the retriever.
func getmailRetriever(a Account) string {
	switch {
	case a.TLS == "":
		return "SimplePOP3Retriever"
	case a.CA == "":
		return "SimplePOP3SSLRetriever"
	}
	return "SimplePOP3SSLRetriever\nca_certs = " + percents(a.CA) + "\nssl_cert_hostname = " + percents(a.Host)
}

// percents escapes percent signs, which Python's reader of ini files would expand.
func percents(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// Read returns the messages in the order of the server.
func (g Getmail) Read(dir string) ([][]byte, error) {
	if g.Mbox {
		return readMbox(filepath.Join(dir, "mbox"))
	}
	return readNumbered(dir)
}

// Alters returns the changes made by parsing and writing.
func (g Getmail) Alters() string {
	text := "puts a Return-Path line first, and stores what Python's email package writes after parsing: LF as the only line end, " +
		"an empty line before the first line that is no header, no From line at the start"
	if g.Mbox {
		text += "; puts a > before each line that begins with From and a blank, with or without > before it"
	}
	return text
}

// Refuses returns a reason for a message with a line of more than 1 MiB.
func (Getmail) Refuses(served []byte) string {
	if longestLine(stuffed(served)) > getmailLine {
		return fmt.Sprintf("has a line of more than %d octets", getmailLine)
	}
	return ""
}

// Check lets the message class of the installed getmail parse and write each served message, and
// compares, since no simple rule describes what Python's email package does to a broken header.
func (g Getmail) Check(ctx context.Context, served, stored [][]byte) error {
	if err := checkCount(served, stored); err != nil {
		return err
	}
	_, python, err := getmailProgram()
	if err != nil {
		return err
	}
	var in bytes.Buffer
	for _, m := range served {
		in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(m))))
		in.Write(m)
	}
	form := "plain"
	if g.Mbox {
		form = "mbox"
	}
	cmd := command(ctx, os.TempDir(), python, "-c", getmailCheck, form)
	cmd.Stdin = &in
	out, err := run(ctx, cmd)
	if err != nil {
		return err
	}
	for i := range served {
		if len(out) < 4 || uint32(len(out)-4) < binary.BigEndian.Uint32(out) {
			return fmt.Errorf("getmail's message class gave %d messages of %d", i, len(served))
		}
		n := binary.BigEndian.Uint32(out)
		if err = checkOne(i, out[4:4+n], stored[i]); err != nil {
			return err
		}
		out = out[4+n:]
	}
	return nil
}

// getmailProgram returns the path of getmail and of the Python that its first line names.
func getmailProgram() (path, python string, err error) {
	if path, err = program("getmail", "getmail6"); err != nil {
		return "", "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 256)).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "#!/") {
		return "", "", fmt.Errorf("%s does not begin with the path of an interpreter", path)
	}
	return path, strings.TrimSpace(line[2:]), nil
}
