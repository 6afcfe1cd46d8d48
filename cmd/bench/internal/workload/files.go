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

// Forms returns the forms of mail that the simulator can serve.
func Forms() []string { return append([]string{Synthetic}, mailfiles.Formats()...) }

// Files describes the files that the synthetic mailbox was written to. The zero value has no files.
type Files struct {
	Form string `json:"form"` // one of mailfiles.Formats
	Path string `json:"path"`
}

// Source returns the mailbox in the files, or the synthetic mailbox when there are no files.
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

// WriteFiles writes the mailbox into a directory in each of the forms, and shows its progress.
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

// octetsOf implements io.WriterTo for a message.
type octetsOf struct{ maildrop.Message }

func (m octetsOf) WriteTo(w io.Writer) (int64, error) {
	r, err := m.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, r)
	return n, errors.Join(err, r.Close())
}

// CheckSpace returns an error when the disk of a directory has less free space than one trial
// needs.
func CheckSpace(dir string, needed int64) error {
	free, _, err := mailfiles.Free(dir)
	if err != nil || free >= uint64(needed) {
		return nil //nolint:nilerr // when the free space is unknown, a full disk shows while writing
	}
	return cli.Usage("a run needs about %s of disk, and %s has %s: use fewer or smaller messages, or another --dir",
		numbers.Octets(needed), dir, numbers.Octets(int64(free)))
}
