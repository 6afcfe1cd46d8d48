package stored

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Layout is a format for mail in files.
type Layout string

// The values of Layout. Auto detects the layout.
const (
	Auto    Layout = ""
	Files   Layout = "files"   // each file is one message
	Maildir Layout = "maildir" // each file in a directory new or cur is one message
	Mbox    Layout = "mbox"    // a file holds any number of messages, each after a From line
	MH      Layout = "mh"      // each file whose name is a number is one message
	BSMTP   Layout = "bsmtp"   // a file holds SMTP commands with any number of messages
)

// Layouts returns the layouts that can be named.
func Layouts() []Layout { return []Layout{Files, Maildir, Mbox, MH, BSMTP} }

// Limits of the mail that is read for one case.
const (
	maxFiles  = 20_000
	maxOctets = 128 << 20
)

// ErrTooMuch is in the error of Read when more than the limits is stored.
var ErrTooMuch = errors.New("too much is stored")

// Message is one message as the client has stored it.
type Message struct {
	Name   string // the path of its file below the directory, and its number in a file with several
	Octets []byte
	Loose  bool // it may be another kind of file: the layout does not tell them apart
}

// Read returns the messages below a directory, in the order of their paths. For a directory that
// does not exist it returns no messages and no error.
func Read(dir string, l Layout) ([]Message, error) {
	found, err := walk(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Message
	octets := int64(0)
	for _, name := range found.files {
		how := found.layout(name, l)
		if how == "" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the client may be changing it
		}
		if err != nil {
			return nil, err
		}
		if octets += int64(len(content)); octets > maxOctets {
			return nil, fmt.Errorf("%w: more than %d octets below %s", ErrTooMuch, maxOctets, dir)
		}
		all = append(all, take(name, content, how, l)...)
	}
	return all, nil
}

// take returns the messages in one file.
func take(name string, content []byte, how, asked Layout) []Message {
	if how == Files && asked == Auto {
		how = sniff(content)
	}
	var parts [][]byte
	switch how {
	case Mbox:
		parts = splitMbox(content)
	case BSMTP:
		parts = splitBSMTP(content)
	default:
		return []Message{{Name: name, Octets: content, Loose: how == Files}}
	}
	all := make([]Message, len(parts))
	for i, p := range parts {
		all[i] = Message{Name: fmt.Sprintf("%s, message %d", name, i+1), Octets: p}
	}
	return all
}

// tree holds the files below a directory, and the directories with a layout of their own.
type tree struct {
	files    []string
	maildirs map[string]bool
	mh       map[string]bool
}

func walk(dir string) (*tree, error) {
	t := &tree{maildirs: map[string]bool{}, mh: map[string]bool{}}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // it was only read
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the client may be changing it
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "cur":
			t.maildirs[path.Dir(name)] = true
		case d.Name() == ".mh_sequences":
			t.mh[path.Dir(name)] = true
		case d.Type().IsRegular():
			t.files = append(t.files, name)
		}
		if len(t.files) > maxFiles {
			return fmt.Errorf("%w: more than %d files below %s", ErrTooMuch, maxFiles, dir)
		}
		return nil
	})
	slices.SortFunc(t.files, compareNatural)
	return t, err
}

// layout returns the layout of a file, or "" for a file without mail.
func (t *tree) layout(name string, asked Layout) Layout {
	folder, base := path.Split(name)
	folder = path.Clean(folder)
	box, kind := path.Dir(folder), path.Base(folder)
	inMaildir := t.maildirs[box] && (kind == "new" || kind == "cur" || kind == "tmp")
	switch {
	case inMaildir && (asked == Auto || asked == Maildir):
		if kind == "tmp" {
			return "" // not yet delivered
		}
		return Maildir
	case asked == Maildir, asked == Auto && t.maildirs[folder]:
		return ""
	case asked == MH, asked == Auto && t.mh[folder]:
		if strings.Trim(base, "0123456789") != "" {
			return ""
		}
		return MH
	case asked == Auto:
		return Files
	}
	return asked
}

// compareNatural compares names, with each run of digits as one number.
func compareNatural(a, b string) int {
	const digits = "0123456789"
	for a != "" && b != "" {
		x, y := len(a)-len(strings.TrimLeft(a, digits)), len(b)-len(strings.TrimLeft(b, digits))
		if x == 0 || y == 0 {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
		if len(m) != len(n) {
			return len(m) - len(n)
		}
		if c := strings.Compare(m, n); c != 0 {
			return c
		}
		a, b = a[x:], b[y:]
	}
	return len(a) - len(b)
}
