package autosend

import (
	"context"
	"errors"
	"fmt"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// settings holds the server and the login.
type settings struct {
	account.SMTP
	login    string
	password account.Password
	token    account.Token
}

// readSettings returns the settings of the account of an SMTP service.
func readSettings(ctx context.Context, st *store.Store, service store.ID) (settings, error) {
	const step = "reading the account"
	entry, err := st.Entry(ctx, service)
	if errors.Is(err, store.ErrNotFound) || err == nil && !entry.IsSMTP() {
		err = fmt.Errorf("entry %d is not an SMTP service: 'mtm account show' prints its id", service)
	}
	if err != nil {
		return settings{}, &Error{Step: step, Code: symbian.ErrNotFound, Err: err}
	}
	values, err := st.Settings(ctx, entry.Service)
	if err != nil {
		return settings{}, storeError(ctx, step, err)
	}
	p, err := account.FromMap(values)
	if err == nil && p.SMTP.Host == "" {
		err = errors.New("smtp-host is missing")
	}
	if err != nil {
		return settings{}, &Error{Step: step, Code: symbian.ErrArgument, Err: err}
	}
	s := settings{SMTP: p.SMTP, login: p.SMTP.LoginName, password: p.SMTP.Password, token: p.SMTP.Token}
	if p.SMTP.InboxLogin {
		s.login, s.password, s.token = p.LoginName, p.Password, p.Token
	}
	return s, nil
}

// job is a message to be sent, and the states in which it may be when it is leased.
type job struct {
	id   store.ID
	from []store.SendingState
}

// pick returns the messages to send: those of the Outbox that wait, in the order of their ids, and
// the selection.
func (r *run) pick(ctx context.Context) ([]job, error) {
	selected := make(map[store.ID]bool, len(r.o.Selection))
	for _, id := range r.o.Selection {
		selected[id] = true
	}
	var jobs []job
	err := r.store.Each(ctx, store.Outbox, func(e *store.Entry) error {
		if from := r.wanted(e, selected[e.ID]); from != nil {
			jobs = append(jobs, job{e.ID, from})
		}
		return nil
	})
	if err != nil {
		return nil, storeError(ctx, "reading the Outbox", err)
	}
	return jobs, nil
}

// wanted returns the states from which the message may be sent, nil when it is not to be sent.
// Sending is one of them, for a message of a program that died: its lease has ended.
func (r *run) wanted(e *store.Entry, selected bool) []store.SendingState {
	if e.Type != store.TypeMessage || e.Service != r.service || e.Flags.Has(store.InPreparation) {
		return nil
	}
	waiting := []store.SendingState{store.SendWaiting, store.SendScheduled, store.SendResend}
	switch e.Sending {
	case store.SendWaiting, store.SendScheduled, store.SendResend, store.SendSending:
		return waiting
	case store.SendSent, store.SendNotApplicable:
		return nil
	default:
		if selected {
			return append(waiting, e.Sending)
		}
		return nil
	}
}
