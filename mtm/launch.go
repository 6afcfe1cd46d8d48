package mtm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// Launcher sends the Outbox of an SMTP service, or starts a program that does. The client calls it
// when it connects, if the account's setting autosend is on and the Outbox holds mail (behaviour
// section 13). An error of the Launcher is ignored.
type Launcher interface {
	// Launch starts sending, or sends and returns when that is done. It runs in a goroutine of its
	// own, for which Client.Close waits: a launcher that sends in this process must limit its
	// waits, as autosend.Run does. ctx does not end with the connect.
	Launch(ctx context.Context, st *store.Store, smtp store.ID) error
}

// LauncherFunc is a Launcher that sends in this process:
//
//	mtm.LauncherFunc(func(ctx context.Context, st *store.Store, smtp store.ID) error {
//		_, err := autosend.Run(ctx, st, smtp, nil)
//		return err
//	})
type LauncherFunc func(ctx context.Context, st *store.Store, smtp store.ID) error

// Launch calls f.
func (f LauncherFunc) Launch(ctx context.Context, st *store.Store, smtp store.ID) error {
	return f(ctx, st, smtp)
}

// Program is the default launcher of a Client: it starts the program autosend and does not wait for
// it. The program continues when this one ends.
type Program struct {
	Path string // of the program; "" = search beside the running program, then on the PATH
}

// Launch starts the program for the store's directory.
func (p Program) Launch(_ context.Context, st *store.Store, smtp store.ID) error {
	path, err := p.find()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(st.Dir())
	if err != nil {
		return err
	}
	cmd := exec.Command(path, dir, strconv.FormatInt(int64(smtp), 10)) //nolint:noctx // the program outlives this process
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // waits to avoid a zombie; errors of the program are in the store
	return nil
}

func (p Program) find() (string, error) {
	if p.Path != "" {
		return p.Path, nil
	}
	name := "autosend"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("program %s not found beside the running program or on the PATH: %w", name, err)
	}
	return path, nil
}

// autosend calls the Launcher when the account's setting autosend is on and the Outbox holds mail
// of the account, in whatever state (behaviour section 13). It does not block.
func (c *Client) autosend(ctx context.Context) {
	smtp, err := c.smtpToLaunch(ctx)
	if err != nil || smtp == 0 {
		return // the connect continues, and reports invalid settings itself
	}
	c.running.Go(func() { _ = c.launcher.Launch(context.WithoutCancel(ctx), c.store, smtp) })
}

func (c *Client) smtpToLaunch(ctx context.Context) (store.ID, error) {
	entry, err := c.store.Entry(ctx, c.service)
	if err != nil || entry.Related == 0 {
		return 0, err
	}
	values, err := c.store.Settings(ctx, c.service)
	if err != nil {
		return 0, err
	}
	settings, err := account.FromMap(values)
	if err != nil || !settings.Autosend {
		return 0, err
	}
	waiting := errors.New("there is mail")
	err = c.store.Each(ctx, store.Outbox, func(e *store.Entry) error {
		if e.Type == store.TypeMessage {
			return waiting
		}
		return nil
	})
	if errors.Is(err, waiting) {
		return entry.Related, nil
	}
	return 0, err
}
