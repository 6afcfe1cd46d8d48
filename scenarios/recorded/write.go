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
	"pop3mtm/fakeserver/notation"
	"pop3mtm/fakeserver/record"
	"pop3mtm/scenarios"
)

const (
	// Password is the password of every user, since a recording has no passwords.
	Password = scenarios.DefaultPassword
	// maxMessage and maxMail are the limits of a scenario for one message and for all mail.
	maxMessage = 16 << 20
	maxMail    = 64 << 20
	// maxNamed limits the part of a scenario file that names messages, in octets; the rest is for
	// rules.
	maxNamed = scenarios.MaxFile / 2
)

// Folder returns the directory with the messages of a scenario file: it is beside the file.
func Folder(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + "-mail" }

// Check returns an error when a scenario cannot be written to a path: the path must end in .yaml,
// and neither the file nor the directory of its messages may exist.
func Check(path string) error {
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		return fmt.Errorf("the name of a scenario file must end in .yaml, and %s does not", path)
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

// Scenario is a scenario that was made from a recording.
type Scenario struct {
	// Source is the text of the file.
	Source []byte
	// Mail holds the messages, in the directory that the file names.
	Mail fstest.MapFS
	// Notes say what of the recording the scenario does not show, one fact each.
	Notes []string
}

// Make turns a recording into a scenario, for a file with that name; its messages belong into
// Folder(name). from describes in words what was recorded. The result is in memory, with at most 64
// MiB of mail.
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
	source, err := scenario.Text("Made by pop3sim record from " + string(notation.Escape(nil, []byte(from))))
	if err != nil {
		return nil, err
	}
	played, err := scenarios.Parse(name, source, b.mail)
	if err != nil {
		return nil, fmt.Errorf("cannot make a scenario from the mail of the recording: %w", err)
	}
	differ, err := s.compare(played[0])
	if err != nil {
		return nil, err
	}
	for _, most := range []int{maxRules, 0} {
		scenario.Rules = s.rules(differ, most)
		if source, err = scenario.Text("Made by pop3sim record from " + string(notation.Escape(nil, []byte(from)))); err != nil {
			return nil, err
		}
		if len(source) <= scenarios.MaxFile {
			break
		}
	}
	if _, err = scenarios.Parse(name, source, b.mail); err != nil {
		return nil, fmt.Errorf("cannot make a scenario from the recording: %w", err)
	}
	return &Scenario{source, b.mail, s.notes}, nil
}

// Write turns a recording into a scenario and writes it to a path, for which Check must succeed,
// and its messages into the directory beside it. Only their owner may read them. The notes say what
// of the recording the scenario does not show.
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

// builder makes the scenario, still without rules.
type builder struct {
	*survey
	folder string // the directory of the messages, relative to that of the scenario
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
		b.note("the recording has no login, so the scenario has no mail")
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
			b.note("a scenario file cannot name all messages of the recording; it has only the first " + strconv.Itoa(b.count-1))
			break
		}
		all = append(all, one)
	}
	return all, nil
}

// message returns the recorded message, or another message of the same size.
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
		b.note("the recording lacks the end of a message; the scenario has another message of the same size")
	case m.whole != nil && len(octets) > 0:
		b.note(fmt.Sprintf("a scenario holds messages of at most %d MiB, and %d MiB of mail in all; for the rest it has other messages of the same size", maxMessage>>20, maxMail>>20))
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

// filled extends the beginning of a message to a number of octets, unless it is longer already.
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
