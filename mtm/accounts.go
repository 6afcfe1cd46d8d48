package mtm

import (
	"context"
	"fmt"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// Account is a POP3 account of a store: a service entry and its settings.
type Account struct {
	ID   store.ID
	Name string
	POP3 account.POP3
}

// AddAccount makes a service entry with the given settings. Names are unique: a
// second account of a name is ErrInUse.
func AddAccount(ctx context.Context, st *store.Store, name string, settings account.POP3) (store.ID, error) {
	const command = "add account"
	if err := account.ValidateName(name); err != nil {
		return 0, &Error{Command: command, Code: ErrArgument, Err: err}
	}
	if err := settings.Validate(); err != nil {
		return 0, &Error{Command: command, Code: ErrArgument, Err: err}
	}
	entries, err := services(ctx, st)
	if err != nil {
		return 0, err
	}
	b := st.NewBatch()
	for _, e := range entries {
		switch {
		case e.Flags.Has(store.InPreparation):
			b.Delete(e.ID) // the rest of an AddAccount that did not end
		case e.Name == name:
			return 0, &Error{Command: command, Code: ErrInUse, Err: fmt.Errorf("there is an account %q already", name)}
		}
	}
	// The entry's id is known after the first commit; until its settings are there
	// too it is in preparation, and no account.
	entry := store.Entry{Parent: store.Root, Type: store.TypeService, Name: name, Flags: store.InPreparation}
	b.Add(&entry)
	if err := b.Commit(ctx); err != nil {
		return 0, err
	}
	entry.Service, entry.Flags = entry.ID, 0
	b = st.NewBatch()
	b.Update(&entry)
	b.SetSettings(entry.ID, settings.Map())
	return entry.ID, b.Commit(ctx)
}

// SetAccount replaces an account's settings; they count from the next connect on.
func SetAccount(ctx context.Context, st *store.Store, id store.ID, settings account.POP3) error {
	if err := settings.Validate(); err != nil {
		return &Error{Command: "set account", Code: ErrArgument, Err: err}
	}
	b := st.NewBatch()
	b.SetSettings(id, settings.Map())
	return b.Commit(ctx)
}

// RemoveAccount deletes the service entry, its mailbox entries and its settings.
// Copies in folders stay, and the server is not touched.
func RemoveAccount(ctx context.Context, st *store.Store, id store.ID) error {
	b := st.NewBatch()
	b.Delete(id)
	return b.Commit(ctx)
}

// Accounts lists the accounts in the order they were added.
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
		values, err := st.Settings(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		settings, err := account.FromMap(values)
		if err != nil {
			return nil, &Error{Command: "list accounts", Code: ErrArgument, Err: fmt.Errorf("account %q: %w", e.Name, err)}
		}
		accounts = append(accounts, Account{ID: e.ID, Name: e.Name, POP3: settings})
	}
	return accounts, nil
}

// FindAccount finds an account by its name, else ErrNotFound.
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
	return Account{}, &Error{Command: "find account", Code: ErrNotFound, Err: fmt.Errorf("there is no account %q", name)}
}

// services lists the service entries other than the local one.
func services(ctx context.Context, st *store.Store) ([]store.Entry, error) {
	children, err := st.Children(ctx, store.Root)
	if err != nil {
		return nil, err
	}
	accounts := children[:0]
	for _, e := range children {
		if e.Type == store.TypeService && e.ID != store.Local {
			accounts = append(accounts, e)
		}
	}
	return accounts, nil
}
