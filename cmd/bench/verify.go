package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// verification is the command that verifies the mail that any client stored.
type verification struct {
	synthetic string
	sessions  int
	as        string
	lenient   bool
	json      bool
}

// VerifyMode returns the mode that runs it.
func VerifyMode() harness.Mode { return harness.Mode{Command: newVerify()} }

func newVerify() *cobra.Command {
	var v verification
	c := &cobra.Command{
		Use:   "verify --synthetic SPEC PATH",
		Short: "Compare the mail that a client has stored with a synthetic mailbox",
		Long: `Verify compares the mail that any client has fetched with the synthetic mailbox that was served, message by message.
PATH is a message store of mtm (its Inbox), a Maildir, a directory of files with one message each, an mbox, a file of SMTP
commands (BSMTP), or one file.
Messages are matched by Message-ID, so their order and their file names do not matter. Messages that are missing, stored twice,
changed, or not from the mailbox are reported, and the exit status is then 1.

SPEC is the value given to 'pop3sim serve --synthetic'. When messages arrive between sessions, --sessions says in how many
sessions the client fetched mail: it must have every message that was offered in any of them.

--as says what the client may have changed:
  exact    nothing; the default, except for an mbox
  lf       CRLF may have become LF
  mbox     as lf; also, "From " lines may be quoted and empty lines at the end may differ; the default for an mbox
  lenient  as mbox; also, header fields such as Received and Return-Path may have been added (--lenient)
  mpop-maildir, mpop-mbox, curl, fetchmail, fetchmail-bsmtp, getmail6, getmail6-mbox, poplib
           the changes that this program makes; docs/interop.md describes them
Positions in the report are octets counted from 0, without the parts that may have changed.`,
		Example: `  pop3sim serve --synthetic 1000,mix=mail
  bench verify --synthetic 1000,mix=mail ~/Maildir
  bench verify --synthetic 1000,mix=mail --as mpop-mbox --json inbox.mbox
  bench verify --synthetic 1000,arrive=50 --sessions 3 mail.store`,
		Args: cobra.ExactArgs(1),
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&v.synthetic, "synthetic", "", "the mailbox that was served: `SPEC` is "+maildrop.SyntheticForm)
	f.IntVar(&v.sessions, "sessions", 1, "number of sessions in which the client fetched mail")
	f.StringVar(&v.as, "as", "", "changes that are allowed to the client, by `NAME`; see above")
	f.BoolVar(&v.lenient, "lenient", false, "the same as --as lenient")
	f.BoolVar(&v.json, "json", false, "print the verdict as JSON")
	c.RunE = func(c *cobra.Command, args []string) error { return v.Run(c, args[0]) }
	return c
}

func (v *verification) Run(c *cobra.Command, path string) error {
	j, err := v.judge()
	if err != nil {
		return err
	}
	mail, err := verify.Open(path)
	if err != nil {
		return err
	}
	if err = v.take(j, mail.Format); err != nil {
		return err
	}
	bar := cli.NewBar(c.ErrOrStderr(), "verifying", cli.Messages, int64(j.Served.Len()))
	found, err := verify.All(c.Context(), mail, j, func(done int) { bar.Set(int64(done), int64(max(done, j.Served.Len()))) })
	bar.Close()
	if err != nil {
		return err
	}
	if err = found.Print(c.OutOrStdout(), v.json); err != nil {
		return err
	}
	if !found.Verified {
		return cli.Exit(cli.Failed)
	}
	return nil
}

// judge returns a judge for the mailbox that was served.
func (v *verification) judge() (*verify.Judge, error) {
	if v.synthetic == "" {
		return nil, cli.Usage("--synthetic is missing: it describes the mailbox that was served")
	}
	o, err := maildrop.ParseSynthetic(v.synthetic)
	if err != nil {
		return nil, cli.Usage("--synthetic: %w", err)
	}
	if v.sessions < 1 {
		return nil, cli.Usage("--sessions takes 1 or more, not %d", v.sessions)
	}
	// A message that expired between two sessions was served in one of them, so the mailbox
	// without expiry has all messages that the client can have fetched.
	count := int64(o.Count) + int64(o.Arrive)*int64(v.sessions-1)
	if count < 1 {
		return nil, cli.Usage("--synthetic describes an empty mailbox: there is nothing to verify")
	}
	if count > workload.MostMessages {
		return nil, cli.Usage("--synthetic describes a mailbox of more than %d messages: verify fewer", workload.MostMessages)
	}
	o = maildrop.SyntheticOptions{Count: int(count), Size: o.Size, Sigma: o.Sigma, Table: o.Table, Least: o.Least, Most: o.Most, Seed: o.Seed, Mix: o.Mix}
	source, err := maildrop.Synthetic(o)
	if err != nil {
		return nil, err
	}
	served, err := source.List()
	return &verify.Judge{Served: served, Find: verify.ByID(served, o.Seed)}, err
}

// take sets the rules by which the mail is judged, from --as and --lenient.
func (v *verification) take(j *verify.Judge, format string) error {
	if v.lenient && v.as != "" && v.as != "lenient" {
		return cli.Usage("--lenient and --as exclude each other")
	}
	name := v.as
	switch {
	case v.lenient:
		name = "lenient"
	case name == "" && format == "mbox":
		name = "mbox"
	case name == "":
		name = "exact"
	}
	if format == "mbox" && (name == "exact" || name == "lf") {
		return cli.Usage("an mbox quotes lines, so its messages are never %s: use --as mbox", name)
	}
	as, known := verify.Forms()[name]
	client, program := clients.Peers()[name]
	switch {
	case known:
		j.As = as
	case program:
		j.Client = client
	default:
		names := slices.Concat(slices.Sorted(maps.Keys(verify.Forms())), clients.PeerNames())
		slices.Sort(names)
		return cli.Usage("--as takes %s, not %q", strings.Join(slices.Compact(names), ", "), name)
	}
	j.Found.As = name
	return nil
}
