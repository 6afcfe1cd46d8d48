package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
	"pop3mtm/fakeserver/record"
)

// replayFlags holds the flags of the command replay.
type replayFlags struct {
	ports          portFlags
	timing, repeat bool
}

func newReplay() *cobra.Command {
	var f replayFlags
	c := &cobra.Command{
		Use:   "replay FILE",
		Short: "Replay a recorded transcript",
		Long: `Replay a recorded transcript, octet for octet.

The first connection gets the first session of the transcript, and so on. When a client sends
the recorded command, it gets the recorded reply. Any other command gets -ERR and is reported
at the end with the line of the transcript; the replay still waits for the recorded command. ******** in the
transcript stands for any text, so any password works. Logins in which the server answers a
challenge of the client (SCRAM) cannot be replayed.

It stops after the last session, with exit status 0 if the clients sent the recorded commands, else
1. With --repeat it continues until Ctrl-C (SIGINT) or SIGTERM.

A transcript may be written by hand: lines that begin with S: and C:, as in the RFCs.`,
		Example: `  pop3sim replay session.txt
  pop3sim replay session.txt --pop3 127.0.0.1:0 --ready-file ready.json --quiet
  pop3sim replay session.txt --timing --repeat`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	f.ports.add(c, flags)
	flags.BoolVar(&f.timing, "timing", false, "delay each reply as long as the recorded server did")
	flags.BoolVar(&f.repeat, "repeat", false, "start again with the first session after the last one")
	return c
}

func (f *replayFlags) run(cmd *cobra.Command, file string) error {
	if err := f.ports.check(); err != nil {
		return err
	}
	recording, err := record.Open(file)
	if err != nil {
		if wrong, ok := errors.AsType[*notation.SyntaxError](err); ok {
			return fmt.Errorf("%s:%w", file, wrong)
		}
		if missing, ok := errors.AsType[*fs.PathError](err); ok {
			err = missing.Err
		}
		return fmt.Errorf("%s: %w", file, err)
	}
	defer func() { _ = recording.Close() }() // it was only read
	if recording.ImplicitTLS() && f.ports.pop3s == "" {
		f.ports.pop3, f.ports.pop3s = "", f.ports.pop3
	}
	o := &fakeserver.Options{Log: f.ports.log(cmd), TranscriptOctets: -1}
	if o.TLS, err = f.ports.tls.open(f.ports.pop3, f.ports.pop3s); err != nil {
		return err
	}
	ctx, cancel := f.ports.life.context(cmd)
	defer cancel()
	ports, err := f.ports.open(ctx)
	if err != nil {
		return err
	}
	replay := recording.Replay(&record.ReplayOptions{Server: o, Timing: f.timing, Repeat: f.repeat})
	err = f.ports.announce(cmd, ports, fmt.Sprintf("replaying %s of %s on %s\n\nCtrl-C stops it.\n", sessions(len(recording.Sessions)), cli.OneLine(file), ports))
	if err != nil {
		ports.close()
		return err
	}
	defer f.ports.ready.withdraw()
	if err = ports.until(ctx, replay, replay.Done()); err != nil {
		return err
	}
	return f.report(cmd, replay, file)
}

// report prints where clients differed from the recording.
func (f *replayFlags) report(cmd *cobra.Command, replay *record.Replay, file string) error {
	var text strings.Builder
	for _, d := range replay.Differences() {
		fmt.Fprintf(&text, "%s:%d: session %d: expected %s, got %s\n", cli.OneLine(file), d.Line, d.Session, d.Expected, d.Got)
	}
	left := 0
	if !f.repeat {
		left = replay.Left()
	}
	if left > 0 {
		fmt.Fprintf(&text, "%s: %s not replayed to the end\n", cli.OneLine(file), sessions(left))
	}
	differs := text.Len() > 0
	if !differs && !f.ports.logs.quiet {
		fmt.Fprintf(&text, "%s: no differences\n", cli.OneLine(file))
	}
	_, _ = cmd.ErrOrStderr().Write([]byte(text.String())) // the exit status shows it too
	if differs {
		return cli.Exit(cli.Failed)
	}
	return nil
}
