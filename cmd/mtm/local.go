package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
)

// inFolder returns the entry of a message in a folder of this store. For an id in the list of an
// account that is the copy in a folder, if there is exactly one.
func inFolder(ctx context.Context, st *store.Store, id store.ID) (store.Entry, error) {
	e, err := messageEntry(ctx, st, id)
	if err != nil {
		return e, err
	}
	if e.Parent != e.Service {
		if isGhost(&e) {
			return e, coded(mtm.ErrNotFound, "message %d is queued and not fetched yet: 'mtm cancel-offline %d' takes the operation back", id, id)
		}
		return e, nil
	}
	var copies []store.Entry
	all, err := places(ctx, st)
	for _, place := range all {
		if err == nil && isFolder(place) {
			err = st.Each(ctx, place.ID, func(m *store.Entry) error {
				if m.Type == store.TypeMessage && m.Related == id && !isGhost(m) {
					copies = append(copies, *m)
				}
				return nil
			})
		}
	}
	switch {
	case err != nil:
		return e, err
	case len(copies) == 0:
		return e, coded(mtm.ErrNotFound, "no folder has a copy of message %d: 'mtm get %d' fetches one, 'mtm delete %d' deletes it on the server", id, id, id)
	case len(copies) > 1:
		return e, coded(mtm.ErrArgument, "message %d has several copies: give the id of one copy, such as %d or %d", id, copies[0].ID, copies[1].ID)
	}
	return copies[0], nil
}

// inFolders returns the entries for several ids, each once.
func inFolders(ctx context.Context, st *store.Store, ids []store.ID) ([]store.Entry, error) {
	var list []store.Entry
	for _, id := range ids {
		e, err := inFolder(ctx, st, id)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(list, func(o store.Entry) bool { return o.ID == e.ID }) {
			list = append(list, e)
		}
	}
	return list, nil
}

// changedView holds what the commands on messages in this store print with --json.
type changedView struct {
	Changed []store.ID `json:"changed"`
}

// localCommand returns a command that changes messages of this store by their
// ids, all of them or none.
func localCommand(e *env, c *cobra.Command, change func(context.Context, *store.Store, []store.ID) ([]store.ID, string, error)) *cobra.Command {
	c.Args = cobra.MinimumNArgs(1)
	c.RunE = run(func(cmd *cobra.Command, args []string) error {
		ids, err := parseIDs(args)
		if err != nil {
			return err
		}
		return e.withStore(writing, func(st *store.Store) error {
			changed, did, err := change(cmd.Context(), st, ids)
			switch {
			case err != nil:
				return fmt.Errorf("%w; nothing was changed", err)
			case e.json:
				return printJSON(cmd, changedView{append([]store.ID{}, changed...)})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), count(len(changed), "message", "messages")+" "+did)
			return err
		})
	})
	return c
}

func removeCommand(e *env) *cobra.Command {
	return localCommand(e, &cobra.Command{
		Use:   "remove ID...",
		Short: "Remove messages from this store",
		Long: `Remove deletes messages from the folders of this store. The server is not contacted. An id in the list of an account
stands for the copy of that message in a folder. Messages on the server stay listed, and can be fetched again;
'mtm delete' deletes them there.`,
		Example: `  mtm remove 26 27`,
	}, func(ctx context.Context, st *store.Store, ids []store.ID) ([]store.ID, string, error) {
		list, err := inFolders(ctx, st, ids)
		if err != nil {
			return nil, "", err
		}
		var ours, others []store.ID
		for i := range list {
			if unsent(&list[i]) {
				ours = append(ours, list[i].ID)
			} else {
				others = append(others, list[i].ID)
			}
		}
		if len(ours) > 0 {
			if err = outbox.Discard(ctx, st, ours...); err != nil {
				return nil, "", err
			}
		}
		if len(others) > 0 {
			b := st.NewBatch()
			b.Delete(others...)
			err = b.Commit(ctx)
		}
		return append(others, ours...), "removed from this store", err
	})
}

