package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/cmd/internal/mailfiles"
	"pop3mtm/mtm/store"
)

func exportCommand(e *env) *cobra.Command {
	format := choice{allowed: mailfiles.Formats()}
	var out string
	c := &cobra.Command{
		Use:   "export FOLDER --format eml/mbox/maildir --out PATH",
		Short: "Write the messages of a folder to files",
		Long: `Export writes every message of a folder that is whole here, the oldest first.

  eml      a folder with one file a message, 000001-12.eml: number and id; every byte as the server sent it
  maildir  a Maildir; every byte as the server sent it; a message that was read is marked as seen
  mbox     one file; lines end in LF there, a line that begins with "From " gets a ">" before it, and a last line
           without an end gets one: the bytes are not exactly those of the server

A path that does not exist appears when all messages are written. Where the path holds mail already, export adds the messages
that are new and changes nothing else. A message is recognized by its octets: what is there, or was exported there before, is not
written again, even if it was read, moved or deleted there since. Several folders and accounts may go to one path; a message that
is in two of them is written once. The list of what was exported is the file .mtm-exported in a Maildir, and .NAME.mtm-exported beside
an mbox or a folder NAME.`,
		Example: `  mtm export Inbox --format maildir --out ~/Mail/inbox
  mtm export Inbox --format mbox --out inbox.mbox
  mtm get work && mtm export Inbox --format maildir --out ~/Mail/inbox    # adds what is new`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isPlace)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if format.value == "" || out == "" {
				return cli.Usage("--format and --out are required")
			}
			if out == "-" {
				return cli.Usage("--out takes a path, not -; 'mtm show ID --raw' writes one message to standard output")
			}
			return e.withStore(reading, func(st *store.Store) error {
				folder, err := findPlace(cmd.Context(), st, args[0], "folder or account", isPlace)
				if err != nil {
					return err
				}
				return export(cmd, e, st, folder, format.value, out)
			})
		}),
	}
	c.Flags().Var(&format, "format", "the format to write")
	c.Flags().StringVar(&out, "out", "", "`PATH` to write to; messages that are already there stay")
	// The flag exists, so registering cannot fail.
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(format.allowed, cobra.ShellCompDirectiveNoFileComp))
	return c
}

type exportResult struct {
	Folder       string `json:"folder"`
	Format       string `json:"format"`
	Out          string `json:"out"`
	Exported     int    `json:"exported"` // messages that were added
	Octets       int64  `json:"octets"`
	AlreadyThere int    `json:"already_there"`
	LeftOut      int    `json:"left_out"` // messages of which the store has only a part
}

func export(cmd *cobra.Command, e *env, st *store.Store, folder store.Entry, format, out string) error {
	r := exportResult{Folder: folder.Name, Format: format, Out: out}
	ids, left, err := wholeMessages(cmd.Context(), st, folder.ID)
	if err != nil {
		return err
	}
	r.LeftOut = left
	if mailfiles.IsNew(out) {
		err = r.writeNew(cmd, st, ids)
	} else if err = r.add(cmd, st, ids, out); err != nil && r.Exported > 0 {
		err = fmt.Errorf("%w; %s written to %s before that; the next export adds the rest", err, count(r.Exported, "message was", "messages were"), out)
	}
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(cmd, r)
	}
	line := fmt.Sprintf("%s, %s, to %s", count(r.Exported, "message", "messages"), octets(r.Octets), out)
	if r.AlreadyThere > 0 {
		line += fmt.Sprintf("; %d already there", r.AlreadyThere)
	}
	if left > 0 {
		line += fmt.Sprintf("; %d left out, since they are not whole here", left)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
	return err
}

// writeNew writes to a new path, which appears when all messages are written.
func (r *exportResult) writeNew(cmd *cobra.Command, st *store.Store, ids []store.ID) error {
	target, err := mailfiles.NewTarget(r.Out, r.Format == "mbox")
	if err != nil {
		return err
	}
	defer target.Discard()
	if err = mailfiles.Prepare(r.Format, target.Written); err == nil {
		err = r.add(cmd, st, ids, target.Written)
	}
	if err != nil {
		return fmt.Errorf("%w; nothing was written to %s", err, r.Out)
	}
	return target.Publish()
}

// add adds the messages that are not yet at the path.
func (r *exportResult) add(cmd *cobra.Command, st *store.Store, ids []store.ID, path string) (err error) {
	x, err := mailfiles.OpenArchive(r.Format, path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := x.Close(); err == nil {
			err = closed
		}
	}()
	bar := cli.NewBar(cmd.ErrOrStderr(), "exporting", cli.Messages, int64(len(ids)))
	defer bar.Close()
	for i, id := range ids {
		if err = r.addOne(cmd.Context(), st, x, id); err != nil {
			return fmt.Errorf("message %d: %w", id, err)
		}
		bar.Set(int64(i+1), int64(len(ids)))
	}
	return nil
}

func (r *exportResult) addOne(ctx context.Context, st *store.Store, x *mailfiles.Archive, id store.ID) error {
	entry, err := st.Entry(ctx, id)
	if err != nil {
		return err
	}
	body, err := st.Body(ctx, id)
	if err != nil {
		return err
	}
	added, err := x.Add(mailfiles.Message{Name: fmt.Sprint(id), From: entry.Details, Date: entry.Date, Seen: !entry.Flags.Has(store.Unread)}, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if !added {
		r.AlreadyThere++
		return nil
	}
	r.Exported++
	r.Octets += body.Size()
	return nil
}

// wholeMessages returns the messages to export, and the number of those that are not whole.
func wholeMessages(ctx context.Context, st *store.Store, folder store.ID) (ids []store.ID, left int, err error) {
	ids, err = byDate(ctx, st, folder, func(e *store.Entry) bool {
		whole := e.Type == store.TypeMessage && e.Body.Kind == store.BodyWhole
		if e.Type == store.TypeMessage && !whole {
			left++
		}
		return whole
	})
	return ids, left, err
}
