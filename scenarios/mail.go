package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
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
	return nil, errors.New(unknown("file beside the scenario, and no built-in message,", name, builtInNames()))
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

// builtIn is a message of fixtures, nil when there is none of that name.
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

// octets is a message as it was written, without the CRLF that a server may add.
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

// checkMail looks at a mailbox, or at mail that comes later.
func checkMail(mail []Mail, path string, f *files, bad wrong) {
	messages := 0
	uids := map[string]bool{}
	for i := range mail {
		m := &mail[i]
		here := at(path, i)
		if why := m.wrong(f); why != "" {
			bad(here, "%s", why)
			continue
		}
		if messages += m.count(); messages > maxMessages {
			bad(here, "with this the mailbox has more than %d messages", maxMessages)
			return
		}
		if f.count += m.count(); f.count > maxAllMessages {
			bad(here, "with this the cases of the file have more than %d messages", maxAllMessages)
			return
		}
		if f.octets += m.octets(); f.octets > maxMail {
			bad(here, "with this the scenario has more than %d octets of mail", int64(maxMail))
			return
		}
		for n := range m.count() {
			uid := m.uid(n)
			if uid != "" && uids[uid] {
				bad(here, "the unique-id %s is there already; for a server that gives one twice write a rule on UIDL", uid)
				break
			}
			uids[uid] = true
		}
	}
}

// wrong says what is wrong with a message, and reads its file.
func (m *Mail) wrong(f *files) string {
	given := 0
	for _, is := range []bool{m.File != "", m.Text != "", m.Raw != "", m.Size != 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return "a message has exactly one of file, text, raw and size"
	case m.Size != 0 && m.Size < maildrop.MinSyntheticSize:
		return fmt.Sprintf("a generated message has at least %d octets", maildrop.MinSyntheticSize)
	case m.Seed != 0 && m.Size == 0:
		return "seed goes with size"
	case m.Size > maxMail:
		return fmt.Sprintf("a message has at most %d octets", int64(maxMail))
	case m.count() > maxMessages:
		return fmt.Sprintf("at most %d messages", maxMessages)
	case len(m.uid(m.count()-1)) > 70 || strings.ContainsFunc(m.UIDL, func(r rune) bool { return r < 0x21 || r > 0x7E }):
		return "a unique-id has 1 to 70 characters of ASCII without blanks; for others write a rule on UIDL"
	}
	if m.File == "" || m.content != nil {
		return ""
	}
	raw, err := f.message(m.File)
	if err != nil {
		return err.Error()
	}
	m.content = raw
	return ""
}

func (m *Mail) count() int { return max(1, m.Count) }

// uid is the unique-id of message n of these, from 0; empty for one of the content.
func (m *Mail) uid(n int) string {
	if m.UIDL == "" || m.Count == 0 {
		return m.UIDL
	}
	return m.UIDL + strconv.Itoa(n+1)
}

// octets is what these messages take in memory: those alike share theirs.
func (m *Mail) octets() int64 {
	if m.Size != 0 {
		return int64(m.Size) * int64(m.count())
	}
	return int64(len(m.content)) + int64(len(m.Text)) + int64(len(m.Raw))
}

// messages makes the mail of a mailbox that was checked.
func messages(mail []Mail) []maildrop.Message {
	var all []maildrop.Message
	for i := range mail {
		m := &mail[i]
		raw := m.raw()
		for n := range m.count() {
			if m.Size != 0 {
				raw = maildrop.SyntheticMessage(max(1, m.Seed), n+1, int64(m.Size))
			}
			all = append(all, maildrop.Bytes(m.uid(n), raw))
		}
	}
	return all
}

// raw is the octets of a message that is not generated.
func (m *Mail) raw() []byte {
	switch {
	case m.Raw != "":
		return []byte(m.Raw)
	case m.Text != "":
		lf := strings.ReplaceAll(m.Text, "\r\n", "\n")
		return []byte(strings.ReplaceAll(lf, "\n", "\r\n"))
	}
	return bytes.Clone(m.content)
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
