package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
	"pop3mtm/scenarios/check/stored"
)

// clientFlags say which client is checked.
type clientFlags struct {
	exec   string
	preset string
	file   cli.Path
	name   string
	store  string
	can    []string
	shell  bool
	hang   time.Duration

	program *check.Program
}

func (f *clientFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.exec, "exec", "", "the `COMMAND` that fetches all mail once, with {host}, {port}, {user}, {password}, {dir}, {ca}")
	flags.StringVar(&f.preset, "preset", "", "check a client that is known: "+strings.Join(check.Presets(), ", "))
	flags.Var(&f.file, "client", "check the client that `FILE` describes (docs/check.md)")
	flags.StringVar(&f.name, "name", "", "what the report calls the client")
	flags.BoolVar(&f.shell, "shell", false, "run the command of --exec by sh -c")
	flags.StringVar(&f.store, "store", "", "how the client stores mail below {dir}: files, maildir, mbox, mh, bsmtp (default: as the probe finds it)")
	flags.StringSliceVar(&f.can, "client-can", nil, "abilities of the client that the probe cannot see, separated by commas: "+abilities())
	flags.DurationVar(&f.hang, "hang", 90*time.Second, "a client that neither sends nor stores anything for so long hangs")
}

func abilities() string {
	var names []string
	for _, a := range check.Abilities() {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// drive returns the client.
func (f *clientFlags) drive() (check.Drive, error) {
	given := 0
	for _, is := range []bool{f.exec != "", f.preset != "", f.file != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, cli.Usage("name the client by exactly one of --exec, --preset and --client")
	}
	if f.hang < time.Second {
		return nil, cli.Usage("--hang takes a second or more, not %s", f.hang)
	}
	var err error
	switch {
	case f.preset != "":
		f.program, err = check.Preset(f.preset)
	case f.file != "":
		f.program, err = check.LoadProgram(f.file.String())
	default:
		f.program = &check.Program{Title: f.exec, Command: f.exec, Shell: f.shell}
	}
	if err != nil {
		return nil, cli.Usage("%w", err)
	}
	p := f.program
	if f.store != "" {
		p.Store = stored.Layout(f.store)
	}
	for _, a := range f.can {
		p.Can = append(p.Can, check.Ability(a))
	}
	if f.name != "" {
		p.Title = f.name
	}
	if err = p.Check(); err != nil {
		return nil, cli.Usage("%w", err)
	}
	p.Limit(f.hang)
	return check.Exec{Program: p}, nil
}

func (f *clientFlags) deviations() []string { return slices.Clone(f.program.Deviations) }

// report returns an empty report about the client.
func (f *clientFlags) report() *report.Report {
	return &report.Report{Client: f.program.Title, Version: firstLineOf(context.Background(), f.program), Settings: f.program.Settings}
}
