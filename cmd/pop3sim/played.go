package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/scenarios"
)

// playedFlags say what serve plays beside a correct server.
type playedFlags struct {
	scenario, profile cli.Path
	judge             bool
}

func (f *playedFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	flags.Var(&f.scenario, "scenario", "misbehave as the scenario `NAME or FILE` says; 'pop3sim scenarios list' has the names")
	flags.Var(&f.profile, "profile", "be like the known server `NAME`: "+strings.Join(scenarios.Profiles(), ", "))
	flags.BoolVar(&f.judge, "judge", false, "end with status 1 when what the scenario expects is not met, or no client came")
	for flag, completion := range map[string]cobra.CompletionFunc{
		"scenario": completeScenarios,
		"profile":  cobra.FixedCompletions(scenarios.Profiles(), cobra.ShellCompDirectiveNoFileComp),
	} {
		if err := c.RegisterFlagCompletionFunc(flag, completion); err != nil {
			panic(err) // the flag was added a moment ago
		}
	}
}

func (f *playedFlags) given() bool { return f.scenario != "" || f.profile != "" }

// load returns the scenario to play, nil for a correct server. What is wrong with a file is told on stderr.
func (f *playedFlags) load(stderr io.Writer) (*scenarios.Scenario, error) {
	if f.judge && f.scenario == "" {
		return nil, cli.Usage("--judge needs a --scenario, whose expectations are judged")
	}
	if !f.given() {
		return nil, nil
	}
	s := &scenarios.Scenario{}
	if f.scenario != "" {
		loaded, err := scenarios.Load(f.scenario.String())
		if err != nil {
			return nil, tellWrong(stderr, "--scenario", err)
		}
		s = loaded
	}
	if f.profile == "" {
		return s, nil
	}
	profile, err := scenarios.ProfileByName(f.profile.String())
	if err != nil {
		return nil, tellWrong(stderr, "--profile", err)
	}
	if s.Profile != "" && s.Profile != f.profile.String() {
		return nil, cli.Usage("the scenario %s is of the profile %s; leave --profile out", f.scenario, s.Profile)
	}
	if s.Title == "" {
		s.Title = profile.Title
	}
	s.Profile = f.profile.String()
	return s, nil
}

// tellWrong shows the places of what is wrong with a file, and makes an error of wrong usage of all else.
func tellWrong(stderr io.Writer, flag string, err error) error {
	var all scenarios.Errors
	if !errors.As(err, &all) {
		return cli.Usage("%s: %w", flag, err)
	}
	showWrong(stderr, all)
	return cli.Exit(cli.Wrong)
}

func showWrong(to io.Writer, all scenarios.Errors) {
	for _, one := range all {
		_, _ = fmt.Fprintf(to, "%s\n%s", cli.OneLine(one.Error()), one.Snippet) // where else could one say it?
	}
}

// adapt takes from the scenario who may log in, for what the server tells of itself.
func (f *serveFlags) adapt(s *scenarios.Scenario) error {
	if s == nil || len(s.Users) == 0 {
		return nil
	}
	if len(f.users)+len(f.tokens) > 0 {
		return cli.Usage("the scenario has users of its own; leave --user and --token out")
	}
	for _, u := range s.Users {
		f.users = append(f.users, login{name: u.Name, password: u.Password, token: u.Token})
	}
	return nil
}

// mailFor returns the mail of the flags, for each user; of the scenario, and then no maildrops, when the flags name none.
func (f *serveFlags) mailFor(s *scenarios.Scenario) (*mailbox, []*fakeserver.Maildrop, error) {
	if s != nil && f.mail.given() == 0 && f.played.scenario != "" {
		return &mailbox{about: "the scenario " + s.Name() + ", " + s.Title}, nil, nil
	}
	if s != nil && len(s.Users) > 0 {
		return nil, nil, cli.Usage("the scenario has users of its own, who have the mail of the scenario; leave other mail out")
	}
	mail, err := f.mail.open()
	if err != nil {
		return nil, nil, err
	}
	if f.played.profile != "" {
		mail.about += ", like " + s.Title
	}
	drops, err := mail.copies(len(f.everyone()), f.smtp != "")
	return mail, drops, err
}

// server makes the server that is asked for. The scenario is nil for a correct one, and then so is the play.
func (f *serveFlags) server(s *scenarios.Scenario, o *fakeserver.Options) (*fakeserver.Server, *scenarios.Play, error) {
	if s == nil {
		return fakeserver.New(nil, o), nil, nil
	}
	play, err := s.Server(o)
	if err != nil {
		return nil, nil, err
	}
	for name, user := range o.Users { // for who delivers
		if user.Maildrop == nil {
			user.Maildrop = play.Maildrop
			o.Users[name] = user
		}
	}
	switch {
	case !play.ImplicitTLS():
	case f.pop3s == "":
		f.pop3, f.pop3s = "", f.pop3
	default:
		f.pop3 = ""
	}
	if f.pop3s != "" && play.Authority == nil {
		return nil, nil, cli.Usage("this scenario has no TLS; leave --pop3s out, or say server: {tls: stls} in the scenario")
	}
	if f.tls.caOut != "" && play.Authority != nil && !play.GoodCertificate() {
		err = writeWhole("--tls-ca-out", f.tls.caOut, play.Authority.PEM())
	}
	return play.Server, play, err
}

// playSMTP adds the SMTP rules of the scenario to the sink. A scenario with such rules needs --smtp.
func (f *serveFlags) playSMTP(play *scenarios.Play, sink *smtpsink.Server) error {
	if play == nil || len(play.Scenario().SMTP) == 0 {
		return nil
	}
	if f.smtp == "" {
		return cli.Usage("the scenario %s has rules for SMTP: say with --smtp where that server listens", play.Scenario().Name())
	}
	play.PlaySMTP(sink.Server)
	return nil
}

// verdict prints at the end what the clients did other than the scenario expects, and returns the status for it with --judge.
// smtp has its unmet rules.
func (f *serveFlags) verdict(ctx context.Context, stderr io.Writer, play *scenarios.Play, smtp *smtpsink.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	name, met := play.Scenario().Name(), false
	if play.Sessions() == 0 {
		if f.played.judge {
			_, _ = fmt.Fprintf(stderr, "scenario %s: no client came\n", name)
		}
	} else if err := errors.Join(play.Check(ctx), smtp.Unmet()); err != nil {
		_, _ = fmt.Fprintf(stderr, "scenario %s: what it expects was not met\n%v\n", name, err)
	} else {
		met = true
		if !f.quiet {
			_, _ = fmt.Fprintf(stderr, "scenario %s: all that it expects was met\n", name)
		}
	}
	if f.played.judge && !met {
		return cli.Exit(cli.Failed)
	}
	return nil
}
