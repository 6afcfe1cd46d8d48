package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// maxPrinted limits what a password command may print in all; only its first line is used.
const maxPrinted = 1 << 20

// output runs a command line in the shell and returns the first octets that it prints. When ctx or
// the command ends, all processes that the command started are ended too.
func output(ctx context.Context, commandLine string, keep int) ([]byte, error) {
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	command := exec.CommandContext(ctx, shell, flag, commandLine)
	out := &firstOctets{keep: keep, room: maxPrinted, full: cancel}
	command.Stdout, command.Stderr = out, os.Stderr
	command.WaitDelay = time.Second // for a process that keeps the pipe open
	family := newFamily(command)
	var mu sync.Mutex // the limit on output may end the command while it starts
	command.Cancel = func() error {
		mu.Lock()
		defer mu.Unlock()
		return errors.Join(family.kill(), command.Process.Kill())
	}
	err := command.Start()
	if err != nil {
		return nil, errors.Join(err, family.end())
	}
	mu.Lock()
	family.started(command)
	mu.Unlock()
	err = command.Wait()
	if e := family.end(); err == nil {
		err = e
	}
	switch {
	case out.room < 0: // the command may have ignored that its pipe was closed
		err = fmt.Errorf("it printed more than %d octets", maxPrinted)
	case err != nil && ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.Is(err, exec.ErrWaitDelay):
		err = errors.New("a process that it started still has its output open: redirect the output of that process")
	}
	return out.kept.Bytes(), err
}

// firstOctets keeps the first octets that are written, and accepts some more.
type firstOctets struct {
	kept bytes.Buffer // not embedded: its ReadFrom has no limit
	keep int
	room int    // negative after too much output
	full func() // called when room becomes negative
}

var errTooMuch = errors.New("too much output")

// Write implements io.Writer.
func (f *firstOctets) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		f.full()
		return 0, errTooMuch
	}
	f.kept.Write(p[:min(len(p), f.keep-f.kept.Len())])
	return len(p), nil
}
