// Package mailfiles writes messages as files that other programs read: a directory of .eml files, a
// Maildir or an mbox. The output gets its name when it is complete, or when the caller decides to
// keep an incomplete one.
package mailfiles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/emersion/go-maildir"
)

// Message holds what a format needs besides the octets of a message.
type Message struct {
	Name string    // name of its .eml file, without the ending
	From string    // as in the header, for an mbox
	Date time.Time // for an mbox; zero if unknown
	Seen bool      // for a Maildir
}

// Writer writes messages to a path that is not published yet. After an error of Add or Close the
// last message may be incomplete.
type Writer interface {
	Add(m Message, body io.WriterTo) error
	Close() error
}

// Formats returns the formats that NewWriter accepts.
func Formats() []string { return []string{"eml", "mbox", "maildir"} }

// NewWriter creates a new file or directory at path; for eml the directory must exist.
func NewWriter(format, path string) (Writer, error) {
	switch format {
	case "eml":
		return eml{path}, nil
	case "mbox":
		return newMbox(path)
	case "maildir":
		x := mailDir{dir: maildir.Dir(path)}
		return x, x.dir.Init()
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// eml writes one file per message.
type eml struct{ dir string }

func (x eml) Add(m Message, body io.WriterTo) error {
	f, err := os.OpenFile(filepath.Join(x.dir, m.Name+".eml"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return copyAndClose(f, body)
}

func (eml) Close() error { return nil }

func copyAndClose(w io.WriteCloser, body io.WriterTo) error {
	_, err := body.WriteTo(w)
	return errors.Join(err, w.Close())
}

// mailDir writes a Maildir.
type mailDir struct {
	dir  maildir.Dir
	sync bool
}

func (x mailDir) Add(m Message, body io.WriterTo) error {
	var flags []maildir.Flag
	if m.Seen {
		flags = append(flags, maildir.FlagSeen)
	}
	_, w, err := x.dir.Create(flags)
	if err != nil {
		return err
	}
	half, ok := w.(interface {
		Name() string
		Sync() error
	})
	if !ok {
		return errors.Join(errors.New("a Maildir without files"), w.Close())
	}
	if _, err = body.WriteTo(w); err == nil && x.sync {
		err = half.Sync()
	}
	if err != nil { // Close would publish an incomplete message
		err = errors.Join(err, os.Remove(half.Name()))
		_ = w.Close()
		return err
	}
	return w.Close()
}

func (mailDir) Close() error { return nil }
