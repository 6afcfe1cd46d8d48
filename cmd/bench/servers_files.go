package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
	"pop3mtm/fakeserver/maildrop"
)

// madeUp is the form of mail that has none: the simulator makes it when it is asked for.
const madeUp = "synthetic"

// mailForms are the forms in which the simulator can have a mailbox.
func mailForms() []string { return append([]string{madeUp}, mailfiles.Formats()...) }

// mailFiles are the synthetic mailbox as files; the zero value is the mailbox without any.
type mailFiles struct {
	Form string `json:"form"` // one of mailfiles.Formats
	Path string `json:"path"`
}

// source is the mailbox from the files, or box when there are none.
func (f mailFiles) source(box *mailbox) (maildrop.Source, error) {
	switch f.Form {
	case "":
		return box.source()
	case "eml":
		return maildrop.OpenEML(f.Path)
	case "mbox":
		return maildrop.OpenMbox(f.Path)
	case "maildir":
		return maildrop.OpenMaildir(f.Path)
	}
	return nil, fmt.Errorf("there is no format %q", f.Form)
}

// withFiles writes the synthetic mailbox in each of these forms, for as long as f runs.
func (s *setup) withFiles(ctx context.Context, stderr io.Writer, forms []string, f func([]mailFiles) error) (err error) {
	if len(forms) == 0 {
		return f(nil)
	}
	dir, err := makeFolder(s.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	list, err := s.box.list()
	if err != nil {
		return err
	}
	var files []mailFiles
	for _, form := range forms {
		one := mailFiles{form, filepath.Join(dir, "mail."+form)}
		if form == "eml" {
			if err := os.Mkdir(one.Path, 0o700); err != nil {
				return err
			}
		}
		if err := one.write(ctx, list, stderr); err != nil {
			return err
		}
		files = append(files, one)
	}
	return f(files)
}

func (f mailFiles) write(ctx context.Context, list maildrop.List, stderr io.Writer) (err error) {
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
