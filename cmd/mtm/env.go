package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// env holds what the commands share: the global flags and, inside a shell, its session.
type env struct {
	dir     string
	timeout patience
	limits  limits
	window  window
	json    bool
	resume  resume
	wait    delay    // the shell's --wait, which is the default of --wait for its commands
	shell   *session // nil outside of a shell
	stderr  io.Writer
	gaps    int   // connections that the command in hand has lost
	barred  error // why the store is open for reading only, for a command that also marks messages
}

// patience is the value of a flag: a duration above zero.
type patience time.Duration

func (p *patience) String() string { return time.Duration(*p).String() }
func (p *patience) Type() string   { return "duration" }

func (p *patience) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = errors.New("not above zero")
	}
	*p = patience(d)
	return err
}

// mostInFlight is the largest window. Larger ones were never measured.
const mostInFlight = 10_000

// window is the value of --window: the number of commands in flight, 0 when the flag is not given.
type window int

func (w *window) Type() string { return "N" }

func (w *window) String() string {
	if *w == 0 {
		return ""
	}
	return strconv.Itoa(int(*w))
}

func (w *window) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostInFlight {
		return fmt.Errorf("write a number from 1 to %d", mostInFlight)
	}
	*w = window(n)
	return nil
}

// access says what a command does with the store.
type access int

const (
	reading access = iota
	marking        // reads and marks messages; only reads where the disk is full or cannot be written
	writing
	creating // creates the store if it is missing
)

// withStore opens the store, calls use, and closes the store. Inside a shell it
// uses the shell's store.
func (e *env) withStore(a access, use func(*store.Store) error) (err error) {
	if e.shell != nil {
		return use(e.shell.store)
	}
	if err = e.findStore(); err != nil {
		return err
	}
	if _, err = os.Stat(e.dir); a != creating && errors.Is(err, fs.ErrNotExist) {
		return coded(mtm.ErrNotFound, "there is no message store at %s: name one with --store, or create one with 'mtm account add'", e.dir)
	}
	if a == creating {
		if err = makeParent(e.dir); err != nil {
			return err
		}
	}
	o := store.Options{MustExist: a != creating, ReadOnly: a == reading, Upgrade: true}
	st, err := store.Open(e.dir, &o)
	if a == marking && noRoomToWrite(err) {
		o.ReadOnly, e.barred = true, err
		st, err = store.Open(e.dir, &o)
	}
	if err != nil {
		return err
	}
	defer func() {
		if closed := st.Close(); err == nil {
			err = closed
		}
	}()
	return use(st)
}

// findStore chooses the store when --store does not name one.
func (e *env) findStore() (err error) {
	if e.dir == "" && e.shell == nil {
		e.dir, err = chooseStore(e.stderr)
	}
	return err
}

// noRoomToWrite reports whether err means that the disk is full or cannot be written.
func noRoomToWrite(err error) bool {
	return errors.Is(err, store.ErrDiskFull) || errors.Is(err, store.ErrReadOnly)
}

// run returns the RunE of a command. Each error of f gets its number.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := f(cmd, args)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, store.ErrNotFound):
			return cli.Coded(int(mtm.ErrNotFound), err)
		case errors.Is(err, store.ErrLocked):
			return cli.Coded(int(mtm.ErrInUse), err)
		case errors.Is(err, store.ErrDiskFull):
			return cli.Coded(int(mtm.ErrDiskFull), err)
		case errors.Is(err, context.Canceled):
			return cli.Coded(int(mtm.ErrCancelled), err)
		}
		return cli.Coded(mtm.Code(err), err)
	}
}

// codedError is an error with a text of its own and one of the original's numbers.
type codedError struct {
	code error
	text string
}

func (e codedError) Error() string { return e.text }
func (e codedError) Unwrap() error { return e.code }

func coded(code error, format string, args ...any) error {
	return codedError{code, fmt.Sprintf(format, args...)}
}

// printJSON writes one value to stdout, on one line.
func printJSON(cmd *cobra.Command, v any) error {
	return cli.NewJSON(cmd.OutOrStdout()).Encode(v)
}
