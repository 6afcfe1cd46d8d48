package maildrop

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// rewrite replaces the file by one with the kept messages, octet for octet.
func (m *mboxFile) rewrite(kept []span) error {
	old, err := os.Open(m.path)
	if err != nil {
		return err
	}
	info, err := old.Stat()
	if err != nil || !stampOf(info).same(m.stamp) {
		return errors.Join(ErrChanged, err, old.Close())
	}
	// A link is followed, so that the file behind it is replaced.
	path, err := filepath.EvalSymlinks(m.path)
	if err != nil {
		return errors.Join(err, old.Close())
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return errors.Join(err, old.Close())
	}
	err = errors.Join(copySpans(next, old, kept), next.Chmod(info.Mode().Perm()), next.Sync())
	// Both are closed first: Windows renames no open file.
	err = errors.Join(err, next.Close(), old.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

func copySpans(to io.Writer, from io.ReaderAt, spans []span) error {
	for i := 0; i < len(spans); {
		first := spans[i].from
		last := spans[i].end
		for i++; i < len(spans) && spans[i].from == last; i++ {
			last = spans[i].end
		}
		if _, err := io.Copy(to, io.NewSectionReader(from, first, last-first)); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder makes a rename last. Windows has no such thing.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
