package scenarios

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/maildrop"
)

const (
	// maxMessages limits the messages of a mailbox.
	maxMessages = 100_000
	// maxMail limits the mail of a scenario that is held in memory, in octets.
	maxMail = 64 << 20
)

// Mail describes one message, or a number of messages of the same kind. Exactly one of file, text,
// raw and size gives the content.
type Mail struct {
	// A message in a file beside the scenario, byte for byte, or one of the built-in messages
	// (plain.eml, dots.eml, ...).
	File string `json:"file,omitempty"`
	// A message as text, including the header. Its lines end in CRLF, whatever line ends the file
	// has.
	Text string `json:"text,omitempty"`
	// A message byte for byte. Write it in double quotes with \r\n and \x00; \xE9 is the octet E9.
	Raw Octets `json:"raw,omitempty"`
	// A generated message of exactly this number of octets: 4096, 64KiB. At least 512.
	Size Size `json:"size,omitempty"`
	// The seed of a generated message. Default: 1.
	Seed uint64 `json:"seed,omitempty"`
	// Its unique-id. Default: one derived from the content. With a count the number is appended:
	// m1, m2, ...
	UIDL string `json:"uidl,omitempty"`
	// The number of messages with this content; generated messages differ. Default: 1.
	Count int `json:"count,omitempty" jsonschema:"minimum=1,maximum=100000"`

	content []byte // what File has
}

// checkMail checks the mail of a mailbox, or mail that a rule adds.
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
			bad(here, "the mailbox has more than %d messages, counting these", maxMessages)
			return
		}
		if f.count += m.count(); f.count > maxAllMessages {
			bad(here, "the cases of the file have more than %d messages, counting these", maxAllMessages)
			return
		}
		if f.octets += m.octets(); f.octets > maxMail {
			bad(here, "the scenario has more than %d octets of mail, counting this", int64(maxMail))
			return
		}
		for n := range m.count() {
			uid := m.uid(n)
			if uid != "" && uids[uid] {
				bad(here, "another message has the unique-id %s already; for a server that gives one twice write a rule on UIDL", uid)
				break
			}
			uids[uid] = true
		}
	}
}

// wrong reads the file of a message, and says what is wrong with the message, or returns "".
func (m *Mail) wrong(f *files) string {
	given := 0
	for _, is := range []bool{m.File != "", m.Text != "", m.Raw != "", m.Size != 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return "a message needs exactly one of file, text, raw and size"
	case m.Size != 0 && m.Size < maildrop.MinSyntheticSize:
		return fmt.Sprintf("a generated message needs at least %d octets", maildrop.MinSyntheticSize)
	case m.Seed != 0 && m.Size == 0:
		return "seed needs size: only generated messages have a seed"
	case m.Size > maxMail:
		return fmt.Sprintf("the message is larger than %d octets", int64(maxMail))
	case m.count() > maxMessages:
		return fmt.Sprintf("count is at most %d", maxMessages)
	case len(m.uid(m.count()-1)) > 70 || strings.ContainsFunc(m.UIDL, func(r rune) bool { return r < 0x21 || r > 0x7E }):
		return "a unique-id needs 1 to 70 ASCII characters without blanks; for other ones write a rule on UIDL"
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

// uid returns the unique-id of message n of these, counted from 0. It is empty when the unique-id
// is derived from the content.
func (m *Mail) uid(n int) string {
	if m.UIDL == "" || m.Count == 0 {
		return m.UIDL
	}
	return m.UIDL + strconv.Itoa(n+1)
}

// octets returns the memory that these messages take: equal messages share their content.
func (m *Mail) octets() int64 {
	if m.Size != 0 {
		return int64(m.Size) * int64(m.count())
	}
	return int64(len(m.content)) + int64(len(m.Text)) + int64(len(m.Raw))
}

// messages returns the messages of a mailbox that was checked.
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

// raw returns the content of a message that is not generated.
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
