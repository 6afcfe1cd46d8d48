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
		Long: `Export writes every message of a folder that is whole here, in the order they were stored.

  eml      a folder with one file a message, 000001-12.eml: position and id; every byte as the server sent it
  maildir  a Maildir; every byte as the server sent it; a message that was read is marked as seen
  mbox     one file; lines end in LF there, a line that begins with "From " gets a ">" before it, and a last line
           without an end gets one: the bytes are not exactly those of the server

The path must not exist yet; an empty folder will do for eml and maildir. It appears when all messages are written, so
nothing is left half-written.`,
		Example: `  mtm export Inbox --format maildir --out ~/Mail/inbox
  mtm export Inbox --format mbox --out inbox.mbox`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isPlace)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if format.value == "" || out == "" {
				return cli.Usage("--format and --out say what to write and where")
			}
			if out == "-" {
				return cli.Usage("--out is a path; 'mtm show ID --raw' writes one message to standard output")
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
	c.Flags().Var(&format, "format", "what to write")
	c.Flags().StringVar(&out, "out", "", "`PATH` to write to, which must not exist yet")
	// The flag exists, so registering cannot fail.
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(format.allowed, cobra.ShellCompDirectiveNoFileComp))
	return c
}

type exportResult struct {
	Folder   string `json:"folder"`
	Format   string `json:"format"`
	Out      string `json:"out"`
	Exported int    `json:"exported"`
	Octets   int64  `json:"octets"`
	LeftOut  int    `json:"left_out"` // messages that are not whole here
}

func export(cmd *cobra.Command, e *env, st *store.Store, folder store.Entry, format, out string) (err error) {
	r := exportResult{Folder: folder.Name, Format: format, Out: out}
	ids, left, err := wholeMessages(cmd.Context(), st, folder.ID)
	if err != nil {
		return err
	}
	r.Exported, r.LeftOut = len(ids), left
	target, err := mailfiles.NewTarget(out, format == "mbox")
	if err != nil {
		return err
	}
	defer target.Discard()
	if r.Octets, err = writeAll(cmd, st, ids, format, target.Written); err != nil {
		return fmt.Errorf("%w; nothing was written to %s", err, out)
	}
	if err = target.Publish(); err != nil {
		return err
	}
	if e.json {
		return printJSON(cmd, r)
	}
	line := fmt.Sprintf("%s, %s, to %s", count(r.Exported, "message", "messages"), octets(r.Octets), out)
	if left > 0 {
		line += fmt.Sprintf("; %d left out, of which only the header is here", left)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
	return err
}

// wholeMessages lists the messages to export and counts those that are not whole.
func wholeMessages(ctx context.Context, st *store.Store, folder store.ID) (ids []store.ID, left int, err error) {
	err = st.Each(ctx, folder, func(e *store.Entry) error {
		switch {
		case e.Type != store.TypeMessage:
		case e.Body.Kind == store.BodyWhole:
			ids = append(ids, e.ID)
		default:
			left++
		}
		return nil
	})
	return ids, left, err
}

func writeAll(cmd *cobra.Command, st *store.Store, ids []store.ID, format, path string) (octets int64, err error) {
	x, err := mailfiles.NewWriter(format, path)
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := x.Close(); err == nil {
			err = closed
		}
	}()
	bar := cli.NewBar(cmd.ErrOrStderr(), "exporting", cli.Messages, int64(len(ids)))
	defer bar.Close()
	digits := max(6, len(fmt.Sprint(len(ids))))
	for i, id := range ids {
		entry, err := st.Entry(cmd.Context(), id)
		if err != nil {
			return octets, err
		}
		body, err := st.Body(cmd.Context(), id)
		if err != nil {
			return octets, err
		}
		octets += body.Size()
		err = x.Add(mailfiles.Message{
			Name: fmt.Sprintf("%0*d-%d", digits, i+1, id), From: entry.Details, Date: entry.Date, Seen: !entry.Flags.Has(store.Unread),
		}, body)
		if err = errors.Join(err, body.Close()); err != nil {
			return octets, fmt.Errorf("message %d: %w", id, err)
		}
		bar.Set(int64(i+1), int64(len(ids)))
	}
	return octets, nil
}
