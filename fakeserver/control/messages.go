package control

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/scenarios"
)

// When says when open sessions see a change of the mail.
type When string

// The values of When.
const (
	NextSession When = "next" // sessions that begin later; it is what servers do
	Now         When = "now"  // from the next command on; message numbers may change
)

// NewMessages describes messages to add: either Raw or Words is set.
type NewMessages struct {
	// Raw is one message, octet for octet. UID is its unique-id; when it is empty, one is derived
	// from the content.
	Raw []byte
	UID string
	// Words is a message or a list of messages in the format of a scenario's mailbox, as YAML or
	// JSON.
	Words []byte
	When  When
}

// Message describes a message in a mailbox.
type Message struct {
	Number  int    `json:"number" doc:"The place in the mailbox, from 1"`
	UID     string `json:"uid" doc:"The unique-id" example:"a1"`
	Size    int64  `json:"size" doc:"Octets as RETR sends them, without stuffed dots" example:"1024"`
	Subject string `json:"subject,omitempty" doc:"The subject" example:"Lunch?"`
	From    string `json:"from,omitempty" doc:"The sender as the header has it" example:"Ann <ann@example.org>"`
	Date    string `json:"date,omitempty" doc:"The date as the header has it"`
}

// Messages holds the messages of a mailbox, or a part of them.
type Messages struct {
	Total    int       `json:"total" doc:"The number of messages in the mailbox"`
	Messages []Message `json:"messages" doc:"The requested part, by number"`
}

// Page selects part of a long list.
type Page struct {
	Start int `json:"start,omitempty" query:"start" minimum:"0" doc:"How many messages to skip"`
	Limit int `json:"limit,omitempty" query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"The largest number of messages to return"`
}

// AddMessages adds messages to the mailbox of a user, and returns them with their numbers in the
// next session.
func (s *Service) AddMessages(_ context.Context, user string, in NewMessages) (*Messages, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	mail, err := s.made(in)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.changing {
		return nil, unchangeable(user)
	}
	if count := len(t.mail) + len(mail); count > s.limits.Messages {
		return nil, full("a mailbox may have %d messages, deleted ones included until a reset, and with these it would have %d", s.limits.Messages, count)
	}
	if err := s.reserve(octetsOf(mail)); err != nil {
		return nil, err
	}
	before, _ := t.drop.Count()
	if err := t.drop.Deliver(mail...); err != nil {
		return nil, err
	}
	added := t.drop.MessagesFrom(before) // unique-ids may have been changed by a suffix
	t.mail = append(t.mail, added...)
	t.refresh(in.When)
	out := &Messages{Total: before + len(added)}
	for i, m := range added {
		out.Messages = append(out.Messages, Message{Number: before + i + 1, UID: m.UID(), Size: m.Size()})
	}
	return out, nil
}

// made returns the messages that a request adds.
func (s *Service) made(in NewMessages) ([]maildrop.Message, error) {
	switch in.When {
	case Now, NextSession, "":
	default:
		return nil, problem(http.StatusUnprocessableEntity, "when is %s or %s, not %q", Now, NextSession, clip(string(in.When)))
	}
	if in.Words == nil {
		if int64(len(in.Raw)) > s.limits.Message {
			return nil, problem(http.StatusRequestEntityTooLarge, "a message may have %d octets", s.limits.Message)
		}
		if err := checkUID(in.UID); err != nil {
			return nil, err
		}
		return []maildrop.Message{maildrop.Bytes(in.UID, bytes.Clone(in.Raw))}, nil
	}
	words, err := scenarios.ParseMail(in.Words)
	if err != nil {
		return nil, wrongWords(err)
	}
	if octets := scenarios.Weight(words); octets > s.limits.Octets-s.octets.Load() {
		return nil, full("the messages have %d octets, and those of all users may have %d", octets, s.limits.Octets)
	}
	return scenarios.Messages(words), nil
}

// checkUID returns an error for a unique-id that RFC 1939 section 7 does not allow. An empty one is
// allowed: it is then derived from the content.
func checkUID(uid string) error {
	if len(uid) > 70 || strings.ContainsFunc(uid, func(r rune) bool { return r < 0x21 || r > 0x7E }) {
		return problem(http.StatusUnprocessableEntity, "a unique-id needs 1 to 70 ASCII characters without blanks")
	}
	return nil
}

