package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// composer holds one run of compose, reply, forward or receipt: what these commands share.
type composer struct {
	env *env
	cmd *cobra.Command

	account     string
	draft       bool
	to, cc, bcc []string
	subject     string
	attach      []string
	html        string
	text, file  string
}

// maker returns the client's command for a folder and options.
type maker func(into store.ID, o mtm.CreateOptions) mtm.Command

func composeCommand(e *env) *cobra.Command {
	m := &composer{env: e}
	c := &cobra.Command{
		Use:   "compose",
		Short: "Write a message",
		Long: `Compose writes a message and puts it into the Outbox, where it waits to be sent, or with --draft into Drafts.
'mtm outbox' lists what waits, 'mtm show ID' shows what was written.

The text comes from --text, from --file, else from standard input; at a terminal the program in $VISUAL or $EDITOR
opens. The account's signature is added below it. --to, --cc, --bcc and --attach may be repeated, and a list of addresses
may have commas. The message does not name the recipients in --bcc.`,
		Example: `  mtm compose --to ben@example.org --subject Lunch --text 'At noon?'
  mtm compose --account work --to 'Ben <ben@example.org>, cleo@example.org' --subject Plan --attach plan.pdf --file letter.txt
  date | mtm compose --to ben@example.org --subject Time --draft`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			m.cmd = cmd
			if len(m.to)+len(m.cc)+len(m.bcc) == 0 && !m.draft {
				return cli.Usage("name a recipient: --to, --cc or --bcc; or keep the message as a --draft")
			}
			return m.make(0, true, 0, func(into store.ID, o mtm.CreateOptions) mtm.Command {
				return mtm.CreateNew{Into: into, CreateOptions: o}
			})
		}),
	}
	m.addFlags(c)
	return c
}

// addFlags adds the flags of a message that a person writes.
func (m *composer) addFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&m.to, "to", nil, "`ADDRESS` of a recipient; may be repeated")
	f.StringArrayVar(&m.cc, "cc", nil, "`ADDRESS` that gets a copy; may be repeated")
	f.StringArrayVar(&m.bcc, "bcc", nil, "`ADDRESS` that gets a copy without being named in the message; may be repeated")
	f.StringVar(&m.subject, "subject", "", "`TEXT` of the subject")
	f.StringArrayVar(&m.attach, "attach", nil, "`FILE` to attach; may be repeated")
	f.StringVar(&m.html, "html", "", "`FILE` with the text as HTML")
	f.StringVar(&m.text, "text", "", "`TEXT` of the message")
	f.StringVar(&m.file, "file", "", "`FILE` with the text; - is standard input")
	m.addPlace(c)
}

func (m *composer) addPlace(c *cobra.Command) {
	c.Flags().StringVar(&m.account, "account", "", "`NAME` of the account that sends it; default: the account of the original message, else the only account that can send")
	c.Flags().BoolVar(&m.draft, "draft", false, "put the message into Drafts instead of the Outbox")
	// The flag exists, so registering cannot fail.
	_ = c.RegisterFlagCompletionFunc("account", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return complete(m.env, cmd, namesOf(isAccount))
	})
}

// make reads the text and the files, and writes the message. asks is whether the user is asked for
// a text when no flag gives one.
func (m *composer) make(parts symbian.PartList, asks bool, original store.ID, command maker) error {
	if m.cmd.Flags().Changed("text") && m.file != "" {
		return cli.Usage("--text and --file exclude each other")
	}
	return m.env.withStore(writing, func(st *store.Store) error {
		a, err := m.sender(st, original)
		if err != nil {
			return err
		}
		o := mtm.CreateOptions{Parts: parts, Service: a.ID, To: m.to, Cc: m.cc, Bcc: m.bcc, Subject: m.subject}
		// Everything that can fail without the text is done before the user is asked for it.
		files, err := openFiles(m.attach)
		defer files.close()
		if err != nil {
			return err
		}
		o.Attachments = files.attachments()
		if o.HTML, err = m.page(); err != nil {
			return err
		}
		if o.Text, err = m.words(asks); err != nil {
			return err
		}
		return m.create(st, a, command, o)
	})
}

