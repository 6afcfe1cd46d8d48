package control

import (
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// catalogue holds messages by unique-id.
type catalogue map[string]maildrop.Message

// known returns the messages that a mailbox has or had: those that a reset restores, and the first
// ones of the current mail.
func (t *tenant) known() catalogue {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := catalogue{}
	for _, m := range t.mail {
		known[m.UID()] = m
	}
	list, err := t.drop.List()
	if err != nil {
		return known
	}
	for i := range min(list.Len(), fakeserver.SnapshotMessages) {
		m := list.At(i)
		known[m.UID()] = m
	}
	return known
}

// list returns the messages of a snapshot, or nil without a snapshot. For a message that is no
// longer known it has only the unique-id.
func (c catalogue) list(s *fakeserver.Snapshot) *Messages {
	if s == nil {
		return nil
	}
	out := &Messages{Total: s.Messages, Messages: []Message{}}
	for i, uid := range s.UIDs {
		one := Message{Number: i + 1, UID: uid}
		if m := c[uid]; m != nil {
			one = described(i+1, m)
		}
		out.Messages = append(out.Messages, one)
	}
	return out
}
