package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// maxMessage limits a message that is read from a file, in octets.
const maxMessage = 16 << 20

// files reads the message files that a mailbox names, each of them once.
type files struct {
	folder fs.FS
	read   map[string][]byte
	// count is the number of messages of all cases so far
	count int
	// octets is the size of this case's mail so far
	octets int64
	// uids are the unique-ids of the mailbox's messages, once these are known
	uids []string
}

// noFiles returns files without a folder: only the built-in messages exist.
func noFiles() *files { return &files{read: map[string][]byte{}} }

// maxAllMessages limits the messages of all cases of a file together.
const maxAllMessages = 1_000_000

// message returns the content of a file beside the scenario, or else of the built-in message with
// that name.
func (f *files) message(name string) ([]byte, error) {
	if raw, ok := f.read[name]; ok {
		return raw, nil
	}
	raw, err := f.open(name)
	if err == nil {
		f.read[name] = raw
	}
	return raw, err
}

func (f *files) open(name string) ([]byte, error) {
	if !fs.ValidPath(name) || strings.Contains(name, `\`) {
		return nil, fmt.Errorf("the file %q is outside of the folder of the scenario; put it there or below", shortened(name))
	}
	if f.folder != nil {
		raw, err := readBounded(f.folder, name, maxMessage)
		if !errors.Is(err, fs.ErrNotExist) {
			return raw, err
		}
	}
	if raw := builtIn(strings.TrimSuffix(name, ".eml")); raw != nil {
		return raw, nil
	}
	return nil, errors.New(unknown("built-in message, and no file beside the scenario,", name, builtInNames()))
}

// readBounded reads a regular file of at most most octets.
func readBounded(folder fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s is not a regular file of at most %d octets", name, most)
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(raw)) > most {
		err = fmt.Errorf("%s has more than %d octets", name, most)
	}
	return raw, err
}

// builtIn returns the built-in message with that name, or nil if there is no such message.
func builtIn(name string) []byte {
	if slices.Contains(fixtures.Names(), name) {
		return fixtures.Raw(name)
	}
	for _, m := range fixtures.Nasty() {
		if m.UID() == name {
			if raw, err := octets(m); err == nil {
				return raw
			}
		}
	}
	return nil
}

// octets returns a message as written, without the final CRLF that a server may add.
func octets(m maildrop.Message) ([]byte, error) {
	r, err := m.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	return io.ReadAll(r)
}

func builtInNames() []string {
	var names []string
	for _, name := range fixtures.Names() {
		names = append(names, name+".eml")
	}
	for _, m := range fixtures.Nasty() {
		names = append(names, m.UID()+".eml")
	}
	return names
}
