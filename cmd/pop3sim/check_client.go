package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check"
	"pop3mtm/scenarios/check/report"
	"pop3mtm/scenarios/check/stored"
)

// defaultHang is the time after which a silent client counts as hung.
const defaultHang = 90 * time.Second

// clientFlags holds the flags about the client to check.
type clientFlags struct {
	exec   string
	preset string
	file   cli.Path
	name   string
	store  string
	can    []string
	shell  bool
	hang   time.Duration
	listen string
	person attendFlags
	port   *check.OnePort

	program *check.Program
}

func (f *clientFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.exec, "exec", "", "the `COMMAND` that fetches all mail once, with {host}, {port}, {user}, {password}, {dir}, {ca}")
	flags.StringVar(&f.preset, "preset", "", "check the known client `NAME`: "+strings.Join(check.Presets(), ", "))
	flags.Var(&f.file, "client", "check the client that `FILE` describes (docs/check.md)")
	flags.StringVar(&f.listen, "listen", "", "check a client in another process, such as a library in its own tests: serve all cases on `HOST:PORT`, and talk JSON lines on stdin and stdout (docs/check.md)")
	f.person.add(flags)
	flags.StringVar(&f.name, "name", "", "the client's name in the report")
	flags.BoolVar(&f.shell, "shell", false, "run the command of --exec by sh -c")
	flags.StringVar(&f.store, "store", "", "how the client stores mail below {dir}: files, maildir, mbox, mh, bsmtp (default: the probe detects it)")
	flags.StringSliceVar(&f.can, "client-can", nil, "abilities of the client that the probe cannot detect, separated by commas: "+abilities())
	flags.DurationVar(&f.hang, "hang", defaultHang, "the time after which a client that neither sends nor stores anything counts as hung")
}

func abilities() string {
	var names []string
	for _, a := range scenarios.Abilities() {
		names = append(names, string(a))
	}
	return strings.Join(names, ", ")
}

// given reports whether a flag names a client.
func (f *clientFlags) given() bool { return f.exec != "" || f.preset != "" || f.file != "" }

// drive returns the client that the flags select.
func (f *clientFlags) drive(cmd *cobra.Command) (check.Drive, error) {
	given := 0
	for _, is := range []bool{f.exec != "", f.preset != "", f.file != "", f.listen != "" || f.person.attend} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, cli.Usage("name the client by exactly one of --exec, --preset, --client, --listen and --attend")
	}
	if err := f.person.check(); err != nil {
		return nil, err
	}
	if f.hang < time.Second {
		return nil, cli.Usage("--hang takes a second or more, not %s", f.hang)
	}
	if f.listen != "" || f.person.attend {
		return f.onePort(cmd)
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
		p.Can = append(p.Can, scenarios.Ability(a))
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

// onePort returns a client for which all cases are served on one port.
func (f *clientFlags) onePort(cmd *cobra.Command) (check.Drive, error) {
	f.program = &check.Program{Title: cmp.Or(f.name, "client")}
	address := cmp.Or(f.listen, "127.0.0.1:0")
	if err := checkAddress("--listen", address); err != nil {
		return nil, err
	}
	port, err := check.ListenOn(cmd.Context(), address)
	if err != nil {
		return nil, err
	}
	f.port = port
	var can []scenarios.Ability
	told := check.PlainLine
	for _, a := range f.can {
		can = append(can, scenarios.Ability(a))
		switch scenarios.Ability(a) {
		case scenarios.UsesSTLS:
			told = check.UseSTLS
		case scenarios.UsesImplicit:
			told = check.UseImplicit
		default:
		}
	}
	if f.person.attend {
		f.listen = "" // the report is for people
		asker, err := f.person.asker(cmd)
		if err != nil {
			return nil, errors.Join(err, port.Close())
		}
		return &check.Attend{OnePort: port, Asker: asker, Can: can}, nil
	}
	return &check.Listen{OnePort: port, Out: cmd.OutOrStdout(), In: cmd.InOrStdin(), Can: can, Told: told}, nil
}

// close closes the one port.
func (f *clientFlags) close() error {
	if f.port == nil {
		return nil
	}
	return f.port.Close()
}

func (f *clientFlags) deviations() []string { return slices.Clone(f.program.Deviations) }

// report returns an empty report about the client.
func (f *clientFlags) report() *report.Report {
	return &report.Report{Client: f.program.Title, Version: firstLineOf(context.Background(), f.program), Settings: f.program.Settings}
}
