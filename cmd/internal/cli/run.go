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

// Run executes root with args and returns the exit status. It owns root from here on: it sets the
// version, the streams and the argument rules (a command without Args takes none; one with
// subcommands and no RunE needs one of them).
//
// Errors of RunE and its kin end with status 1 unless made by Usage; Exit is taken as it is. Every
// other error is one of usage: status 2. An error is one line on stderr, or with --json the object
// {"error":TEXT,"code":NUMBER}, where Coded returns the error code, or 0.
//
// The context of the command ends at SIGINT or SIGTERM; a second one kills the process. A closed
// stdout is no error. Run blocks until the command returns; a command may call it for a line of its
// own (a shell).
func Run(root *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	// Without this a closed stdout kills the process in the middle of its work. It is caught, not
	// ignored, because programs that we start would inherit an ignored signal.
	closed := make(chan os.Signal, 1)
	signal.Notify(closed, syscall.SIGPIPE)
	defer signal.Stop(closed)

	root.SetArgs(args)
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

// runner remembers whether the command's own code ran: what fails before that is usage.
type runner struct {
	stderr  io.Writer
	started bool
}

func (r *runner) prepare(root *cobra.Command) {
	cobra.MousetrapHelpText = "" // a double click in a Windows folder is a way to start a simulator
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
		c.RunE = func(c *cobra.Command, _ []string) error { return Usage("name what to do: %s", words(c)) }
	}
	c.Args = argumentRule(c)
	for _, child := range c.Commands() {
		if child.Name() == "help" && child.Args == nil {
			child.Args = helpTopic
		}
		r.wrap(child)
	}
}

// status prints err and turns it into an exit status.
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
	_, _ = io.WriteString(r.stderr, text+"\n") // where else could one say that stderr is closed?
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
	// The flags before a bad one are parsed, those after it are not.
	return f.Value.String() == "true" || !f.Changed && slices.Contains(args, "--json")
}

// object is err for a program.
func object(err error) string {
	text, _ := json.Marshal(struct { // strings and numbers always can be
		Error string `json:"error"`
		Code  int    `json:"code"`
	}{OneLine(err.Error()), codeOf(err)})
	return string(EscapeJSON(text))
}

// line is err for a person.
func line(cmd *cobra.Command, err error, usage bool) string {
	text := cmd.Root().Name() + ": " + OneLine(err.Error())
	if usage {
		text += "; see '" + cmd.CommandPath() + " --help'"
	}
	return text
}
