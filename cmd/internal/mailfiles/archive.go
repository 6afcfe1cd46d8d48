package mailfiles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/emersion/go-maildir"
)

// Archive adds messages to files that may exist already. A message is recognized by its octets: one
// that is there, or that an earlier run has put there, is not added again. Nothing that is there is
// changed.
type Archive struct {
	shelf  shelf
	record *record
	seen   map[sum]int // how often a message came in this run
}

// shelf is a format: it adds whole messages to what exists.
type shelf interface {
	// sum returns what a message is recognized by.
	sum(body Body) (span, error)
	// each calls found with every whole message that is there.
	each(found func(sum)) error
	// mend removes what a run that was interrupted has left half-written.
	mend(r *record) error
	// add adds a message and notes it in the record: all of it, or nothing with an error.
	add(m Message, body Body, s span, r *record) error
	close() error
}

// Body is the octets of a message, which are read more than once.
type Body interface {
	io.WriterTo
	io.Seeker
}

// OpenArchive opens a folder or an mbox file to add messages; an mbox that does not exist is
// created. It fails when another program is writing there.
func OpenArchive(format, path string) (*Archive, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if info, statErr := os.Stat(path); format != "mbox" && statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: --out names a folder for %s", path, format)
	}
	record, err := openRecord(recordPath(format, path))
	if err != nil {
		return nil, err
	}
	a := &Archive{record: record, seen: map[sum]int{}}
	if a.shelf, err = openShelf(format, path, record.fresh); err != nil {
		if record.fresh {
			err = errors.Join(err, os.Remove(record.file.Name()))
		}
		return nil, errors.Join(err, record.abandon())
	}
	if record.interrupted {
		if err = a.recover(); err != nil {
			return nil, errors.Join(err, a.shelf.close(), record.abandon())
		}
	}
	return a, record.begin()
}

// Prepare creates what OpenArchive expects in a new folder.
func Prepare(format, path string) error {
	if format == "maildir" {
		return maildir.Dir(path).Init()
	}
	return nil
}

// recordPath returns where the record of an archive is: in a Maildir, beside a folder or a file,
// where every file is mail.
func recordPath(format, path string) string {
	const name = ".mtm-exported"
	if format == "maildir" {
		return filepath.Join(path, name)
	}
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+name)
}

func openShelf(format, path string, fresh bool) (shelf, error) {
	switch format {
	case "eml":
		return openEML(path, fresh)
	case "maildir":
		return openMaildir(path)
	case "mbox":
		return openMbox(path)
	}
	return nil, fmt.Errorf("there is no format %q", format)
}

// recover counts what is there, since the record of an interrupted run may lack its last messages.
func (a *Archive) recover() error {
	if err := a.shelf.mend(a.record); err != nil {
		return err
	}
	there := map[sum]int{}
	return a.shelf.each(func(s sum) {
		there[s]++
		if there[s] > a.record.count[s] {
			a.record.missing = append(a.record.missing, s)
		}
	})
}

// Add adds a message unless the archive has it, and reports whether it did. After an error nothing
// of it is there.
func (a *Archive) Add(m Message, body Body) (bool, error) {
	s, err := a.shelf.sum(body)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		return false, err
	}
	a.seen[s.sum]++
	if a.seen[s.sum] <= a.record.count[s.sum] {
		return false, nil
	}
	if err = a.shelf.add(m, body, s, a.record); err != nil {
		return false, err
	}
	return true, nil
}

// Close syncs what was added and ends the run.
func (a *Archive) Close() error {
	if err := a.shelf.close(); err != nil {
		return errors.Join(err, a.record.abandon())
	}
	return a.record.end()
}

// syncDir makes the names in a folder durable, where the system can.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync() // Windows and some network file systems cannot
		_ = d.Close()
	}
}