func unchangeable(user string) *Problem {
	return problem(http.StatusConflict, "the mailbox of %s is on disk or generated, and cannot be changed here: create a user", clip(user))
}

func (t *tenant) refresh(when When) {
	if when == Now {
		t.drop.Refresh()
	}
}

// Messages returns the messages in the mailbox of a user.
func (s *Service) Messages(_ context.Context, user string, page Page) (*Messages, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	if page.Limit == 0 {
		page.Limit = 1000
	}
	if page.Start < 0 || page.Limit < 1 || page.Limit > 10_000 {
		return nil, problem(http.StatusUnprocessableEntity, "start is 0 or more, and limit from 1 to 10,000")
	}
	list, err := t.drop.List()
	if err != nil {
		return nil, problem(http.StatusConflict, "the mailbox cannot be read: %v", err)
	}
	out := &Messages{Total: list.Len(), Messages: []Message{}}
	for i := page.Start; i < list.Len() && i-page.Start < page.Limit; i++ {
		out.Messages = append(out.Messages, described(i+1, list.At(i)))
	}
	return out, nil
}

// message returns the number and the message with a unique-id.
func message(drop *fakeserver.Maildrop, uid string) (int, maildrop.Message, error) {
	list, err := drop.List()
	if err != nil {
		return 0, nil, problem(http.StatusConflict, "the mailbox cannot be read: %v", err)
	}
	for i := range list.Len() {
		if m := list.At(i); m.UID() == uid {
			return i + 1, m, nil
		}
	}
	return 0, nil, problem(http.StatusNotFound, "the mailbox has no message %q", clip(uid))
}

// Message returns the octets of a message as RETR sends them, without stuffed dots. The caller
// closes the reader.
func (s *Service) Message(_ context.Context, user, uid string) (io.ReadCloser, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	_, m, err := message(t.drop, uid)
	if err != nil {
		return nil, err
	}
	body, err := m.Open()
	if err != nil {
		return nil, problem(http.StatusConflict, "the message cannot be read: %v", err)
	}
	return body, nil
}

// RenameMessage changes the unique-id of a message.
func (s *Service) RenameMessage(_ context.Context, user, uid, to string, when When) (*Message, error) {
	t, err := s.find(user)
	if err != nil {
		return nil, err
	}
	if to == "" {
		return nil, problem(http.StatusUnprocessableEntity, "the new unique-id is missing")
	}
	if err = checkUID(to); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.changing {
		return nil, unchangeable(user)
	}
	n, m, err := message(t.drop, uid)
	if err != nil {
		return nil, err
	}
	if _, _, err := message(t.drop, to); err == nil {
		return nil, problem(http.StatusConflict, "the mailbox has a message %q already", to)
	}
	renamed := maildrop.Renamed(m, to)
	if err := t.drop.Change(fakeserver.ReplaceMail(uid, renamed)); err != nil {
		return nil, err
	}
	for i, kept := range t.mail {
		if kept.UID() == uid {
			t.mail[i] = renamed
		}
	}
	t.refresh(when)
	out := described(n, renamed)
	return &out, nil
}

// DeleteMessages deletes messages; a reset does not restore them. With nil it deletes all.
func (s *Service) DeleteMessages(_ context.Context, user string, uids []string, when When) error {
	t, err := s.find(user)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.changing {
		return unchangeable(user)
	}
	gone := map[string]bool{}
	for _, uid := range uids {
		if _, _, err := message(t.drop, uid); err != nil {
			return err
		}
		gone[uid] = true
	}
	if uids == nil {
		uids = t.drop.UIDs()
	}
	if err := t.drop.Remove(uids...); err != nil {
		return err
	}
	before := octetsOf(t.mail)
	if len(gone) == 0 {
		t.mail = nil
	} else {
		t.mail = t.keeping(func(uid string) bool { return gone[uid] })
	}
	s.octets.Add(octetsOf(t.mail) - before)
	t.refresh(when)
	return nil
}
