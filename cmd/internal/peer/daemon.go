package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// daemon is a third-party server that runs until Stop. All its files are in a temporary directory.
type daemon struct {
	home   string
	cmd    *exec.Cmd
	said   bytes.Buffer  // may be read once exited is closed
	exited chan struct{} // closed when cmd has been waited for
}

// startDaemon starts a program in a directory, which it owns: when it fails it
// removes the directory.
func startDaemon(ctx context.Context, home, path string, args ...string) (*daemon, error) {
	d := &daemon{home: home, exited: make(chan struct{})}
	// The context limits only the start: the server runs until Stop.
	d.cmd = command(context.WithoutCancel(ctx), home, path, args...)
	d.cmd.Stdout, d.cmd.Stderr = &d.said, &d.said
	if err := d.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	go func() {
		defer close(d.exited)
		_ = d.cmd.Wait() // ProcessState says how it ended
	}()
	return d, nil
}

// PID returns the id of the process that was started. The process may have started others.
func (d *daemon) PID() int { return d.cmd.Process.Pid }

// File returns the path for a file of the caller in the server's directory, which Stop removes.
func (d *daemon) File(name string) string { return filepath.Join(d.home, name) }

// Stop ends the server, waits until it has ended, and removes its directory with all mail.
func (d *daemon) Stop() error { return errors.Join(d.end(), os.RemoveAll(d.home)) }

// end ends the server and waits for it.
func (d *daemon) end() error {
	err := d.cmd.Process.Signal(os.Interrupt)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-d.exited:
	case <-time.After(time.Minute):
		err = errors.Join(err, fmt.Errorf("%s did not end within a minute", filepath.Base(d.cmd.Path)), d.cmd.Process.Kill())
		<-d.exited
	}
	return err
}

// answer waits for the greeting. Until the server listens, connections are refused.
func (d *daemon) answer(ctx context.Context, port int) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	name, address := filepath.Base(d.cmd.Path), net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for {
		if greets(ctx, address) {
			return nil
		}
		select {
		case <-d.exited:
			log, err := os.ReadFile(filepath.Join(d.home, "log"))
			if errors.Is(err, os.ErrNotExist) {
				log, err = d.said.Bytes(), nil
			}
			return fmt.Errorf("%s ended, %s: %w", name, d.cmd.ProcessState, errors.Join(errors.New(lastLine(log)), err))
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", name, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

func greets(ctx context.Context, address string) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err = conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return false
	}
	greeting := make([]byte, 3)
	n, err := conn.Read(greeting)
	return err == nil && string(greeting[:n]) == "+OK"
}

// freePort returns a port for a server. Systems give higher ports to whoever asks for any port, so
// that such a port may be taken before the server has it, or while it is started again.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	for try := 1; ; try++ {
		port := 10_000 + rand.IntN(20_000)
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		if try == 100 {
			return 0, err
		}
	}
}
