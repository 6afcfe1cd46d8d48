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
