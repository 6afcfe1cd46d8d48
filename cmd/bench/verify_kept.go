package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/emersion/go-mbox"

	"pop3mtm/mtm/store"
)

// keptMail is what a client keeps, whatever the format. each calls visit once for every message, in any order, and
// holds no more than one of them; r is nil where there is a message without its octets.
type keptMail struct {
	format string
	each   func(ctx context.Context, visit func(name string, r io.Reader) error) error
}

// openKept finds out what a path is: a store of ours, a Maildir, a folder of files, an mbox, or one file with a message.
func openKept(path string) (keptMail, error) {
	info, err := os.Stat(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return keptMail{}, fmt.Errorf("%s does not exist; check the path", path)
		}
		return keptMail{}, err
	}
	isFolder := func(name string) bool {
		sub, failed := os.Stat(filepath.Join(path, name))
		return failed == nil && sub.IsDir()
	}
	switch {
	case !info.IsDir() && !info.Mode().IsRegular():
		return keptMail{}, fmt.Errorf("%s is neither a folder nor a file", path)
	case info.IsDir() && isFolder("bodies"):
		return keptMail{"store", func(ctx context.Context, visit func(string, io.Reader) error) error {
			return eachEntry(ctx, path, visit)
		}}, nil
	case info.IsDir() && isFolder("cur") && isFolder("new"):
		return keptMail{"maildir", func(ctx context.Context, visit func(string, io.Reader) error) error {
			return errors.Join(eachFile(ctx, filepath.Join(path, "new"), visit), eachFile(ctx, filepath.Join(path, "cur"), visit))
		}}, nil
	case info.IsDir():
		return keptMail{"files", func(ctx context.Context, visit func(string, io.Reader) error) error {
			return eachFile(ctx, path, visit)
		}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return keptMail{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	if start, _ := bufio.NewReaderSize(f, 16).Peek(5); string(start) == "From " {
		return keptMail{"mbox", func(ctx context.Context, visit func(string, io.Reader) error) error {
			return eachInMbox(ctx, path, visit)
		}}, nil
	}
	return keptMail{"files", func(_ context.Context, visit func(string, io.Reader) error) error { return visitFile(path, visit) }}, nil
}

// eachFile visits the files below a folder, in the order in which the system gives them, for any number of them. Names
// that begin with a dot are left out, and what is no file.
func eachFile(ctx context.Context, dir string, visit func(string, io.Reader) error) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	for {
		const some = 1024
		entries, err := f.ReadDir(some)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case strings.HasPrefix(e.Name(), "."):
			case e.IsDir():
				err = errors.Join(err, eachFile(ctx, path, visit))
			case e.Type().IsRegular():
				err = errors.Join(err, visitFile(path, visit))
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func visitFile(path string, visit func(string, io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return visit(path, f)
}

// eachInMbox visits the messages of an mbox. go-mbox takes the quoting of From lines away and makes every line end CRLF.
func eachInMbox(ctx context.Context, path string, visit func(string, io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	r := mbox.NewReader(bufio.NewReaderSize(f, 256<<10))
	for n := 1; ctx.Err() == nil; n++ {
		m, err := r.NextMessage()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = visit(fmt.Sprintf("message %d of the mbox", n), m)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// eachEntry visits the messages in the Inbox of a store of ours, which has to be sound.
func eachEntry(ctx context.Context, dir string, visit func(string, io.Reader) error) (err error) {
	st, err := openStore(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err = checkSound(ctx, st); err != nil {
		return err
	}
	return st.Each(ctx, store.Inbox, func(e *store.Entry) error {
		if e.Type != store.TypeMessage {
			return nil
		}
		name := fmt.Sprintf("entry %d", e.ID)
		if e.Body.Kind != store.BodyWhole {
			return visit(name, nil)
		}
		body, err := st.Body(ctx, e.ID)
		if err != nil {
			return err
		}
		return errors.Join(visit(name, body), body.Close())
	})
}
