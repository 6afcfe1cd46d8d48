package workload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
	"pop3mtm/fakeserver/maildrop"
)

// Synthetic is the form of mail without files: the simulator generates it.
const Synthetic = "synthetic"

// Forms returns the forms in which the simulator can have a mailbox.
func Forms() []string { return append([]string{Synthetic}, mailfiles.Formats()...) }

// Files describes the synthetic mailbox as files; the zero value has no files.
type Files struct {
	Form string `json:"form"` // one of mailfiles.Formats
	Path string `json:"path"`
}

// Source returns the mailbox from the files, or the synthetic one without files.
func (f Files) Source(box *Mailbox) (maildrop.Source, error) {
	switch f.Form {
	case "":
		return box.Source()
	case "eml":
		return maildrop.OpenEML(f.Path)
	case "mbox":
		return maildrop.OpenMbox(f.Path)
	case "maildir":
		return maildrop.OpenMaildir(f.Path)
	}
	return nil, fmt.Errorf("unknown format %q", f.Form)
}

// WriteFiles writes the mailbox in each of these forms into a folder, and shows how far it is.
func WriteFiles(ctx context.Context, dir string, box *Mailbox, forms []string, stderr io.Writer) ([]Files, error) {
	list, err := box.List()
	if err != nil {
		return nil, err
	}
	var files []Files
	for _, form := range forms {
		one := Files{form, filepath.Join(dir, "mail."+form)}
		if form == "eml" {
			if err := os.Mkdir(one.Path, 0o700); err != nil {
				return nil, err
			}
		}
		if err := one.write(ctx, list, stderr); err != nil {
			return nil, err
		}
		files = append(files, one)
	}
	return files, nil
}

func (f Files) write(ctx context.Context, list maildrop.List, stderr io.Writer) (err error) {
	w, err := mailfiles.NewWriter(f.Form, f.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	bar := cli.NewBar(stderr, "writing "+f.Form, cli.Messages, int64(list.Len()))
	defer bar.Close()
	for i := range list.Len() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		about := mailfiles.Message{Name: fmt.Sprintf("%08d", i+1), From: "sender@example.org", Date: time.Unix(int64(i), 0)}
		if err := w.Add(about, octetsOf{list.At(i)}); err != nil {
			return err
		}
		bar.Set(int64(i+1), int64(list.Len()))
	}
	return nil
}

// octetsOf writes a message.
type octetsOf struct{ maildrop.Message }

func (m octetsOf) WriteTo(w io.Writer) (int64, error) {
	r, err := m.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, r)
	return n, errors.Join(err, r.Close())
}

// CheckSpace refuses a directory whose disk has no room for what one trial writes.
func CheckSpace(dir string, needed int64) error {
	free, _, err := mailfiles.Free(dir)
	if err != nil || free >= uint64(needed) {
		return nil //nolint:nilerr // what the system does not tell is found out by writing
	}
	return cli.Usage("a run needs about %s of disk, and %s has %s: use fewer or smaller messages, or another --dir",
		numbers.Octets(needed), dir, numbers.Octets(int64(free)))
}
