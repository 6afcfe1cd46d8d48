package autosend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// message is a message whose lease this run holds.
type message struct {
	*run
	id       store.ID
	envelope store.Outgoing
	keeper   *keeper
}

// send sends the message to all recipients that do not have it yet.
func (m *message) send(ctx context.Context) verdict {
	entry, body, err := m.open(ctx)
	if err != nil {
		return verdict{state: store.SendFailed, err: err}
	}
	defer func() { _ = body.Close() }() // it was only read
	m.retry()
	for {
		before := m.pending()
		if len(before) == 0 {
			break
		}
		v := m.round(ctx, entry, body, before)
		if v.err != nil {
			return v
		}
		// A server that limits the recipients of a message gets the message again for the others.
		if more := m.pending(); len(more) == 0 || len(more) == len(before) {
			break
		}
		if err := m.note(ctx); err != nil {
			return verdict{state: store.SendWaiting, err: storeError(ctx, "storing the recipients", err)}
		}
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return verdict{state: store.SendWaiting, err: storeError(ctx, "reading the message", err)}
		}
	}
	if err := m.missed(); err != nil {
		return verdict{state: m.afterRefusals(), err: err}
	}
	return verdict{state: store.SendSent}
}

// open reads the message, and returns an error when it cannot be sent at all.
func (m *message) open(ctx context.Context) (store.Entry, *store.BodyReader, error) {
	const step = "building the message"
	fail := func(code symbian.Code, err error) (store.Entry, *store.BodyReader, error) {
		return store.Entry{}, nil, &Error{Step: step, Code: code, Err: err}
	}
	if len(m.envelope.Recipients) == 0 {
		return fail(symbian.ErrArgument, errors.New("it has no recipients"))
	}
	if from := m.envelope.From; from != "" {
		if err := symbian.ValidatePath(from); err != nil {
			return fail(symbian.ErrNoMailFrom, err)
		}
	}
	for _, to := range m.envelope.Recipients {
		if err := symbian.ValidatePath(to.Address); err != nil {
			return fail(symbian.ErrBadRcptTo, err)
		}
	}
	entry, err := m.store.Entry(ctx, m.id)
	if err != nil {
		return fail(symbian.ErrNotFound, err)
	}
	if entry.Body.Kind != store.BodyWhole {
		return fail(symbian.ErrNotFound, fmt.Errorf("its text is missing: the body is %s", entry.Body.Kind))
	}
	body, err := m.store.Body(ctx, m.id)
	if err != nil {
		return fail(symbian.ErrUnknown, err)
	}
	return entry, body, nil
}

// pending returns the recipients for which the message was not tried yet.
func (m *message) pending() []int {
	var list []int
	for i, r := range m.envelope.Recipients {
		if r.State == store.RecipientWaiting {
			list = append(list, i)
		}
	}
	return list
}

// afterRefusals returns the state of a message that not all recipients have: failed when all others
// were refused permanently.
func (m *message) afterRefusals() store.SendingState {
	for _, r := range m.envelope.Recipients {
		if r.State != store.RecipientAccepted && !isPermanent(replyCode(r.Reply)) {
			return store.SendWaiting
		}
	}
	return store.SendFailed
}

// retry resets the recipients that were refused temporarily, and all when the message was named.
func (m *message) retry() {
	m.envelope.Recipients = slices.Clone(m.envelope.Recipients)
	named := slices.Contains(m.o.Selection, m.id)
	for i := range m.envelope.Recipients {
		if r := &m.envelope.Recipients[i]; r.State == store.RecipientRefused && (named || !isPermanent(replyCode(r.Reply))) {
			*r = store.Recipient{Address: r.Address}
		}
	}
}

// note stores how far the message got, while sending continues.
func (m *message) note(ctx context.Context) error {
	b := m.store.NewBatch()
	b.SetOutgoing(&store.Entry{ID: m.id}, m.envelope)
	return b.Commit(ctx)
}

// missed returns an error that names who does not have the message.
func (m *message) missed() error {
	var names []string
	code := symbian.None
	for _, r := range m.envelope.Recipients {
		if r.State == store.RecipientAccepted {
			continue
		}
		if code == symbian.None {
			code = refusalCode(replyCode(r.Reply), symbian.ErrBadRcptTo)
		}
		if len(names) < shownRecipients {
			names = append(names, fmt.Sprintf("%s: %s", r.Address, r.Reply))
		}
	}
	if code == symbian.None {
		return nil
	}
	return &Error{Step: "sending the recipients", Code: code, Err: errors.New(strings.Join(names, "; "))}
}

// shownRecipients is how many refused recipients a reason names.
const shownRecipients = 5

// round runs one transaction with the server for some recipients.
func (m *message) round(ctx context.Context, entry store.Entry, body io.Reader, pending []int) verdict {
	l := m.line
	if err := m.keeper.look(ctx); err != nil {
		return suspended(err)
	}
	options := m.mailOptions(entry)
	if known, _ := l.client.Extension("SMTPUTF8"); options.UTF8 && !known {
		return verdict{state: store.SendFailed, err: &Error{Step: "sending the sender's address", Code: symbian.ErrBadRcptTo,
			Err: errors.New("an address has non-ASCII letters, and the server does not support SMTPUTF8")}}
	}
	if err := l.client.Mail(m.envelope.From, options); err != nil {
		return m.refused(ctx, "sending the sender's address", symbian.ErrBadMailFrom, err)
	}
	accepted, err := m.name(pending)
	if err != nil {
		return m.refused(ctx, "sending the recipients", symbian.ErrBadRcptTo, err)
	}
	if len(accepted) > 0 {
		return m.data(ctx, body, accepted)
	}
	if err := l.client.Reset(); err != nil {
		return m.refused(ctx, "sending the recipients", symbian.ErrBadRcptTo, err)
	}
	return verdict{}
}

// name sends the recipients and returns those that the server accepts. An error is not about a
// recipient.
func (m *message) name(pending []int) (accepted []int, err error) {
	for _, i := range pending {
		to := &m.envelope.Recipients[i]
		err := m.line.client.Rcpt(to.Address, nil)
		if err == nil {
			accepted = append(accepted, i)
			continue
		}
		answer, refused := errors.AsType[*smtp.SMTPError](err)
		if !refused || answer.Code == serviceGone {
			return nil, err
		}
		to.Reply = shown(answer)
		if answer.Code == tooMany && len(accepted) > 0 {
			break // the others follow in the next transaction
		}
		to.State = store.RecipientRefused
	}
	return accepted, nil
}

func (m *message) mailOptions(entry store.Entry) *smtp.MailOptions {
	o := &smtp.MailOptions{Size: entry.Body.Length}
	ascii := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7F }) }
	o.UTF8 = !ascii(m.envelope.From) || slices.ContainsFunc(m.envelope.Recipients, func(r store.Recipient) bool { return !ascii(r.Address) })
	return o
}
