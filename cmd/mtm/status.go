package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/hold"
	"pop3mtm/mtm/store"
)

func statusCommand(e *env) *cobra.Command {
	c := &cobra.Command{
		Use:   "status [ACCOUNT]",
		Short: "Show whether accounts are online or busy, in any program, and how many messages there are",
		Long: `Status prints, for one account or all, whether a program is connected to the mailbox, which one, and whether it runs an
operation. It connects to no server and never delays another program. A program that was killed is not connected.`,
		Example: `  mtm status
  mtm status work --json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(reading, func(st *store.Store) error { return status(cmd, e, st, args) })
		}),
	}
	if e.shell != nil {
		c.Use, c.Args, c.ValidArgsFunction = "status", cobra.NoArgs, nil
		c.Short = "Show whether the account is online, why its connection ended, and how many messages the server had"
		c.Example = "  status\n  status --json"
		c.RunE = run(func(cmd *cobra.Command, _ []string) error { return shellStatus(cmd, e) })
	}
	return c
}

// status prints the state of one account, or of all.
func status(cmd *cobra.Command, e *env, st *store.Store, args []string) error {
	ctx := cmd.Context()
	if len(args) == 1 {
		a, err := findAccount(ctx, st, args[0])
		if err != nil {
			return err
		}
		v, err := statusOf(ctx, st, a, nil)
		if err != nil || e.json {
			return orJSON(cmd, v, err)
		}
		return printStatus(cmd, v)
	}
	accounts, err := mtm.Accounts(ctx, st)
	if err != nil {
		return err
	}
	all := []statusView{}
	for _, a := range accounts {
		v, err := statusOf(ctx, st, a, nil)
		if err != nil {
			return err
		}
		all = append(all, v)
	}
	if e.json {
		return printJSON(cmd, all)
	}
	return printStatus(cmd, all...)
}

func orJSON(cmd *cobra.Command, v any, err error) error {
	if err != nil {
		return err
	}
	return printJSON(cmd, v)
}

// shellStatus prints the state of the shell's account.
func shellStatus(cmd *cobra.Command, e *env) error {
	v, err := statusOf(cmd.Context(), e.shell.store, e.shell.account, e.shell.client)
	if err != nil || e.json {
		return orJSON(cmd, v, err)
	}
	return printStatus(cmd, v)
}

type statusView struct {
	ID        store.ID    `json:"id,omitempty"` // left out in a shell, which has one account
	Account   string      `json:"account"`
	Connected bool        `json:"connected"` // this program or another one is connected
	Busy      bool        `json:"busy"`
	Holder    *holderView `json:"holder,omitempty"` // the other program that has the mailbox open
	OnServer  int         `json:"on_server"`        // at the last connect
	Listed    int         `json:"listed"`           // entries of the mailbox here
	New       int         `json:"new"`              // of these
	Waiting   int         `json:"waiting"`          // of these, messages with a queued operation
	LineError string      `json:"line_error,omitempty"`
	LineCode  int         `json:"line_code,omitempty"`
}

// holderView is a program in JSON. Without a pid nothing is known about it yet.
type holderView struct {
	PID     int    `json:"pid,omitempty"`
	Command string `json:"command,omitempty"`
	Started string `json:"started,omitempty"` // RFC 3339 in UTC

	holder hold.Holder
}

func holderOf(st hold.Status) *holderView {
	if !st.Held || st.Holder.PID == os.Getpid() {
		return nil
	}
	v := &holderView{PID: st.Holder.PID, Command: st.Holder.Command, holder: st.Holder}
	if v.PID != 0 {
		v.Started = rfc3339(st.Holder.Started)
	}
	return v
}

// statusOf returns the status of an account. client is this program's client, or nil.
func statusOf(ctx context.Context, st *store.Store, a mtm.Account, client *mtm.Client) (statusView, error) {
	v := statusView{Account: a.Name}
	held, err := mtm.Status(st, a.ID)
	if err != nil {
		return v, err
	}
	v.Connected, v.Busy, v.Holder = held.Connected, held.Busy, holderOf(held)
	if client == nil {
		v.ID = a.ID
	} else {
		v.Connected, v.Busy = v.Connected || client.Connected(), v.Busy || client.Busy()
		if broke := client.Err(); broke != nil {
			v.LineError, v.LineCode = broke.Error(), mtm.Code(broke)
		}
	}
	service, err := st.Entry(ctx, a.ID)
	if err != nil {
		return v, err
	}
	v.OnServer = service.RemoteCount
	err = st.Each(ctx, a.ID, func(e *store.Entry) error {
		v.Listed++
		if e.Flags.Has(store.New) {
			v.New++
		}
		if e.Flags.Has(store.Operation) {
			v.Waiting++
		}
		return nil
	})
	return v, err
}

func printStatus(cmd *cobra.Command, all ...statusView) error {
	out := newPage(cmd.OutOrStdout())
	for _, v := range all {
		state := "offline"
		switch {
		case v.Busy:
			state = "busy"
		case v.Connected:
			state = "online"
		}
		out.printf("%s is %s: %s on the server at the last connect, %d listed, %d new",
			oneLine(v.Account), state, count(v.OnServer, "message", "messages"), v.Listed, v.New)
		if v.Waiting > 0 {
			out.printf(", %d waiting", v.Waiting)
		}
		out.printf("\n")
		if v.Holder != nil {
			out.printf("%s has the mailbox open\n", oneLine(v.Holder.holder.String()))
		}
		if v.LineError != "" {
			out.printf("the connection ended: %s\n", oneLine(v.LineError))
		}
	}
	return out.Flush()
}
