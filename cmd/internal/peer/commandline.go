package peer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// CommandLine is a user's own client, given as a command line for the shell. {host}, {port},
// {user}, {password}, {dir} and {ca} (the file with the certificate authority) in it are replaced
// by their values, quoted. The client must copy every message to a file below {dir}, or all of them
// to one mbox, and may store CRLF as LF.
type CommandLine struct {
	Title string // the name that results show
	Line  string
}

// placeholders returns the placeholders that a command line must have, since without them it could
// not fetch the given mailbox.
func placeholders() []string { return []string{"{host}", "{port}", "{dir}"} }

// Validate returns an error for a command line without the required placeholders.
func (c CommandLine) Validate() error {
	for _, p := range placeholders() {
		if !strings.Contains(c.Line, p) {
			return fmt.Errorf("the command of %s lacks %s: it may use {host}, {port}, {user}, {password}, {dir} and {ca}", c.Title, p)
		}
	}
	return nil
}

// Name returns the title.
func (c CommandLine) Name() string { return c.Title }

// Encrypts returns true: the user chooses the command line.
func (CommandLine) Encrypts(TLS) bool { return true }

// Version returns the command line itself, since it is not known how the program prints its
// version. It returns an error when the program does not exist.
func (c CommandLine) Version(ctx context.Context) (string, error) {
	sh, err := program("sh", "dash")
	if err != nil {
		return "", err
	}
	word := c.firstWord()
	if word == "" {
		return c.Line, nil
	}
	cmd := command(ctx, "", sh, "-c", "command -v "+shellWord(word))
	if _, err = run(ctx, cmd); err != nil {
		return "", fmt.Errorf("the command of %s: %s does not exist or cannot be run; check its path", c.Title, word)
	}
	return c.Line, nil
}

// firstWord returns the program that the shell would run, "" when only a shell can find out.
func (c CommandLine) firstWord() string {
	for word := range strings.FieldsSeq(c.Line) {
		if strings.ContainsAny(word, "\"'`$\\|&;<>(){}*?[]~#!") {
			return ""
		}
		if !strings.Contains(word, "=") { // a word with = sets a variable
			return word
		}
	}
	return ""
}

// Fetch runs the command line with sh in the user's working directory, so that relative paths work.
// Its environment has only the user's PATH, HOME set to dir, and LC_ALL set to C.
func (c CommandLine) Fetch(ctx context.Context, a Account, dir string) error {
	sh, err := program("sh", "dash")
	if err != nil {
		return err
	}
	mail := filepath.Join(dir, numbered)
	if err = os.Mkdir(mail, 0o700); err != nil {
		return err
	}
	values := strings.NewReplacer("{host}", shellWord(a.Host), "{port}", strconv.Itoa(a.Port), "{user}", shellWord(a.User),
		"{password}", shellWord(a.Password), "{dir}", shellWord(mail), "{ca}", shellWord(a.CA))
	cmd := command(ctx, dir, sh, "-c", values.Replace(c.Line))
	cmd.Dir = ""
	_, err = run(ctx, cmd)
	return err
}

// shellWord returns text quoted as one word of a shell.
func shellWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Read returns the files below {dir} in the order of their names, where 2 comes before 10. A single
// mbox is split into its messages.
func (c CommandLine) Read(dir string) ([][]byte, error) {
	var paths []string
	err := filepath.WalkDir(filepath.Join(dir, numbered), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(paths, compareNatural)
	messages := make([][]byte, len(paths))
	for i, path := range paths {
		if messages[i], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	if len(messages) == 1 && bytes.HasPrefix(messages[0], []byte("From ")) {
		return readMbox(paths[0])
	}
	return messages, nil
}

// compareNatural compares names in which a run of digits counts as one number.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, y := len(a)-len(strings.TrimLeft(a, "0123456789")), len(b)-len(strings.TrimLeft(b, "0123456789"))
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
		if c := cmp.Or(cmp.Compare(len(m), len(n)), cmp.Compare(m, n), cmp.Compare(x, y)); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return cmp.Compare(len(a), len(b))
}

// Alters returns the changes that Check accepts.
func (CommandLine) Alters() string { return "may store CRLF as LF, and From lines of an mbox quoted" }

// Refuses returns "": the client is expected to fetch every message.
func (CommandLine) Refuses([]byte) string { return "" }

// Check returns an error unless every served message is stored, in any order.
func (CommandLine) Check(_ context.Context, served, stored [][]byte) error {
	if err := checkCount(served, stored); err != nil {
		return err
	}
	type digest [sha256.Size]byte
	for _, alter := range []func([]byte) []byte{bytes.Clone, unixLines, mboxForm} {
		left := map[digest]int{}
		for _, m := range stored {
			left[sha256.Sum256(m)]++
		}
		missing := 0
		for _, m := range served {
			if d := digest(sha256.Sum256(alter(m))); left[d] > 0 {
				left[d]--
			} else {
				missing++
			}
		}
		if missing == 0 {
			return nil
		}
	}
	for i := range served { // in the server's order the first difference can be named
		if err := checkOne(i, unixLines(served[i]), unixLines(stored[i])); err != nil {
			return fmt.Errorf("not every message is among those stored; in the order of their names %w", err)
		}
	}
	return errors.New("some messages are stored with CRLF and some with LF")
}
