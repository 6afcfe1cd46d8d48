package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/control"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/attend"
	"pop3mtm/scenarios/check/report"
)

// attendFlags holds the flags about a person who operates the client, and the page for that person.
type attendFlags struct {
	attend bool
	http   string
	token  string

	page *attend.Page // nil when the person is at the terminal
	web  *web
	at   string // the address of the page
}

func (f *attendFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.attend, "attend", false, "check a client that a person operates: say when to fetch mail, and ask what the client shows")
	flags.StringVar(&f.http, "http", "", "ask the person of --attend in a page on `HOST:PORT`, not on the terminal")
	flags.StringVar(&f.token, "http-token", "", "the page asks for `TOKEN`; required for an address that other machines can reach")
}

func (f *attendFlags) check() error {
	switch {
	case f.http != "" && !f.attend:
		return cli.Usage("--http needs --attend")
	case f.http == "" && f.token != "":
		return cli.Usage("--http-token needs --http")
	case f.http == "":
		return nil
	}
	if err := checkAddress("--http", f.http); err != nil {
		return err
	}
	if control.CheckAddress(f.http, f.token) != nil {
		return cli.Usage("--http: other machines could answer for you on %s; listen on 127.0.0.1, or give --http-token", f.http)
	}
	return nil
}

// asker returns who asks the person: the page, which is served from now on, or the terminal.
func (f *attendFlags) asker(cmd *cobra.Command) (check.Asker, error) {
	if f.http == "" {
		return &check.Terminal{Out: cmd.ErrOrStderr(), In: cmd.InOrStdin()}, nil
	}
	socket, err := listen(cmd.Context(), "--http", f.http)
	if err != nil {
		return nil, err
	}
	f.page = attend.New()
	f.web = serving(f.page.Handler(f.token), slog.New(slog.DiscardHandler))
	go func() { _ = f.web.Serve(socket) }() // until close
	address, public := reachable(socket.Addr())
	f.at = "http://" + address + "/"
	note := ""
	if public {
		note = fmt.Sprintf("pop3sim: warning: other machines can reach %s; the token crosses the network in the clear\n", socket.Addr())
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%sOpen %s in a browser: it says when to press Get Mail. Ctrl-C ends the check.\n", note, f.at)
	return f.page, err
}

// begin shows how many cases are played, and their verdicts.
func (f *attendFlags) begin(r *check.Runner, cases int) {
	if f.page == nil {
		return
	}
	f.page.Begin(cases)
	told := r.Done
	r.Done = func(o check.Outcome) {
		told(o)
		f.page.Done(o)
	}
}

// finish shows the report. Without a report it shows the error that ended the check.
func (f *attendFlags) finish(rep *report.Report, policy report.Policy, err error) {
	switch {
	case f.page == nil:
	case rep != nil:
		f.page.Finish(rep, policy)
	case err != nil:
		f.page.Fail(cli.OneLine(err.Error()))
	}
}

// wait serves the page until the person has read it, or ctx ends. Then it closes the page.
func (f *attendFlags) wait(ctx context.Context, stderr io.Writer) error {
	if f.web == nil {
		return nil
	}
	if ctx.Err() == nil {
		_, _ = fmt.Fprintf(stderr, "The check has ended. %s shows the result until Ctrl-C, or End in the page.\n", f.at)
	}
	select {
	case <-f.page.Over():
	case <-ctx.Done():
	}
	return shutdown(ctx, f.web)
}
