package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/spf13/cobra"
)

// Run executes root with args and returns the exit status. It owns root: it sets the version, the
// streams and the rules for arguments (a command without Args takes no arguments; one with
// subcommands and no RunE requires one of them).
//
// An error of RunE, PreRunE and so on means status 1, unless Usage made it or it is an Exit. Every
// other error is wrong usage: status 2. An error is printed as one line on stderr, or with --json
// as the object {"error":TEXT,"code":NUMBER}, with the number of Coded, else 0.
//
// The context of the command ends at SIGINT or SIGTERM; a second signal kills the process. A closed
// stdout is not an error. Run blocks until the command returns. A command may call Run itself, as a
// shell does for each line.
func Run(root *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	// Without this, a closed stdout would kill the process in the middle of its work. The signal is
	// caught, not ignored, because child processes would inherit an ignored signal.
	closed := make(chan os.Signal, 1)
	signal.Notify(closed, syscall.SIGPIPE)
	defer signal.Stop(closed)

	root.SetArgs(append([]string{}, args...)) // cobra takes nil for the arguments of this process
	root.SetIn(stdin)
	root.SetOut(wrapOnce(stdout))
	root.SetErr(stderr)
	r := &runner{stderr: stderr}
	r.prepare(root)
	if len(args) == 2 && args[0] == manWord {
		r.started = true
		return r.status(ctx, root, args, manual(root, args[1]))
	}
	cmd, err := r.unknown(root, args)
	if err == nil {
		cmd, err = root.ExecuteContextC(ctx)
	}
	return r.status(ctx, cmd, args, err)
}

// runner records whether the command's own code has run. An error before that is wrong usage.
type runner struct {
	stderr  io.Writer
	started bool
}

func (r *runner) prepare(root *cobra.Command) {
	cobra.MousetrapHelpText = "" // let Windows users start the simulator with a double click
	root.SetFlagErrorFunc(flagError)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = Version()
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	r.wrap(root)
}

func (r *runner) wrap(c *cobra.Command) {
	for _, step := range []*func(*cobra.Command, []string) error{&c.PersistentPreRunE, &c.PreRunE, &c.RunE, &c.PostRunE, &c.PersistentPostRunE} {
		if inner := *step; inner != nil {
			*step = func(cmd *cobra.Command, args []string) error {
				r.started = true
				return inner(cmd, args)
			}
		}
	}
	if c.HasSubCommands() && !c.Runnable() && c.HasParent() {
		c.RunE = func(c *cobra.Command, _ []string) error {
			return Usage("a command is missing: choose from %s", words(c))
		}
	}
	c.Args = argumentRule(c)
	c.LocalNonPersistentFlags().VisitAll(tellOneDefault)
	c.PersistentFlags().VisitAll(tellOneDefault)
	for _, child := range c.Commands() {
		if child.Name() == "help" && child.Args == nil {
			child.Args = helpTopic
		}
		r.wrap(child)
	}
}

// status prints err and returns the exit status for it.
func (r *runner) status(ctx context.Context, cmd *cobra.Command, args []string, err error) int {
	exit, isExit := errors.AsType[Exit](err)
	usage, isUsage := errors.AsType[usageError](err)
	switch {
	case err == nil || errors.Is(err, errStdoutClosed):
		return Done
	case isExit:
		return int(exit)
	case isUsage:
		err = usage.err
	case !r.started:
		isUsage = true
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = Coded(codeOf(err), errors.New("stopped by a signal"))
	}
	text := line(cmd, err, isUsage)
	if wantsJSON(cmd, args) {
		text = object(err)
	}
	_, _ = io.WriteString(r.stderr, text+"\n") // when stderr is closed the error cannot be shown
	if isUsage {
		return Wrong
	}
	return Failed
}

func wantsJSON(cmd *cobra.Command, args []string) bool {
	f := cmd.Flags().Lookup("json")
	if f == nil {
		return false
	}
	// Only the flags before an invalid one have been parsed.
	return f.Value.String() == "true" || !f.Changed && slices.Contains(args, "--json")
}

// object returns err as JSON.
func object(err error) string {
	text, _ := json.Marshal(struct { // strings and numbers can always be encoded
		Error string `json:"error"`
		Code  int    `json:"code"`
	}{OneLine(err.Error()), codeOf(err)})
	return string(EscapeJSON(text))
}

// line returns err as one line of text.
func line(cmd *cobra.Command, err error, usage bool) string {
	text := cmd.Root().Name() + ": " + OneLine(err.Error())
	if usage {
		text += "; see '" + cmd.CommandPath() + " --help'"
	}
	return text
}
