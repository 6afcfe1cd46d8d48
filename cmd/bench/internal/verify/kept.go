package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pop3mtm/mtm/store"
)

// keptMail is the mail that a client stored, in one of the formats that Open detects. each calls
// visit for every message, in the order of the format.
type keptMail struct {
	Format string
	each   func(ctx context.Context, visit visitor) error
}

type visitor func(keptMessage) error

// keptMessage is one message that a client stored.
type keptMessage struct {
	where string
	whole bool
	body  io.Reader    // the stored octets; nil: none are stored
	entry *store.Entry // its entry in our store, nil in other formats
}

// Open detects the format of a path: our store, a Maildir, a directory of files, an mbox, a
// BSMTP file, or one message.
func Open(path string) (keptMail, error) {
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
		return keptMail{}, fmt.Errorf("%s is neither a directory nor a regular file; check the path", path)
	case info.IsDir() && isFolder("bodies"):
		return keptMail{"store", func(ctx context.Context, visit visitor) error {
			return InStore(path, func(st *store.Store) error { return eachEntry(ctx, st, store.Inbox, visit) })
		}}, nil
	case info.IsDir() && isFolder("cur") && isFolder("new"):
		return keptMail{"maildir", func(ctx context.Context, visit visitor) error {
			return errors.Join(eachFile(ctx, filepath.Join(path, "new"), visit), eachFile(ctx, filepath.Join(path, "cur"), visit))
		}}, nil
	case info.IsDir():
		return keptMail{"files", func(ctx context.Context, visit visitor) error {
			return eachFile(ctx, path, visit)
		}}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return keptMail{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	start, _ := bufio.NewReaderSize(f, 16).Peek(len(batchStart))
	switch {
	case bytes.HasPrefix(start, []byte("From ")):
		return keptMail{"mbox", func(ctx context.Context, visit visitor) error {
			return eachInMbox(ctx, path, visit)
		}}, nil
	case string(start) == batchStart:
		return keptMail{"bsmtp", func(ctx context.Context, visit visitor) error {
			return eachInBatch(ctx, path, visit)
		}}, nil
	}
	return keptMail{"files", func(_ context.Context, visit visitor) error { return visitFile(path, visit) }}, nil
}

// eachFile visits the regular files below a directory, in the order of the file system. It skips
// names that begin with a dot.
func eachFile(ctx context.Context, dir string, visit visitor) error {
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

func visitFile(path string, visit visitor) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	return visit(keptMessage{where: path, whole: true, body: f})
}

// AccountName is the name of the account in the store of a visit.
const AccountName = "bench"

// StoreIn returns the path of our store in the directory of a client.
func StoreIn(dir string) string { return filepath.Join(dir, "mail.store") }

// InStore opens one of our stores read-only, calls f, and closes it.
func InStore(dir string, f func(*store.Store) error) (err error) {
	st, err := store.Open(dir, &store.Options{MustExist: true, ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(f(st), st.Close())
}

// eachEntry visits the messages below an entry of our store. It returns an error when the store has
// problems.
func eachEntry(ctx context.Context, st *store.Store, parent store.ID, visit visitor) error {
	if err := checkSound(ctx, st); err != nil {
		return err
	}
	return st.Each(ctx, parent, func(e *store.Entry) error {
		if e.Type != store.TypeMessage {
			return nil
		}
		k := keptMessage{where: fmt.Sprintf("entry %d", e.ID), whole: e.Body.Kind == store.BodyWhole, entry: e}
		if e.Body.Kind == store.BodyNone {
			return visit(k)
		}
		body, err := st.Body(ctx, e.ID)
		if err != nil {
			return err
		}
		k.body = body
		return errors.Join(visit(k), body.Close())
	})
}

// checkSound reads everything in a store and returns an error with its problems.
func checkSound(ctx context.Context, st *store.Store) error {
	var found []error
	summary, err := st.Check(ctx, func(p store.Problem) { found = append(found, errors.New(p.Text)) })
	if err == nil && summary.Problems > 0 {
		err = fmt.Errorf("the store has %d problems: %w", summary.Problems, errors.Join(found...))
	}
	return err
}
