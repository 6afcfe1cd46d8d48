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
	"pop3mtm/scenarios/check"
)

// playedFlags holds the flags for a server that is not correct.
type playedFlags struct {
	scenario, profile cli.Path
	judge             bool
	caseID            string
	connections       bool

	found *check.Case // of caseID
}

func (f *playedFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	flags.Var(&f.scenario, "scenario", "misbehave according to the scenario `NAME or FILE`, or - for standard input; 'pop3sim scenarios list' prints the names")
	flags.Var(&f.profile, "profile", "imitate the known server `NAME`: "+strings.Join(scenarios.Profiles(), ", "))
	flags.StringVar(&f.caseID, "case", "", "misbehave as in the case `ID` of the client check; 'pop3sim check --list' prints the ids")
	flags.BoolVar(&f.connections, "connections", false, "with --case, for a client that makes several connections to fetch its mail: the fault happens once, in any connection and not only in the first")
	flags.BoolVar(&f.judge, "judge", false, "exit with status 1 when an expectation of the scenario is not met, or no client connected")
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

// load returns the scenario to play, nil for a correct server. It writes errors in a file to
// stderr.
func (f *playedFlags) load(stdin io.Reader, stderr io.Writer) (*scenarios.Scenario, error) {
	if err := f.loadCase(); err != nil {
		return nil, err
	}
	if f.judge && f.scenario == "" {
		return nil, cli.Usage("--judge needs --scenario: it checks the expectations of the scenario")
	}
	if !f.given() {
		return nil, nil
	}
	s := &scenarios.Scenario{}
	if f.scenario != "" {
		loaded, err := f.read(stdin)
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
		return nil, cli.Usage("the scenario %s has the profile %s; omit --profile", f.scenario, s.Profile)
	}
	if s.Title == "" {
		s.Title = profile.Title
	}
	s.Profile = f.profile.String()
	return s, nil
}

// loadCase finds the case of the client check, whose scenario is then played.
func (f *playedFlags) loadCase() error {
	if f.caseID == "" {
		if f.connections {
			return cli.Usage("--connections is about a case of the check: give its id with --case")
		}
		return nil
	}
	if f.given() {
		return cli.Usage("a case of the check has its own scenario; omit --scenario and --profile")
	}
	found, err := check.ByID(f.caseID)
	if err != nil {
		return cli.Usage("--case: %w", err)
	}
	f.found, f.scenario = found, cli.Path(f.caseID)
	return nil
}

// cut returns the fault of the connection in the case, or nil.
func (f *playedFlags) cut() *check.Cut {
	if f.found == nil {
		return nil
	}
	return f.found.Cut()
}

// read returns the scenario of the flag: "-" is standard input.
func (f *playedFlags) read(stdin io.Reader) (*scenarios.Scenario, error) {
	if f.found != nil {
		return f.found.Scenario(), nil
	}
	if f.scenario != "-" {
		return scenarios.Load(f.scenario.String())
	}
	text, err := io.ReadAll(io.LimitReader(stdin, scenarios.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	all, err := scenarios.Parse("stdin", text, nil)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// adapt takes over the users of the scenario, for the banner and SMTP.
func (f *serveFlags) adapt(s *scenarios.Scenario) error {
	if s == nil || len(s.Users) == 0 {
		return nil
	}
	if len(f.users)+len(f.tokens) > 0 {
		return cli.Usage("the scenario has its own users; omit --user and --token")
	}
	for _, u := range s.Users {
		f.users = append(f.users, login{name: u.Name, password: u.Password, token: u.Token})
	}
	return nil
}

// mailFor returns the mail of the flags and a maildrop for each user. Without such flags it is the
// mail of the scenario, and there are no maildrops.
func (f *serveFlags) mailFor(s *scenarios.Scenario) (*mailbox, []*fakeserver.Maildrop, error) {
	if s != nil && f.mail.given() == 0 && f.played.scenario != "" {
		if f.played.found != nil {
			return &mailbox{about: f.played.found.About()}, nil, nil
		}
		return &mailbox{about: "the scenario " + s.Name() + ", " + s.Title}, nil, nil
	}
	if s != nil && len(s.Users) > 0 {
		return nil, nil, cli.Usage("the scenario has its own users, and mail for them; omit the flags for other mail")
	}
	mail, err := f.mail.open()
	if err != nil {
		return nil, nil, err
	}
	if f.played.profile != "" {
		mail.about += ", like " + s.Title
	}
	drops, err := mail.copies(f.everyone(), f.smtp != "")
	return mail, drops, err
}

// server returns the server. For a correct one the scenario is nil, and so is the play.
func (f *serveFlags) server(s *scenarios.Scenario, o *fakeserver.Options) (*fakeserver.Server, *scenarios.Play, error) {
	if s == nil {
		return fakeserver.New(nil, o), nil, nil
	}
	if f.played.found != nil {
		s = f.played.found.ByHand(o, f.played.connections)
	}
	play, err := s.Server(o)
	if err != nil {
		return nil, nil, err
	}
	if f.played.found != nil {
		f.played.found.Withhold(play)
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
		return nil, nil, cli.Usage("the scenario has no TLS; omit --pop3s, or write server: {tls: stls} in the scenario")
	}
	if f.tls.caOut != "" && play.Authority != nil && !play.GoodCertificate() {
		err = writeWhole("--tls-ca-out", f.tls.caOut, play.Authority.PEM())
	}
	return play.Server, play, err
}

// playSMTP adds the SMTP rules of the scenario to the sink. A scenario with such rules needs
// --smtp.
func (f *serveFlags) playSMTP(play *scenarios.Play, sink *smtpsink.Server) error {
	if play == nil || len(play.Scenario().SMTP) == 0 {
		return nil
	}
	if f.smtp == "" {
		return cli.Usage("the scenario %s has rules for SMTP: give its address with --smtp", play.Scenario().Name())
	}
	play.PlaySMTP(sink.Server)
	return nil
}

// verdict prints at the end which expectations of the scenario were not met, and with --judge
// returns the exit status. smtp is the server with the SMTP rules.
func (f *serveFlags) verdict(ctx context.Context, stderr io.Writer, play *scenarios.Play, smtp *smtpsink.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if f.played.found != nil && !f.played.judge {
		return nil // the check judges by what is stored
	}
	name, met := play.Scenario().Name(), false
	if play.Sessions() == 0 {
		if f.played.judge {
			_, _ = fmt.Fprintf(stderr, "scenario %s: no client connected\n", name)
		}
	} else if err := errors.Join(play.Check(ctx), smtp.Unmet()); err != nil {
		_, _ = fmt.Fprintf(stderr, "scenario %s: expectations not met\n%v\n", name, err)
	} else {
		met = true
		if !f.logs.quiet {
			_, _ = fmt.Fprintf(stderr, "scenario %s: all expectations met\n", name)
		}
	}
	if f.played.judge && !met {
		return cli.Exit(cli.Failed)
	}
	return nil
}
