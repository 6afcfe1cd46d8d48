package mtm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/internal/servermtm"
	"pop3mtm/mtm/store"
)

// Account describes a POP3 account of a store: its service entry and its settings.
type Account struct {
	ID   store.ID
	Name string
	POP3 account.POP3
	SMTP store.ID // the service entry for outgoing messages; 0 when the account cannot send
}

// patience is how long AddAccount waits while another program adds an account.
const patience = 5 * time.Second

const addingAccount = "add account"

// AddAccount adds an account with the given settings and returns the id of its service
// entry. It returns ErrArgument for an invalid name or settings, and ErrInUse when an
// account or a folder has the name.
func AddAccount(ctx context.Context, st *store.Store, name string, settings account.POP3) (store.ID, error) {
	const command = addingAccount
	if err := account.ValidateName(name); err != nil {
		return 0, &Error{Command: command, Code: ErrArgument, Err: err}
	}
	if err := settings.Validate(); err != nil {
		return 0, &Error{Command: command, Code: ErrArgument, Err: err}
	}
	adding, err := hold.Place{Dir: lockDir(st), Name: "accounts"}.Take(ctx, patience)
	if err != nil {
		return 0, describe(command, servermtm.HoldFault(ctx, err))
	}
	id, err := addAccount(ctx, st, name, settings)
	return id, errors.Join(err, adding.Release())
}

// addAccount adds an account while the caller holds the lock.
func addAccount(ctx context.Context, st *store.Store, name string, settings account.POP3) (store.ID, error) {
	entries, err := services(ctx, st)
	if err != nil {
		return 0, err
	}
	folders, err := st.Children(ctx, store.Local)
	if err != nil {
		return 0, err
	}
	for _, f := range folders {
		if f.Type == store.TypeFolder && strings.EqualFold(f.Name, name) {
			return 0, &Error{Command: addingAccount, Code: ErrInUse, Err: fmt.Errorf("folder %q has that name: choose another one", f.Name)}
		}
	}
	b := st.NewBatch()
	for _, e := range entries {
		switch {
		case e.Flags.Has(store.InPreparation):
			b.Delete(e.ID) // left over from an AddAccount that was interrupted
		case e.Name == name:
			return 0, &Error{Command: addingAccount, Code: ErrInUse, Err: fmt.Errorf("account %q already exists", name)}
		}
	}
	// The id of the entry is known after the first commit. Until its settings are stored too, the
	// entry is in preparation and not listed as an account.
	entry := store.Entry{Parent: store.Root, Type: store.TypeService, Name: name, Flags: store.InPreparation}
	smtp := newSMTPService(&entry)
	b.Add(&entry)
	if settings.SMTP.Host != "" {
		b.Add(smtp)
	}
	if err := b.Commit(ctx); err != nil {
		return 0, err
	}
	entry.Service, entry.Flags = entry.ID, 0
	b = st.NewBatch()
	if settings.SMTP.Host != "" {
		relate(b, &entry, smtp)
	} else {
		b.Update(&entry)
	}
	b.SetSettings(entry.ID, settings.Map())
	return entry.ID, b.Commit(ctx)
}

// SetAccount replaces the settings of an account. They apply from the next connect on. The
// account's SMTP service is added when the settings have a host for SMTP, and removed when they
// have none: SetAccount returns ErrInUse while its mail is in the Outbox.
func SetAccount(ctx context.Context, st *store.Store, id store.ID, settings account.POP3) error {
	const command = "set account"
	if err := settings.Validate(); err != nil {
		return &Error{Command: command, Code: ErrArgument, Err: err}
	}
	entry, err := st.Entry(ctx, id)
	if err != nil {
		return err
	}
	b := st.NewBatch()
	switch sends := settings.SMTP.Host != ""; {
	case sends && entry.Related == 0:
		if err := addSMTPService(ctx, st, b, &entry); err != nil {
			return err
		}
	case !sends && entry.Related != 0:
		if err := removeSMTPService(ctx, st, b, entry, command); err != nil {
			return err
		}
		entry.Related = 0
		b.Update(&entry)
	}
	b.SetSettings(id, settings.Map())
	return b.Commit(ctx)
}

// RemoveAccount deletes an account: its service entries, the entries of its mailbox and its
// settings. Copies in folders stay, and the server is not contacted. It returns ErrInUse while mail
// of the account is in the Outbox or a client holds the mailbox.
func RemoveAccount(ctx context.Context, st *store.Store, id store.ID) error {
	const command = "remove account"
	entry, err := st.Entry(ctx, id)
	if err != nil {
		return err
	}
	held, err := place(st, id).Take(ctx, 0)
	if err != nil {
		return describe(command, servermtm.HoldFault(ctx, err))
	}
	b := st.NewBatch()
	err = removeSMTPService(ctx, st, b, entry, command)
	if err == nil {
		b.Delete(id)
		err = b.Commit(ctx)
	}
	if err != nil {
		return errors.Join(err, held.Release())
	}
	return held.Remove()
}

// Accounts returns the accounts in the order in which they were added.
func Accounts(ctx context.Context, st *store.Store) ([]Account, error) {
	entries, err := services(ctx, st)
	if err != nil {
		return nil, err
	}
	accounts := make([]Account, 0, len(entries))
	for _, e := range entries {
		if e.Flags.Has(store.InPreparation) {
			continue
		}
		a, err := readAccount(ctx, st, e, "list accounts")
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, a)
	}
	return accounts, nil
}

func readAccount(ctx context.Context, st *store.Store, e store.Entry, command string) (Account, error) {
	values, err := st.Settings(ctx, e.ID)
	if err != nil {
		return Account{}, err
	}
	settings, err := account.FromMap(values)
	if err != nil {
		return Account{}, &Error{Command: command, Code: ErrArgument, Err: fmt.Errorf("account %q: %w", e.Name, err)}
	}
	return Account{ID: e.ID, Name: e.Name, POP3: settings, SMTP: e.Related}, nil
}

// FindAccount returns the account with a name, or ErrNotFound.
func FindAccount(ctx context.Context, st *store.Store, name string) (Account, error) {
	accounts, err := Accounts(ctx, st)
	if err != nil {
		return Account{}, err
	}
	for _, a := range accounts {
		if a.Name == name {
			return a, nil
		}
	}
	return Account{}, &Error{Command: "find account", Code: ErrNotFound, Err: fmt.Errorf("account %q does not exist", name)}
}

// services returns the POP3 service entries of all accounts.
func services(ctx context.Context, st *store.Store) ([]store.Entry, error) {
	children, err := st.Children(ctx, store.Root)
	if err != nil {
		return nil, err
	}
	accounts := children[:0]
	for _, e := range children {
		if e.Type == store.TypeService && e.ID != store.Local && !e.IsSMTP() {
			accounts = append(accounts, e)
		}
	}
	return accounts, nil
}
