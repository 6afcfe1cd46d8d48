package main

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

func replyCommand(e *env) *cobra.Command {
	m := &composer{env: e}
	var all, body bool
	c := &cobra.Command{
		Use:   "reply ID",
		Short: "Reply to a message",
		Long: `Reply writes a reply to a message and puts it into the Outbox, or with --draft into Drafts. It goes to the address that
the message names for replies, else to its author; with --all it also goes, in copy, to all other recipients. It quotes
nothing; --original puts the text of the message below yours.

The text comes from --text, --file, standard input or an editor, as for compose.`,
		Example: `  mtm reply 12 --text 'At noon, then.'
  mtm reply 12 --all --original --file answer.txt`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			m.cmd = cmd
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			parts := mtm.ReplyParts
			if all {
				parts = mtm.ReplyAllParts
			}
			if body {
				parts |= symbian.PartBody
			}
			return m.make(parts, true, id, func(into store.ID, o mtm.CreateOptions) mtm.Command {
				return mtm.CreateReply{Into: into, Original: id, CreateOptions: o}
			})
		}),
	}
	m.addFlags(c)
	c.Flags().BoolVar(&all, "all", false, "reply to all recipients of the message")
	c.Flags().BoolVar(&body, "original", false, "put the original's text below yours")
	return c
}

func forwardCommand(e *env) *cobra.Command {
	m := &composer{env: e}
	var whole, page bool
	c := &cobra.Command{
		Use:   "forward ID",
		Short: "Forward a message",
		Long: `Forward writes a message with the text and the attachments of another one and puts it into the Outbox, or with --draft
into Drafts. With --as-attachment it contains that message itself, every octet of it.

A text of your own comes from --text or --file and is put above; without them the message has no text of yours.`,
		Example: `  mtm forward 12 --to ben@example.org --text 'For you.'
  mtm forward 12 --as-attachment --to ben@example.org`,
		Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			m.cmd = cmd
			id, err := parseID(args[0])
			switch {
			case err != nil:
				return err
			case len(m.to)+len(m.cc)+len(m.bcc) == 0 && !m.draft:
				return cli.Usage("name a recipient: --to, --cc or --bcc; or keep the message as a --draft")
			case whole && page:
				return cli.Usage("--as-attachment contains the page already: leave out --page")
			}
			return m.make(mtm.ForwardParts, false, id, func(into store.ID, o mtm.CreateOptions) mtm.Command {
				if page {
					o.Types |= symbian.TypeMHTML
				}
				if whole {
					return mtm.CreateForwardAsAttachment{Into: into, Original: id, CreateOptions: o}
				}
				return mtm.CreateForward{Into: into, Original: id, CreateOptions: o}
			})
		}),
	}
	m.addFlags(c)
	c.Flags().BoolVar(&whole, "as-attachment", false, "attach the message itself")
	c.Flags().BoolVar(&page, "page", false, "keep the original's HTML beside its text")
	return c
}

func receiptCommand(e *env) *cobra.Command {
	m := &composer{env: e}
	c := &cobra.Command{
		Use:   "receipt ID",
		Short: "Confirm that a message was read",
		Long: `Receipt writes the receipt (RFC 8098) that a message asks for, and puts it into the Outbox, or with --draft into Drafts.
It goes to the address that the message names for it, else to its author. 'mtm list --json' shows which messages ask for
one.`,
		Example: `  mtm receipt 12`,
		Args:    cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			m.cmd = cmd
			id, err := parseID(args[0])
			if err != nil {
				return err
			}
			return m.make(0, false, id, func(into store.ID, o mtm.CreateOptions) mtm.Command {
				return mtm.CreateReceipt{Into: into, Original: id, Service: o.Service}
			})
		}),
	}
	m.addPlace(c)
	return c
}
