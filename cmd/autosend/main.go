// Command autosend sends the messages that wait in the Outbox of a message store for one SMTP
// service. The client MTM starts it when it connects. Users send with 'mtm send'.
package main

import (
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

func main() { os.Exit(cli.Run(newRoot(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func newRoot() *cobra.Command {
	var timeout time.Duration
	root := &cobra.Command{
		Use:   "autosend STORE SERVICE-ID",
		Short: "Send the messages in the Outbox that wait for an SMTP service",
		Long: `Autosend sends the messages of the Outbox of a store that wait for an SMTP service, and moves them to Sent.

SERVICE-ID is the id of the SMTP service's entry: 'mtm account show' prints it as smtp-service. Any number of autosend
programs may run on one store: each message is sent by one of them. A message that the server refuses stays in the Outbox
with the reason, which 'mtm outbox' prints.

Exit status: 0 all was sent, or nothing waited; 1 something was not sent; 2 wrong usage.`,
		Example: `  autosend mail.store 8`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			service, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || service <= 0 { // behaviour section 13
				return cli.Usage("SERVICE-ID must be a number above 0, not %q", args[1])
			}
			if timeout <= 0 {
				return cli.Usage("--timeout takes a duration above zero")
			}
			return send(cmd, args[0], store.ID(service), timeout)
		},
	}
	root.Flags().DurationVar(&timeout, "timeout", time.Minute, "longest wait for a server that says nothing")
	return root
}

func send(cmd *cobra.Command, dir string, service store.ID, timeout time.Duration) (err error) {
	st, err := store.Open(dir, &store.Options{MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	_, err = autosend.Run(cmd.Context(), st, service, &autosend.Options{Timeout: timeout})
	if errors.Is(err, symbian.ErrNothingToSend) {
		return nil
	}
	return err
}
