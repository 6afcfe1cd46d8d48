package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
)

func outboxCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "outbox",
		Short: "List, hold, retry and remove the messages that wait to be sent",
		Long: `Outbox lists the messages that are still to be sent: id, state, recipient, subject, and why sending failed last.

  waiting       is sent the next time that mail is sent
  failed        was refused permanently, and is not tried again before 'mtm outbox retry'
  upon-request  waits for 'mtm outbox send'
  suspended     is held back by 'mtm outbox hold'`,
		Example: `  mtm outbox
  mtm outbox hold 31
  mtm outbox send 31`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			return e.withStore(reading, func(st *store.Store) error { return listOutbox(cmd, e, st) })
		}),
	}
	c.AddCommand(
		outboxChange(e, "send", "Queue drafts, held messages, refused messages and those upon request for sending", "is sent the next time that mail is sent", "are sent the next time that mail is sent", outbox.Queue),
		outboxChange(e, "retry", "Try refused messages again", "is tried again the next time that mail is sent", "are tried again the next time that mail is sent", outbox.Queue),
		outboxChange(e, "hold", "Hold messages back until 'mtm outbox send'", "is held back", "are held back", outbox.Hold),
		outboxChange(e, "remove", "Delete messages unsent", "deleted", "deleted", outbox.Discard),
	)
	return c
}

// outboxChange returns a command that changes messages of the Outbox, all of them or none.
func outboxChange(e *env, word, short, one, many string, change func(context.Context, *store.Store, ...store.ID) error) *cobra.Command {
	return &cobra.Command{
		Use:     word + " ID...",
		Short:   short,
		Example: "  mtm outbox " + word + " 31",
		Args:    cobra.MinimumNArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			ids, err := parseIDs(args)
			if err != nil {
				return err
			}
			return e.withStore(writing, func(st *store.Store) error {
				if err := change(cmd.Context(), st, ids...); err != nil {
					return fmt.Errorf("%w; nothing was changed", err)
				}
				if e.json {
					return printJSON(cmd, struct {
						Changed []store.ID `json:"changed"`
					}{ids})
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), count(len(ids), "message "+one, "messages "+many))
				return err
			})
		}),
	}
}

// outgoingView is, in JSON, a message that was written here: its entry and its envelope.
type outgoingView struct {
	messageView
	To       []recipientView `json:"recipients"`
	Sender   string          `json:"sender"` // of the envelope; "" when a failed delivery is reported to nobody
	Attempts int             `json:"attempts"`
	Reason   string          `json:"reason"` // why sending failed last
	Code     int             `json:"code"`
	LeftOut  []leftOutView   `json:"left_out,omitempty"` // parts of the original that a forwarded message does not contain
}

type recipientView struct {
	Address string `json:"address"`
	State   string `json:"state"`
	Reply   string `json:"reply"`
}

func outgoingViewOf(m *outbox.Message) outgoingView {
	v := outgoingView{messageView: messageViewOf(&m.Entry), To: []recipientView{}, Sender: m.Outgoing.From, Attempts: m.Attempts, Reason: m.Reason, Code: m.Code}
	for _, r := range m.Recipients {
		v.To = append(v.To, recipientView{r.Address, r.State.String(), r.Reply})
	}
	return v
}

func listOutbox(cmd *cobra.Command, e *env, st *store.Store) error {
	list, err := outbox.List(cmd.Context(), st)
	if err != nil {
		return err
	}
	out := newPage(cmd.OutOrStdout())
	if e.json {
		views := newArray(out)
		for i := range list {
			if err := views.add(outgoingViewOf(&list[i])); err != nil {
				return err
			}
		}
		if err := views.end(); err != nil {
			return err
		}
		return out.Flush()
	}
	if len(list) == 0 {
		out.printf("nothing waits to be sent\n")
	}
	to, subject := columnsFor(cmd.OutOrStdout())
	for i := range list {
		m := &list[i]
		out.printf("%6d  %s  %s  %s  %9s\n", m.ID, column(m.Sending.String(), 12), column(m.Details, to), column(m.Description, subject), octets(m.Size))
		if m.Reason != "" {
			out.printf("        %s, at attempt %d: %s\n", "failed", m.Attempts, oneLine(m.Reason))
		}
	}
	return out.Flush()
}

// envelopeFields returns the lines of show that come from the envelope, not from the header.
func (s *show) envelopeFields(ctx context.Context) ([][2]string, error) {
	m, err := outbox.Read(ctx, s.store, s.entry.ID)
	if mtm.Code(err) == int(mtm.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list := [][2]string{{"State", m.Sending.String()}}
	if s.entry.Parent == store.Drafts {
		list[0][1] = "draft"
	}
	for _, r := range m.Recipients {
		text := r.Address
		if r.State != store.RecipientWaiting {
			text += ", " + r.State.String()
		}
		if r.Reply != "" {
			text += ": " + r.Reply
		}
		list = append(list, [2]string{"Goes to", text})
	}
	if m.Reason != "" {
		list = append(list, [2]string{"Failed", fmt.Sprintf("at attempt %d: %s", m.Attempts, m.Reason)})
	}
	return list, nil
}
