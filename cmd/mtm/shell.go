package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// shell runs the commands of a session.
type shell struct{ *session }

func shellCommand(e *env) *cobra.Command {
	var keepGoing bool
	var wait delay
	c := &cobra.Command{
		Use:   "shell ACCOUNT",
		Short: "Stay online and run commands from a terminal or from standard input",
		Long: `Shell reads commands, one per line, and keeps the connection from one to the next: connect, disconnect, get, populate,
delete, cancel-offline, list, show, find, export, compose, reply, forward, receipt, outbox, send, status, progress, dump, help
and quit. Commands on a mailbox take no account here; they connect first if necessary, and stay connected.
Words are quoted as in sh; # begins a comment.

With --resume, a connection that is lost is made again, also between two commands.

At the end of the input, or at quit, it disconnects. When standard input is not a terminal, it stops at the first line that
fails, with the status of that line.`,
		Example: `  mtm shell work
  printf 'connect\nget --which all --take move\nstatus\n' | mtm shell work`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completer(e, namesOf(isAccount)),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			return e.withStore(writing, func(st *store.Store) error {
				a, err := findAccount(cmd.Context(), st, args[0])
				if err != nil {
					return err
				}
				return e.withClient(cmd, st, a, func(client *mtm.Client) error {
					s := &session{account: a, store: st, client: client}
					inner := &env{timeout: e.timeout, limits: e.limits, json: e.json, wait: wait, shell: s}
					return shell{s}.talk(cmd, inner, keepGoing)
				})
			})
		}),
	}
	takeWait(e, c, &wait)
	takeResume(e, c)
	c.Flags().BoolVar(&keepGoing, "keep-going", false, "continue after a line that fails; the exit status is that of the first failed line")
	return c
}

// words returns the commands for one line: those of mtm itself, with this session's connection.
func (s shell) words(e env) *cobra.Command {
	root := &cobra.Command{
		Use:               "mtm",
		Short:             "The commands of the shell",
		Long:              "The commands of the shell. Each has --help.",
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().BoolVar(&e.json, "json", e.json, "print JSON; errors too, on stderr")
	root.AddCommand(
		connectCommand(&e), disconnectCommand(&e), getCommand(&e), populateCommand(&e), deleteCommand(&e), cancelOfflineCommand(&e),
		listCommand(&e), showCommand(&e), findCommand(&e), exportCommand(&e), saveCommand(&e),
		removeCommand(&e), moveCommand(&e), copyCommand(&e), markCommand(&e), folderCommand(&e), pruneCommand(&e),
		composeCommand(&e), replyCommand(&e), forwardCommand(&e), receiptCommand(&e), outboxCommand(&e), sendCommand(&e),
		statusCommand(&e), progressCommand(&e), dumpCommand(&e), quitCommand(&e),
	)
	return root
}

// talk runs all lines, and then disconnects.
func (s shell) talk(cmd *cobra.Command, e *env, keepGoing bool) error {
	lines := newLines(cmd.InOrStdin(), cmd.ErrOrStderr())
	defer lines.close()
	status := cli.Done
	var failed error
	for !s.left {
		line, err := lines.next(cmd.Context(), s.prompt())
		if err != nil {
			if !errors.Is(err, io.EOF) {
				failed = err
			}
			break
		}
		code := s.line(cmd, e, line)
		if code == cli.Done || lines.terminal {
			continue
		}
		if status == cli.Done {
			status = code
		}
		if cmd.Context().Err() != nil || !keepGoing {
			if !e.json {
				cmd.PrintErrf("mtm: stopped at line %d: %s\n", lines.read, oneLine(line))
			}
			break
		}
	}
	if err := s.disconnect(cmd); failed == nil {
		failed = err
	}
	if failed == nil && status != cli.Done {
		failed = cli.Exit(status)
	}
	return failed
}

func (s shell) prompt() string {
	if s.client.Connected() {
		return oneLine(s.account.Name) + " (online)> "
	}
	return oneLine(s.account.Name) + "> "
}

// line runs one line and returns its exit status. It prints the error.
func (s shell) line(cmd *cobra.Command, e *env, line string) int {
	words, err := splitWords(line)
	if err != nil {
		wrong := &cobra.Command{Use: "mtm", RunE: func(*cobra.Command, []string) error { return cli.Usage("%w", err) }}
		wrong.Flags().Bool("json", e.json, "")
		return cli.Run(wrong, []string{}, strings.NewReader(""), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	if len(words) > 0 && words[0] == "mtm" {
		words = words[1:] // help and errors write commands with mtm before them
	}
	if len(words) == 0 {
		return cli.Done
	}
	return cli.Run(s.words(*e), words, strings.NewReader(""), cmd.OutOrStdout(), cmd.ErrOrStderr())
}

// disconnect ends the session with QUIT, also after a signal. The server may need time to delete
// moved messages; --timeout limits the wait.
func (s shell) disconnect(cmd *cobra.Command) error {
	if !s.client.Connected() {
		return nil
	}
	op, err := s.client.InvokeAsync(context.WithoutCancel(cmd.Context()), mtm.Disconnect{})
	if err == nil {
		err = op.Wait()
		warnQuitRefused(cmd.ErrOrStderr(), op)
	}
	return explain(err, s.account)
}
