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

// maxMessage is the largest message that is read from a file, in octets.
const maxMessage = 16 << 20

// files reads the messages that a mailbox names, each once.
type files struct {
	folder fs.FS
	read   map[string][]byte
	// count of the messages of all cases so far
	count int
	// octets of the mail of this case so far
	octets int64
	// uids are of messages that are in the mailbox already
	uids []string
}

// noFiles has the built-in messages only.
func noFiles() *files { return &files{read: map[string][]byte{}} }

// maxAllMessages bounds the messages of all cases of a file together.
const maxAllMessages = 1_000_000

// message reads a file beside the scenario, or a built-in message of that name.
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
		return nil, fmt.Errorf("a file lies in the folder of the scenario or below it, not at %q", shortened(name))
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

// readBounded reads a regular file of at most so many octets.
func readBounded(folder fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s is not a file of at most %d octets", name, most)
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

// builtIn returns the built-in message with that name, nil if it does not exist.
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

// octets returns a message as it was written, without the CRLF that a server may add.
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
