package mailfiles

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/emersion/go-maildir"
)

// emlShelf is a directory with a file for each message. New files are numbered from the
// highest existing number on.
type emlShelf struct {
	dir  string
	last int
}

const (
	emlEnd  = ".eml"
	partEnd = ".part" // ending of the hidden name that a file has until it is whole
)

// openEML opens a directory of messages. It returns an error for a directory without a record that
// has only other files, since it was probably named by mistake.
func openEML(dir string, fresh bool) (*emlShelf, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	x := &emlShelf{dir: dir}
	messages := false
	for _, f := range list {
		if filepath.Ext(f.Name()) != emlEnd {
			continue
		}
		messages = true
		number, _, _ := strings.Cut(strings.TrimSuffix(f.Name(), emlEnd), "-")
		if n, err := strconv.Atoi(number); err == nil && n < 1<<40 {
			x.last = max(x.last, n)
		}
	}
	if fresh && !messages && len(list) > 0 {
		return nil, fmt.Errorf("%s has files, but no messages (.eml): --out must be a directory of messages or a new path", dir)
	}
	return x, nil
}

func (x *emlShelf) sum(body Body) (span, error) {
	s, err := sumOf(body)
	return span{sum: s}, err
}

func sumOf(body io.WriterTo) (s sum, err error) {
	h := sha256.New()
	_, err = body.WriteTo(h)
	h.Sum(s[:0])
	return s, err
}

func (x *emlShelf) each(found func(sum)) error { return eachFile(x.dir, emlEnd, found) }

// eachFile calls found for the files of a directory whose names have the ending.
func eachFile(dir, ending string, found func(sum)) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ending) {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another program has moved the file
		}
		if err != nil {
			return err
		}
		s, err := sumOf(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		found(s)
	}
	return nil
}

// mend removes the hidden files of an interrupted run.
func (x *emlShelf) mend(*record) error {
	half, err := filepath.Glob(filepath.Join(globQuoted(x.dir), ".[0-9]*-[0-9]*"+emlEnd+partEnd))
	for _, name := range half {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

func globQuoted(path string) string {
	if filepath.Separator == '\\' {
		return path // Windows has no escapes, and no * or ? in names
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func (x *emlShelf) add(m Message, body Body, s span, r *record) error {
	name := fmt.Sprintf("%06d-%s%s", x.last+1, m.Name, emlEnd)
	half := filepath.Join(x.dir, "."+name+partEnd)
	f, err := os.OpenFile(half, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = copySynced(f, body); err == nil {
		err = os.Rename(half, filepath.Join(x.dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(half))
	}
	x.last++
	return r.note(s)
}

func copySynced(f *os.File, body io.WriterTo) error {
	_, err := body.WriteTo(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (x *emlShelf) close() error {
	syncDir(x.dir)
	return nil
}

// maildirShelf is a Maildir.
type maildirShelf struct{ dir maildir.Dir }

func openMaildir(path string) (*maildirShelf, error) {
	for _, name := range []string{"cur", "new", "tmp"} {
		if info, err := os.Stat(filepath.Join(path, name)); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s is not a Maildir, since it has no directory %q: --out must be a Maildir or a new path", path, name)
		}
	}
	return &maildirShelf{maildir.Dir(path)}, nil
}

func (x *maildirShelf) sum(body Body) (span, error) {
	s, err := sumOf(body)
	return span{sum: s}, err
}

func (x *maildirShelf) each(found func(sum)) error {
	if err := eachFile(filepath.Join(string(x.dir), "new"), "", found); err != nil {
		return err
	}
	return eachFile(filepath.Join(string(x.dir), "cur"), "", found)
}

// mend removes files in tmp that are older than 36 hours, as every program that uses a Maildir may.
func (x *maildirShelf) mend(*record) error { return x.dir.Clean() }

func (x *maildirShelf) add(m Message, body Body, s span, r *record) error {
	if err := (mailDir{dir: x.dir, sync: true}).Add(m, body); err != nil {
		return err
	}
	return r.note(s)
}

func (x *maildirShelf) close() error {
	syncDir(filepath.Join(string(x.dir), "cur"))
	return nil
}
