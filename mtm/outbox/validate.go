package outbox

import (
	"context"
	"errors"
	"slices"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// ValidateMessage returns the parts of a message that keep it from being sent, 0 for none:
// PartRecipient without a recipient or with one that no server accepts as an address,
// PartOriginator with such a sender, PartBody when the text is not whole. Mail that was not written
// here has no recipients to be sent to: it gets PartRecipient, which is what the original answers
// for every message. The error wraps symbian.ErrNotFound when there is no such message.
func ValidateMessage(ctx context.Context, st *store.Store, id store.ID) (symbian.PartList, error) {
	m, err := Read(ctx, st, id)
	if err == nil {
		return m.invalid(), nil
	}
	if e, failed := st.Entry(ctx, id); failed == nil && e.Type == store.TypeMessage && errors.Is(err, symbian.ErrNotFound) {
		return symbian.PartRecipient, nil
	}
	return 0, err
}

func (m *Message) invalid() (parts symbian.PartList) {
	wrong := func(r store.Recipient) bool { return symbian.ValidatePath(r.Address) != nil }
	if len(m.Recipients) == 0 || slices.ContainsFunc(m.Recipients, wrong) {
		parts |= symbian.PartRecipient
	}
	if from := m.Outgoing.From; from != "" && symbian.ValidatePath(from) != nil {
		parts |= symbian.PartOriginator
	}
	if m.Body.Kind != store.BodyWhole {
		parts |= symbian.PartBody
	}
	return parts
}
