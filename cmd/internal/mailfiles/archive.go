package mailfiles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/emersion/go-maildir"
)

// Archive adds messages to files that may already exist. It recognizes a message by its octets, and
// does not add one that is there or that an earlier run has added. It never changes what is there.
type Archive struct {
	shelf  shelf
	record *record
	seen   map[sum]int // how often each message was given in this run
}

// shelf adds whole messages to existing files of one format.
type shelf interface {
	// sum returns the checksum by which a message is recognized.
	sum(body Body) (span, error)
	// each calls found with the checksum of every whole message that is there.
	each(found func(sum)) error
	// mend removes messages that an interrupted run has written in part.
	mend(r *record) error
	// add adds a message and its line in the record. After an error nothing of it is there.
	add(m Message, body Body, s span, r *record) error
	close() error
}

// Body holds the octets of a message, which are read more than once.
type Body interface {
	io.WriterTo
	io.Seeker
}

// OpenArchive opens a directory or an mbox file to add messages, and creates an mbox that does not
// exist. It fails while another program writes there.
func OpenArchive(format, path string) (*Archive, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if info, statErr := os.Stat(path); format != "mbox" && statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file: --out must be a directory for %s", path, format)
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

// recordPath returns the path of an archive's record: inside a Maildir, else beside the directory
// or file, because other programs read every file in a directory as mail.
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
	return nil, fmt.Errorf("unknown format %q", format)
}

// recover counts the messages that are there, since the record of an interrupted run
// may lack the last ones.
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

// Add adds a message unless the archive has it, and reports whether it was added. After an error
// nothing of it is there.
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

// syncDir makes the names in a directory durable, if the system can.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync() // Windows and some network file systems cannot
		_ = d.Close()
	}
}
