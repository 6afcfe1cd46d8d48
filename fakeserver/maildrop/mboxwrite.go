package maildrop

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// rewrite replaces the file with one that holds only the kept messages, octet for octet.
func (m *mboxFile) rewrite(kept []span) error {
	old, err := os.Open(m.path)
	if err != nil {
		return err
	}
	info, err := old.Stat()
	if err != nil || stampOf(info) != m.stamp {
		return errors.Join(ErrChanged, err, old.Close())
	}
	// Replace the file that a symbolic link points to, not the link.
	path, err := filepath.EvalSymlinks(m.path)
	if err != nil {
		return errors.Join(err, old.Close())
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return errors.Join(err, old.Close())
	}
	err = errors.Join(copySpans(next, old, kept), next.Chmod(info.Mode().Perm()), next.Sync())
	// Close both first: Windows cannot rename an open file.
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

// syncFolder syncs a directory, so that a rename survives a crash. Windows has no such call.
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
