package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
)

// sent holds what send prints with --json, also after a failure.
type sent struct {
	Account   string       `json:"account"`
	Sent      []store.ID   `json:"sent"`
	Suspended []store.ID   `json:"suspended"`
	Failed    []unsentView `json:"failed"`
	Error     string       `json:"error,omitempty"`
	Code      int          `json:"code,omitempty"`
}

type unsentView struct {
	ID    store.ID `json:"id"`
	State string   `json:"state"`
	Error string   `json:"error"`
	Code  int      `json:"code"`
}

func sendCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "send ACCOUNT [ID...]",
		Short: "Send the messages that wait in the Outbox",
		Long: `Send sends the messages of the Outbox that wait for the account, over one connection, and moves them to Sent. With ids
these messages are sent too, whatever their state. 'mtm outbox' lists the Outbox.

A message that the server refuses stays in the Outbox with the reason. It is tried again the next time, unless it was
refused permanently: 'mtm outbox retry' tries it again then. An account with autosend on also sends at each connect. Ctrl-C
suspends the message that is being sent.`,
		Example: `  mtm send work
  mtm send work 31`,
		RunE: run(func(cmd *cobra.Command, args []string) error { return send(cmd, e, args) }),
	}
	takeAccount(e, c)
	return c
}

func send(cmd *cobra.Command, e *env, args []string) error {
	if e.shell != nil {
		args = e.shell.withAccount(args)
	}
	ids, err := parseIDs(args[1:])
	if err != nil {
		return err
	}
	return e.withStore(writing, func(st *store.Store) error {
		ctx := cmd.Context()
		a, err := findAccount(ctx, st, args[0])
		if err != nil {
			return err
		}
		if a.SMTP == 0 {
			return coded(mtm.ErrArgument, "%s has no server for outgoing mail: 'mtm account set %[1]s --smtp HOST:PORT --from ADDRESS' gives it one", a.Name)
		}
		if err = checkOutbox(ctx, st, a, ids); err != nil {
			return err
		}
		report := sent{Account: a.Name, Sent: []store.ID{}, Suspended: []store.ID{}, Failed: []unsentView{}}
		o := autosend.Options{Timeout: time.Duration(e.timeout), Selection: ids, Done: func(o autosend.Attempt) {
			report.add(o)
			if !e.json {
				printOutcome(cmd, st, o)
			}
		}}
		err = e.limits.within(ctx, a, func(ctx context.Context) error {
			_, failed := autosend.Run(ctx, st, a.SMTP, &o)
			return failed
		})
		if errors.Is(err, mtm.ErrNothingToSend) {
			err = nil
		}
		if hint := hintForSending(err, a); hint != "" {
			err = fmt.Errorf("%w; %s", err, hint)
		}
		return report.end(cmd, e, err)
	})
}

// checkOutbox returns an error for an id that the account cannot send, before anything is sent.
func checkOutbox(ctx context.Context, st *store.Store, a mtm.Account, ids []store.ID) error {
	for _, id := range ids {
		entry, err := st.Entry(ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err != nil || entry.Parent != store.Outbox || entry.Service != a.SMTP {
			return coded(mtm.ErrNotFound, "message %d of %s is not in the Outbox: 'mtm outbox' shows the ids", id, a.Name)
		}
	}
	return nil
}

func (s *sent) add(o autosend.Attempt) {
	switch o.State {
	case store.SendSent:
		s.Sent = append(s.Sent, o.ID)
	case store.SendSuspended:
		s.Suspended = append(s.Suspended, o.ID)
	default:
		s.Failed = append(s.Failed, unsentView{o.ID, o.State.String(), o.Err.Error(), mtm.Code(o.Err)})
	}
}

func printOutcome(cmd *cobra.Command, st *store.Store, o autosend.Attempt) {
	e, err := st.Entry(context.WithoutCancel(cmd.Context()), o.ID)
	if err != nil {
		e.Description = "?"
	}
	text := fmt.Sprintf("%s %d %s", o.State, o.ID, oneLine(e.Description))
	if o.Err != nil && o.State != store.SendSuspended {
		text = fmt.Sprintf("failed %d %s: %s", o.ID, oneLine(e.Description), oneLine(o.Err.Error()))
	}
	_, _ = fmt.Fprintln(cmd.OutOrStdout(), text) // a closed stdout does not stop the sending
}

// end prints the totals, also before a failure, and returns the failure.
func (s *sent) end(cmd *cobra.Command, e *env, failed error) error {
	if e.json {
		if failed != nil {
			s.Error, s.Code = failed.Error(), mtm.Code(failed)
		}
		return errors.Join(failed, printJSON(cmd, s))
	}
	if failed != nil && len(s.Sent)+len(s.Suspended)+len(s.Failed) == 0 {
		return failed
	}
	text := "nothing waits to be sent"
	if n := len(s.Sent) + len(s.Suspended) + len(s.Failed); n > 0 {
		text = count(len(s.Sent), "message sent", "messages sent")
		if len(s.Failed) > 0 {
			text += fmt.Sprintf(", %d failed", len(s.Failed))
		}
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), text)
	return errors.Join(failed, err)
}
