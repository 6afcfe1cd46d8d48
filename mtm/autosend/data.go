package autosend

import (
	"context"
	"errors"
	"io"

	"github.com/emersion/go-smtp"

	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// data sends the text and records which recipients have it.
func (m *message) data(ctx context.Context, body io.Reader, accepted []int) verdict {
	const step = "sending the message"
	w, err := m.line.client.Data()
	if err != nil {
		return m.refused(ctx, step, symbian.ErrUnknown, err)
	}
	out := &lineEnds{to: w}
	if err = transmit(out, body, func() error { return m.keeper.look(ctx) }); err != nil {
		// The final dot is not sent: the server would take the beginning for the whole message.
		return m.brokenOff(ctx, out, err)
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		v := m.refused(ctx, step, symbian.ErrUnknown, err)
		if _, said := errors.AsType[*smtp.SMTPError](err); !said {
			v.err = &Error{Step: "waiting for the server's reply to the message, which may have been delivered", Code: codeOf(v.err), Err: err}
		}
		return v
	}
	for _, i := range accepted {
		m.envelope.Recipients[i].State = store.RecipientAccepted
		m.envelope.Recipients[i].Reply = clean(answer.StatusText)
	}
	return verdict{}
}

// brokenOff returns the verdict on a message that ended before its final dot.
func (m *message) brokenOff(ctx context.Context, out *lineEnds, err error) verdict {
	switch {
	case m.keeper.lost():
		return suspended(err)
	case out.failed != nil || ctx.Err() != nil:
		return m.refused(ctx, "sending the message", symbian.ErrUnknown, err)
	}
	return verdict{state: store.SendFailed, lost: true, err: &Error{Step: "reading the message", Code: symbian.ErrUnknown, Err: err}}
}

// suspended returns the verdict on a message that was suspended, deleted, or leased by another
// program while it was sent.
func suspended(err error) verdict {
	return verdict{state: store.SendSuspended, lost: true, err: &Error{Step: "reading the message again", Code: symbian.ErrCancelled, Err: err}}
}

// refused returns the verdict on a message that the server refused, or whose connection broke. code
// is the number for the step.
func (m *message) refused(ctx context.Context, step string, code symbian.Code, err error) verdict {
	if ctx.Err() != nil {
		return verdict{state: store.SendSuspended, lost: true, err: &Error{Step: step, Code: symbian.ErrCancelled, Err: context.Cause(ctx)}}
	}
	v := verdict{state: store.SendWaiting, lost: true, err: lineError(step, err)}
	answer, said := errors.AsType[*smtp.SMTPError](err)
	if !said {
		return v
	}
	v.err = &Error{Step: step, Code: refusalCode(answer.Code, code), Err: errors.New(shown(answer))}
	if isPermanent(answer.Code) {
		v.state = store.SendFailed
	}
	// The session continues after a refusal, unless the server ends it (RFC 5321 section 3.8) or
	// refuses RSET.
	v.lost = answer.Code == serviceGone || m.line.client.Reset() != nil
	return v
}

// isPermanent reports whether a refusal holds until somebody changes something (RFC 5321 section
// 4.2.1): the message is not tried again automatically.
func isPermanent(code int) bool { return code >= 500 && code <= 599 }

// refusalCode returns the number for a refusal (behaviour section 10): access denied for what no
// repetition can change.
func refusalCode(answer int, other symbian.Code) symbian.Code {
	switch answer {
	case 550, 553, 554:
		return symbian.ErrAccessDenied
	}
	return other
}

func codeOf(err error) symbian.Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return symbian.ErrUnknown
}
