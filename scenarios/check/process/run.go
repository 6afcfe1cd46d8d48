package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Command describes a program to run.
type Command struct {
	Args []string // the program and its arguments; no shell interprets them
	Dir  string   // the working directory
	Env  []string // the whole environment; a variable that marks descendants is added
	// Files is the directory into which the program writes. Limits.Disk applies to it.
	Files string
}

// Limits holds the limits of one run. A zero field means its default.
type Limits struct {
	Hang   time.Duration // time without an octet and without a change of a file; default 90 s
	Busy   time.Duration // time of work after the connection ended; default 2 s
	Disk   int64         // octets below Files; default 64 MiB
	Dials  int           // connections of one run; default 500
	Output int           // octets kept of each output; default 16 KiB
}

func (l Limits) orDefault() Limits {
	if l.Hang <= 0 {
		l.Hang = 90 * time.Second
	}
	if l.Busy <= 0 {
		l.Busy = 2 * time.Second
	}
	if l.Disk <= 0 {
		l.Disk = 64 << 20
	}
	if l.Dials <= 0 {
		l.Dials = 500
	}
	if l.Output <= 0 {
		l.Output = 16 << 10
	}
	return l
}

// Patience returns the time after which a silent program counts as hung.
func (l Limits) Patience() time.Duration { return l.orDefault().Hang }

// Line is the state of the program's connections, as the server sees it.
type Line struct {
	Last  time.Time // when the last octet passed in either direction, or a connection began or ended
	Open  bool      // a connection is open
	Count int       // connections so far
}

// Ending describes how a run ended.
type Ending struct {
	Status  int    // exit status; -1 without one
	Signal  string // the signal that ended it, unless Run sent it
	Hung    string // why Run ended it as a program that does not end, or ""
	Killed  bool   // the context ended it
	Left    int    // number of processes that it left behind; they were killed
	Output  string // the part of both outputs that was kept
	Started bool
	Err     error // why it could not be started
}

// ErrKilled is the cause with which a caller ends a run on purpose.
var ErrKilled = errors.New("ended at the planned moment")

// tooLarge is the text of the signal that a program gets when a file exceeds the limit.
const tooLarge = "file size limit exceeded"

// Idle is the length of a silence after which a program counts as waiting.
const Idle = 300 * time.Millisecond

// pulse is the time between two checks of a running program.
const pulse = 50 * time.Millisecond

// Run runs a command and blocks until it ends, a limit is reached or ctx ends. line returns the
// state of its connections. quiet is called again and again while nothing happens, with the length
// of the silence and the limit for it, so that other programs may run meanwhile.
func Run(ctx context.Context, c Command, l Limits, line func() Line, quiet func(since, limit time.Duration)) Ending {
	l = l.orDefault()
	if len(c.Args) == 0 {
		return Ending{Status: -1, Err: errors.New("the command is empty")}
	}
	out := &tail{most: l.Output}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), c.Args[0], c.Args[1:]...) // the watch ends it: a context would only kill the leader of the group
	cmd.Dir, cmd.Env = c.Dir, append(c.Env, mark+"="+c.Dir)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second // do not wait for a descendant that keeps the output open
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return Ending{Status: -1, Err: started(c.Args[0], err)}
	}
	limitFiles(cmd.Process.Pid, l.Disk)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	w := &watch{silence: silence{activity: activity}, command: c, limits: l, pid: cmd.Process.Pid, line: line, idle: quiet, changed: time.Now(), begun: line().Count}
	e := Ending{Started: true}
	err := w.until(ctx, done, &e)
	e.Left = endAll(cmd.Process.Pid, c.Dir)
	if size, _ := measure(c.Files); size > l.Disk && e.Hung == "" {
		e.Hung = fmt.Sprintf("it wrote more than %d octets", l.Disk) // quickly, and part of it was ended
	}
	e.Output = out.String()
	e.Status = cmd.ProcessState.ExitCode()
	if e.Hung == "" && !e.Killed {
		e.Signal = signalOf(cmd.ProcessState)
	}
	if e.Signal == tooLarge {
		e.Signal, e.Hung = "", fmt.Sprintf("one of its files grew beyond %d octets", l.Disk)
	}
	if e.Status == 0 && err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		e.Err = err
	}
	return e
}

// started returns an error that says why a program could not be started.
func started(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the program %q does not exist or is not in the PATH", name)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("the program %q is not executable", name)
	}
	return fmt.Errorf("the program %q cannot be started: %w", name, err)
}
