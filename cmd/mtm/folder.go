package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

func folderCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "folder",
		Short: "Create, rename and remove folders of this store",
		Example: `  mtm folder create Work
  mtm folder rename Work 'Old work'
  mtm folder remove 'Old work'`,
	}
	c.AddCommand(
		folderChange(e, "create NAME", "Create a folder beside Inbox", 1, func(ctx context.Context, st *store.Store, args []string) (store.Entry, error) {
			return newFolder(ctx, st, args[0])
		}),
		folderChange(e, "rename FOLDER NAME", "Rename a folder", 2, renameFolder),
		folderChange(e, "remove FOLDER", "Remove a folder that is empty", 1, removeFolder),
	)
	return c
}

// folderChange returns a command that changes one folder.
func folderChange(e *env, use, short string, args int, change func(context.Context, *store.Store, []string) (store.Entry, error)) *cobra.Command {
	word, _, _ := strings.Cut(use, " ")
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		Example: "  mtm folder " + word + strings.Repeat(" Work", args),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(writing, func(st *store.Store) error {
				folder, err := change(cmd.Context(), st, args)
				if err != nil {
					return err
				}
				if e.json {
					return printJSON(cmd, placeView{ID: folder.ID, Parent: folder.Parent, Kind: kindOf(folder), Name: folder.Name})
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "folder %d %s: %sd\n", folder.ID, oneLine(folder.Name), word)
				return err
			})
		}),
	}
	if word != "create" {
		c.ValidArgsFunction = completer(e, namesOf(isFolder))
	}
	return c
}

// checkFolderName returns an error for a name that exists, that is not valid, or that
// would be read as an id.
func checkFolderName(ctx context.Context, st *store.Store, name string) error {
	if _, err := strconv.Atoi(name); err == nil {
		return cli.Usage("%q: a folder's name cannot be a number, since numbers are ids", name)
	}
	if name != oneLine(name) || len(name) > 256 || strings.TrimSpace(name) == "" {
		return cli.Usage("%q: a folder's name has 1 to 256 printable characters", name)
	}
	all, err := places(ctx, st)
	if err != nil {
		return err
	}
	for _, p := range all {
		if strings.EqualFold(p.Name, name) {
			return coded(mtm.ErrInUse, "%s %q already exists", kindOf(p), p.Name)
		}
	}
	return nil
}

// newFolder creates a folder beside Inbox.
func newFolder(ctx context.Context, st *store.Store, name string) (store.Entry, error) {
	if err := checkFolderName(ctx, st, name); err != nil {
		return store.Entry{}, err
	}
	folder := store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeFolder, Name: name}
	b := st.NewBatch()
	var existed bool
	b.AddNamed(&folder, &existed)
	err := b.Commit(ctx)
	return folder, err
}

// ownFolder returns a folder that the user created. The folders that every store has are an error.
func ownFolder(ctx context.Context, st *store.Store, name string) (store.Entry, error) {
	folder, err := findPlace(ctx, st, name, "folder", isFolder)
	if err == nil && folder.ID <= store.Sent {
		err = cli.Usage("%s is a built-in folder: it cannot be renamed or removed", folder.Name)
	}
	return folder, err
}

func renameFolder(ctx context.Context, st *store.Store, args []string) (store.Entry, error) {
	folder, err := ownFolder(ctx, st, args[0])
	if err == nil && !strings.EqualFold(folder.Name, args[1]) {
		err = checkFolderName(ctx, st, args[1])
	}
	if err != nil {
		return folder, err
	}
	folder.Name = args[1]
	b := st.NewBatch()
	b.Update(&folder)
	return folder, b.Commit(ctx)
}

// removeFolder removes an empty folder. It stays when another program puts
// something into it meanwhile.
func removeFolder(ctx context.Context, st *store.Store, args []string) (store.Entry, error) {
	folder, err := ownFolder(ctx, st, args[0])
	if err != nil {
		return folder, err
	}
	b := st.NewBatch()
	b.SetFlags([]store.ID{folder.ID}, store.InPreparation, 0)
	b.Withdraw(folder.ID)
	if err = b.Commit(ctx); err != nil {
		return folder, err
	}
	if _, err = st.Entry(ctx, folder.ID); errors.Is(err, store.ErrNotFound) {
		return folder, nil
	}
	b = st.NewBatch()
	b.SetFlags([]store.ID{folder.ID}, 0, store.InPreparation)
	if err = errors.Join(err, b.Commit(ctx)); err != nil {
		return folder, err
	}
	return folder, coded(mtm.ErrInUse, "folder %s is not empty: 'mtm move' and 'mtm remove' empty it", oneLine(folder.Name))
}