// moving holds what move and copy share.
type moving struct {
	into   string
	create bool
	copies bool
}

func moveCommand(e *env) *cobra.Command {
	m := &moving{}
	return m.command(e, &cobra.Command{
		Use:   "move ID... --into FOLDER",
		Short: "Move messages to another folder of this store",
		Long: `Move moves messages to another folder of this store. The server is not contacted. An id in the list of an account stands
for the copy of that message in a folder.`,
		Example: `  mtm move 26 27 --into Archive --create`,
	})
}

func copyCommand(e *env) *cobra.Command {
	m := &moving{copies: true}
	return m.command(e, &cobra.Command{
		Use:   "copy ID... --into FOLDER",
		Short: "Copy messages to another folder of this store",
		Long: `Copy copies messages to another folder of this store; the copies share their octets on disk. An id in the list of an
account stands for the copy of that message in a folder.`,
		Example: `  mtm copy 26 --into Work`,
	})
}

func (m *moving) command(e *env, c *cobra.Command) *cobra.Command {
	c.Flags().StringVar(&m.into, "into", "", "`FOLDER` for the messages, by name or id")
	c.Flags().BoolVar(&m.create, "create", false, "create the folder if it does not exist")
	_ = c.MarkFlagRequired("into") // the flag exists
	_ = c.RegisterFlagCompletionFunc("into", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return complete(e, cmd, namesOf(isFolder))
	})
	return localCommand(e, c, m.change)
}

func (m *moving) change(ctx context.Context, st *store.Store, ids []store.ID) ([]store.ID, string, error) {
	list, err := inFolders(ctx, st, ids)
	if err != nil {
		return nil, "", err
	}
	for i := range list {
		if unsent(&list[i]) {
			return nil, "", coded(mtm.ErrArgument, "message %d is a draft or waits to be sent: use 'mtm outbox'", list[i].ID)
		}
	}
	folder, err := m.folder(ctx, st)
	if err != nil {
		return nil, "", err
	}
	b := st.NewBatch()
	added := make([]store.Entry, len(list))
	for i, entry := range list {
		added[i] = entry
		added[i].Parent = folder.ID
		if m.copies {
			added[i].ID = 0
			b.Add(&added[i])
		} else {
			b.Update(&added[i])
		}
	}
	if err = b.Commit(ctx); err != nil {
		return nil, "", err
	}
	changed := make([]store.ID, len(added))
	for i := range added {
		changed[i] = added[i].ID
	}
	did := "moved to "
	if m.copies {
		did = "copied to "
	}
	return changed, did + oneLine(folder.Name), nil
}

// folder finds the destination, or creates it with --create.
func (m *moving) folder(ctx context.Context, st *store.Store) (store.Entry, error) {
	folder, err := findPlace(ctx, st, m.into, "folder", isFolder)
	switch {
	case err == nil && (folder.ID == store.Outbox || folder.ID == store.Drafts):
		return folder, cli.Usage("%s is only for messages that were written here", folder.Name)
	case err != nil && mtm.Code(err) == int(mtm.ErrNotFound) && m.create:
		return newFolder(ctx, st, m.into)
	}
	return folder, err
}

func markCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "mark",
		Short: "Mark messages as read or unread",
		Example: `  mtm mark read 26 27
  mtm mark unread 26`,
	}
	for _, state := range []string{"read", "unread"} {
		set, clear := store.Flags(0), store.Unread|store.New
		if state == "unread" {
			set, clear = store.Unread, 0
		}
		c.AddCommand(localCommand(e, &cobra.Command{
			Use: state + " ID...", Short: "Mark messages as " + state, Example: "  mtm mark " + state + " 26",
		}, func(ctx context.Context, st *store.Store, ids []store.ID) ([]store.ID, string, error) {
			for _, id := range ids {
				if _, err := messageEntry(ctx, st, id); err != nil {
					return nil, "", err
				}
			}
			b := st.NewBatch()
			b.SetFlags(ids, set, clear)
			return ids, "marked as " + state, b.Commit(ctx)
		}))
	}
	return c
}
