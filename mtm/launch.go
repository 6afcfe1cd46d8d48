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

// Launcher starts what sends the outbox of an SMTP service. The client calls it beside a connect when the account has
// autosend on and the Outbox holds mail (behaviour section 13); its error changes nothing.
type Launcher interface {
	// Launch starts sending, or sends and returns when that is done. It runs in a goroutine of its own, which Close waits
	// for: what sends in this process has to bound its waits, as autosend.Run does. ctx does not end with the connect.
	Launch(ctx context.Context, st *store.Store, smtp store.ID) error
}

// LauncherFunc is a function that sends in this process:
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

// Program is the launcher that a Client has by default: it starts the program autosend, and does not wait for its end. The
// program goes on when this one ends.
type Program struct {
	Path string // of the program; "" looks beside the running program and on the PATH
}

// Launch starts the program on the store's folder.
func (p Program) Launch(_ context.Context, st *store.Store, smtp store.ID) error {
	path, err := p.find()
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(st.Dir())
	if err != nil {
		return err
	}
	cmd := exec.Command(path, dir, strconv.FormatInt(int64(smtp), 10)) //nolint:noctx // it outlives us
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // ends with the program, whose error is in the store; without it a zombie would be left
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
		return "", fmt.Errorf("the program %s is neither beside this one nor on the PATH: %w", name, err)
	}
	return path, nil
}

// autosend launches the sending of the outbox when the account wants that and there is mail of ours in the Outbox, in
// whatever state (behaviour section 13). It neither waits nor fails.
func (c *Client) autosend(ctx context.Context) {
	smtp, err := c.smtpToLaunch(ctx)
	if err != nil || smtp == 0 {
		return // the connect goes on; what is wrong with the account it tells itself
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
