package recorded

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing/fstest"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/record"
	"pop3mtm/scenarios"
)

const (
	// Password is that of every user: the recorded one is not in a recording.
	Password = scenarios.DefaultPassword
	// maxMessage and maxMail are the bounds of a scenario for a message and for all.
	maxMessage = 16 << 20
	maxMail    = 64 << 20
	// maxNamed is how much of a scenario file may name messages, in octets; the rest
	// is for rules.
	maxNamed = scenarios.MaxFile / 2
)

// Folder returns where the messages of a scenario file lie: beside it.
func Folder(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + "-mail" }

// Check says why a scenario cannot be written to a path: it must end in .yaml, and
// neither the file nor the folder of its messages may be there.
func Check(path string) error {
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		return fmt.Errorf("a scenario file ends in .yaml, and %s does not", path)
	}
	for _, name := range []string{path, Folder(path)} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s already exists; choose another name, or remove it", name)
		}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("the directory %s does not exist", filepath.Dir(path))
	}
	return nil
}

// Scenario is one that was made of a recording.
type Scenario struct {
	// Source is the text of the file.
	Source []byte
	// Mail has the messages, in the folder in which the file looks for them.
	Mail fstest.MapFS
	// Notes say what the scenario does not show.
	Notes []string
}

// Make makes a scenario of a recording, for a file of that name; see Folder. from
// says in words what was recorded. All is in memory, 64 MiB of mail at most.
func Make(r *record.Recording, name, from string) (*Scenario, error) {
	s, err := look(r)
	if err != nil {
		return nil, err
	}
	b := &builder{survey: s, folder: filepath.Base(Folder(name)), mail: fstest.MapFS{}, left: maxMail, named: maxNamed}
	scenario, err := b.scenario(from)
	if err != nil {
		return nil, err
	}
	source, err := text(scenario, from)
	if err != nil {
		return nil, err
	}
	played, err := scenarios.Parse(name, source, b.mail)
	if err != nil {
		return nil, fmt.Errorf("the mail of the recording makes no scenario: %w", err)
	}
	differ, err := s.compare(played[0])
	if err != nil {
		return nil, err
	}
	for _, most := range []int{maxRules, 0} {
		scenario.Rules = s.rules(differ, most)
		if source, err = text(scenario, from); err != nil {
			return nil, err
		}
		if len(source) <= scenarios.MaxFile {
			break
		}
	}
	if _, err = scenarios.Parse(name, source, b.mail); err != nil {
		return nil, fmt.Errorf("the recording makes no scenario: %w", err)
	}
	return &Scenario{source, b.mail, s.notes}, nil
}

// Write makes a scenario of a recording and writes it to a path, see Check, and its
// messages into a folder beside it. Both are for their owner alone. The notes say
// what the scenario does not show.
func Write(r *record.Recording, path, from string) (notes []string, err error) {
	if err = Check(path); err != nil {
		return nil, err
	}
	s, err := Make(r, path, from)
	if err != nil {
		return nil, err
	}
	if err = os.Mkdir(Folder(path), 0o700); err != nil {
		return nil, err
	}
	if err = s.writeTo(path); err != nil {
		return nil, errors.Join(err, os.RemoveAll(Folder(path)), os.RemoveAll(path))
	}
	return s.Notes, nil
}

func (s *Scenario) writeTo(path string) error {
	for name, file := range s.Mail {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), filepath.FromSlash(name)), file.Data, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(path, s.Source, 0o600)
}

// builder makes a scenario without rules.
type builder struct {
	*survey
	folder string // for the messages, below that of the scenario
	mail   fstest.MapFS
	left   int64 // octets of mail
	named  int   // octets that may still name messages
	count  int   // of messages
}

func (b *builder) scenario(from string) (*scenarios.Scenario, error) {
	s := &scenarios.Scenario{
		Title:    "A server as recorded from " + from,
		Why:      "It gives the recorded mail and answers to the same commands, in any order.",
		Settings: b.settings(),
	}
	if len(b.boxes) == 0 {
		b.note("nobody logs in in the recording, so that the scenario has no mail")
	}
	for _, box := range b.boxes {
		mail, err := b.mailbox(box)
		if err != nil {
			return nil, err
		}
		u := scenarios.User{Name: box.user, Password: Password}
		if len(b.boxes) == 1 {
			s.Mailbox = mail
		} else {
			u.Mailbox = mail
		}
		s.Users = append(s.Users, u)
	}
	return s, nil
}

func (b *builder) mailbox(box *mailbox) ([]scenarios.Mail, error) {
	var all []scenarios.Mail
	for _, m := range box.all {
		if b.named < 0 {
			break
		}
		b.count++
		one, err := b.message(m)
		if err != nil {
			return nil, err
		}
		one.UIDL = m.uid
		row, err := scenarios.Flow(one)
		if err != nil {
			return nil, err
		}
		if b.named -= len(row); b.named < 0 {
			delete(b.mail, one.File)
			b.note("a scenario file cannot name all messages of the recording; it has the first " + strconv.Itoa(b.count-1))
			break
		}
		all = append(all, one)
	}
	return all, nil
}

// message returns the recorded one, or one that is as large.
func (b *builder) message(m *message) (scenarios.Mail, error) {
	turn := m.whole
	if turn == nil {
		turn = m.part
	}
	content := bounded{most: maxMessage + 1}
	whole := false
	if turn != nil {
		var err error
		if whole, err = b.recording.WriteBody(turn, &content); err != nil {
			return scenarios.Mail{}, err
		}
	}
	octets := content.octets
	if whole && m.whole == nil {
		octets = filled(octets, m.size)
	}
	number := fmt.Sprintf("%04d", b.count)
	switch {
	case whole && len(octets) > 0 && len(octets) <= maxMessage && int64(len(octets)) <= b.left:
		b.left -= int64(len(octets))
		name := b.folder + "/" + number + ".eml"
		b.mail[name] = &fstest.MapFile{Data: slices.Clip(octets)}
		return scenarios.Mail{File: name}, nil
	case m.whole != nil && !whole:
		b.note("a message whose end is not in the recording is another one in the scenario, of the same size")
	case m.whole != nil && len(octets) > 0:
		b.note(fmt.Sprintf("a scenario holds messages of at most %d MiB, and %d MiB of all; those beyond are others of the same size", maxMessage>>20, maxMail>>20))
	}
	size := min(max(m.size, 0), b.left/2)
	if m.size < 0 {
		size = maildrop.MinSyntheticSize
	}
	b.left -= size
	if size < maildrop.MinSyntheticSize {
		return scenarios.Mail{Raw: scenarios.Octets(filled([]byte("Subject: not recorded\r\n\r\n"), size)[:size])}, nil
	}
	return scenarios.Mail{Size: scenarios.Size(size), Seed: uint64(b.count)}, nil
}

// filled returns the beginning of a message with so many octets in all, if it has not more.
func filled(octets []byte, size int64) []byte {
	if size > maxMessage {
		return octets
	}
	missing := int(size) - len(octets)
	if missing <= 2 {
		return octets
	}
	fill := bytes.Repeat([]byte("not recorded "), missing/13+1)[:missing-2]
	for i := 70; i+1 < len(fill)-2; i += 72 {
		fill[i], fill[i+1] = '\r', '\n'
	}
	return slices.Concat(octets, fill, []byte("\r\n"))
}
