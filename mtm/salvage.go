package mtm

import (
	"context"
	"net"
	"strconv"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/store"
)

// Salvage copies everything that is whole from the store in the directory from, which may be
// damaged or lack its index, into the new store to. It does not change from. It calls lost for each
// entry or body that cannot be copied.
func Salvage(ctx context.Context, from string, to *store.Store, lost func(store.Loss)) (store.Salvaged, error) {
	how := store.Salvage{Describe: servermtm.FillFromHeader, Mailbox: mailboxOf, Account: accountOf, Lost: lost}
	return how.Into(ctx, from, to)
}

// mailboxOf returns the server and the user of an account, as records name them.
func mailboxOf(settings map[string]string) store.Mailbox {
	a, err := account.FromMap(settings)
	if err != nil {
		return store.Mailbox{}
	}
	return store.Mailbox{Host: a.Address(), User: a.LoginName}
}

// accountOf returns the settings of an account that can be derived from records.
func accountOf(m store.Mailbox) map[string]string {
	a := account.Defaults()
	a.Host, a.LoginName = m.Host, m.User
	if host, port, err := net.SplitHostPort(m.Host); err == nil {
		a.Host = host
		a.Port, _ = strconv.Atoi(port)
	}
	return a.Map()
}
