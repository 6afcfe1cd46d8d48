package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// parseID reads an id as list shows it.
func parseID(text string) (store.ID, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, cli.Usage("%q is not an id: ids are the numbers that 'mtm list' shows", text)
	}
	return store.ID(n), nil
}

// parseIDs reads ids in their order, each once.
func parseIDs(texts []string) ([]store.ID, error) {
	var ids []store.ID
	seen := map[store.ID]bool{}
	for _, text := range texts {
		id, err := parseID(text)
		if err != nil {
			return nil, err
		}
		if !seen[id] {
			ids = append(ids, id)
			seen[id] = true
		}
	}
	return ids, nil
}

// findAccount returns the account with a name. The error of a name that does not exist
// lists the names that do.
func findAccount(ctx context.Context, st *store.Store, name string) (mtm.Account, error) {
	accounts, err := mtm.Accounts(ctx, st)
	if err != nil {
		return mtm.Account{}, err
	}
	names := make([]string, len(accounts))
	for i, a := range accounts {
		if a.Name == name {
			return a, nil
		}
		names[i] = a.Name
	}
	if len(names) == 0 {
		return mtm.Account{}, coded(mtm.ErrNotFound, "account %q does not exist, and there are no others: 'mtm account add' adds one", name)
	}
	return mtm.Account{}, coded(mtm.ErrNotFound, "account %q does not exist; choose one of %s", name, strings.Join(names, ", "))
}

// places returns the entries that hold messages: the folders first, then the accounts, both in
// the order of their ids.
func places(ctx context.Context, st *store.Store) ([]store.Entry, error) {
	var folders, accounts []store.Entry
	services, err := st.Children(ctx, store.Root)
	if err != nil {
		return nil, err
	}
	for _, s := range services {
		if s.IsSMTP() {
			continue // it holds no messages
		}
		if s.Type == store.TypeService && s.ID != store.Local {
			accounts = append(accounts, s)
			continue
		}
		children, err := st.Children(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range children {
			if c.Type == store.TypeFolder {
				folders = append(folders, c)
			}
		}
	}
	return append(folders, accounts...), nil
}

func isFolder(e store.Entry) bool  { return e.Type == store.TypeFolder }
func isAccount(e store.Entry) bool { return e.Type == store.TypeService }
func isPlace(store.Entry) bool     { return true }

// findPlace returns the folder or account with an id or a name. A name that differs only in case is
// accepted when no name is equal. kind is the word for the error.
func findPlace(ctx context.Context, st *store.Store, name, kind string, wanted func(store.Entry) bool) (store.Entry, error) {
	all, err := places(ctx, st)
	if err != nil {
		return store.Entry{}, err
	}
	var exact, near []store.Entry
	var names []string
	for _, p := range all {
		if !wanted(p) {
			continue
		}
		names = append(names, p.Name)
		if strconv.FormatInt(int64(p.ID), 10) == name {
			return p, nil
		}
		if p.Name == name {
			exact = append(exact, p)
		} else if strings.EqualFold(p.Name, name) {
			near = append(near, p)
		}
	}
	if len(exact) == 0 {
		exact = near
	}
	switch len(exact) {
	case 1:
		return exact[0], nil
	case 0:
		if len(names) == 0 {
			return store.Entry{}, coded(mtm.ErrNotFound, "%s %q does not exist", kind, name)
		}
		return store.Entry{}, coded(mtm.ErrNotFound, "%s %q does not exist; choose one of %s", kind, name, strings.Join(names, ", "))
	}
	return store.Entry{}, coded(mtm.ErrArgument, "the name %q is not unique: give the id, such as %d or %d", name, exact[0].ID, exact[1].ID)
}

// makeFolder creates a folder beside Inbox, InPreparation, unless another program has created one
// with that name by now.
func makeFolder(ctx context.Context, st *store.Store, name string) (folder store.Entry, made bool, err error) {
	if _, err = strconv.Atoi(name); err == nil {
		return folder, false, cli.Usage("--into %s with --create: a folder's name cannot be a number, since numbers are ids", name)
	}
	if name != oneLine(name) || len(name) > 256 || strings.TrimSpace(name) == "" {
		return folder, false, cli.Usage("--into %q with --create: a folder's name has 1 to 256 printable characters", name)
	}
	folder = store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeFolder, Name: name, Flags: store.InPreparation}
	var existed bool
	b := st.NewBatch()
	b.AddNamed(&folder, &existed)
	err = b.Commit(ctx)
	return folder, err == nil && !existed, err
}

// completer returns a function that completes the first argument with the names that list returns.
func completer(e *env, list func(context.Context, *store.Store) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(e, cmd, list)
	}
}

func complete(e *env, cmd *cobra.Command, list func(context.Context, *store.Store) ([]string, error)) (names []string, _ cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	// Completion cannot report errors: when the store cannot be read, it offers no names.
	_ = e.withStore(reading, func(st *store.Store) (err error) {
		names, err = list(ctx, st)
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeWords lets the value of a flag be completed with one of a few words.
func completeWords(c *cobra.Command, flag string, words []string) {
	// The flag exists, so registering cannot fail.
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// namesOf returns a function that lists names for completion, each with its id as the description.
func namesOf(wanted func(store.Entry) bool) func(context.Context, *store.Store) ([]string, error) {
	return func(ctx context.Context, st *store.Store) ([]string, error) {
		all, err := places(ctx, st)
		var names []string
		for _, p := range all {
			if wanted(p) {
				names = append(names, fmt.Sprintf("%s\t%s %d", p.Name, kindOf(p), p.ID))
			}
		}
		return names, err
	}
}

func kindOf(e store.Entry) string {
	if e.Type == store.TypeService {
		return "account"
	}
	return "folder"
}