// sender returns the account that sends the message: the one that --account names, else that of the
// original, else the only one that can send.
func (m *composer) sender(st *store.Store, original store.ID) (mtm.Account, error) {
	ctx := m.cmd.Context()
	if m.account != "" {
		a, err := findAccount(ctx, st, m.account)
		if err == nil && a.SMTP == 0 {
			err = coded(mtm.ErrNotFound, "account %q has no server for outgoing mail: 'mtm account set %s --smtp HOST --from ADDRESS' gives it one", a.Name, a.Name)
		}
		return a, err
	}
	accounts, err := mtm.Accounts(ctx, st)
	if err != nil {
		return mtm.Account{}, err
	}
	wanted := store.ID(0)
	if m.env.shell != nil {
		wanted = m.env.shell.account.ID
	}
	if original != 0 {
		e, err := st.Entry(ctx, original)
		if err != nil {
			return mtm.Account{}, coded(mtm.ErrNotFound, "there is no message %d: 'mtm list Inbox' shows the ids", original)
		}
		wanted = e.Service
	}
	var able []mtm.Account
	var names []string
	for _, a := range accounts {
		if a.SMTP == 0 {
			continue
		}
		if a.ID == wanted || a.SMTP == wanted {
			return a, nil
		}
		able, names = append(able, a), append(names, a.Name)
	}
	switch len(able) {
	case 0:
		return mtm.Account{}, coded(mtm.ErrNotFound, "no account has a server for outgoing mail: 'mtm account set NAME --smtp HOST --from ADDRESS' gives it one")
	case 1:
		return able[0], nil
	}
	return mtm.Account{}, cli.Usage("more than one account can send it: choose one with --account: %s", strings.Join(names, " or "))
}

// create runs the command and reports the new message.
func (m *composer) create(st *store.Store, a mtm.Account, command maker, o mtm.CreateOptions) (err error) {
	client := (*mtm.Client)(nil)
	if m.env.shell != nil {
		client = m.env.shell.client
	} else {
		if client, err = mtm.Open(st, a.ID, nil); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, client.Close()) }()
	}
	into := store.Outbox
	if m.draft {
		into = store.Drafts
	}
	op, err := client.InvokeAsync(m.cmd.Context(), command(into, o))
	if err != nil {
		return refused(err)
	}
	showOctets(m.cmd.ErrOrStderr(), op)
	if err = op.Wait(); err != nil {
		return err
	}
	return m.report(st, op.Result())
}

// refused turns an error for an invalid argument into one for wrong usage, without the name of
// the library's command.
func refused(err error) error {
	if failure, ok := errors.AsType[*mtm.Error](err); ok && failure.Code == mtm.ErrArgument && failure.Err != nil {
		return cli.Usage("%w", failure.Err)
	}
	return err
}

func (m *composer) report(st *store.Store, result mtm.Result) error {
	id := result.Messages[0]
	made, err := outbox.Read(m.cmd.Context(), st, id)
	if err != nil {
		return err
	}
	if m.env.json {
		view := outgoingViewOf(&made)
		for _, p := range result.LeftOut {
			view.LeftOut = append(view.LeftOut, leftOutView{p.Path, p.MediaType, p.Size})
		}
		return printJSON(m.cmd, view)
	}
	line := fmt.Sprintf("draft %d", id)
	if !m.draft {
		line = fmt.Sprintf("message %d %s", id, stateInWords(made.Sending))
	}
	if made.Details != "" {
		line += ", to " + oneLine(made.Details)
	}
	if more := len(made.Recipients) - 1; more > 0 {
		line += fmt.Sprintf(" and %d more", more)
	}
	for _, p := range result.LeftOut {
		line += fmt.Sprintf("\nleft out: part %s, %s, %s, an alternative to the text", p.Path, oneLine(p.MediaType), octets(p.Size))
	}
	_, err = io.WriteString(m.cmd.OutOrStdout(), line+"\n")
	return err
}

// leftOutView is, in JSON, a part of the original that the new message does not contain.
type leftOutView struct {
	Path      string `json:"path"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
}

func stateInWords(s store.SendingState) string {
	switch s {
	case store.SendWaiting:
		return "waits to be sent"
	case store.SendUponRequest:
		return "is sent on request"
	case store.SendSuspended:
		return "is held back"
	case store.SendUnknown, store.SendSending, store.SendScheduled, store.SendResend, store.SendFailed, store.SendSent, store.SendNotApplicable:
	}
	return "is " + s.String()
}
