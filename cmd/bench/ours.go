package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// ours is our client: the bench itself in its get mode, or an mtm program that the user names.
type ours struct {
	bench   string // path of this program
	mtm     string // path of an mtm program, "" for the bench itself
	profile string // file for a CPU profile, "" for none
	total   int64  // octets of the mailbox, 0 when they are not known
}

func (o *ours) version(ctx context.Context) (string, error) {
	program := o.bench
	if o.mtm != "" {
		program = o.mtm
	}
	cmd, said := process(ctx, []string{program, "--version"})
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), said.explain(ctx, program, err)
}

// prepare makes the account, or turns it to the server of this visit. A selection is of messages that are listed
// already.
func (o *ours) prepare(ctx context.Context, l login, dir string, j job) error {
	settings := account.Defaults()
	settings.Host, settings.Port, settings.LoginName = l.Host, l.Port, l.User
	settings.Password = account.Password{Literal: l.Password}
	settings.Security, settings.AllowPlaintext = l.Security, true
	if settings.Security.TLS == "" {
		settings.Security.TLS = account.NoTLS
	}
	if err := setAccount(ctx, storeIn(dir), settings); err != nil || j.Which != selection {
		return err
	}
	return o.fetch(ctx, l, dir, job{Mode: headers, Which: newOnes}, func(int64) {})
}

// setAccount makes the account of the store that get fetches into, or changes it.
func setAccount(ctx context.Context, dir string, settings account.POP3) (err error) {
	st, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, accountName)
	if errors.Is(err, mtm.ErrNotFound) {
		_, err = mtm.AddAccount(ctx, st, accountName, settings)
		return err
	}
	if err != nil {
		return err
	}
	return mtm.SetAccount(ctx, st, a.ID, settings)
}

func (o *ours) fetch(ctx context.Context, _ login, dir string, j job, report func(int64)) error {
	if o.mtm != "" {
		cmd, said := process(ctx, o.arguments(dir, j))
		return said.explain(ctx, oursName, cmd.Run())
	}
	spec := getSpec{Store: storeIn(dir), Job: j, Profile: o.profile}
	return runSpec(ctx, []string{o.bench, getName}, oursName, spec, func(stdout io.Reader) error {
		for said := json.NewDecoder(stdout); ; {
			var part float64
			switch err := said.Decode(&part); {
			case err == io.EOF:
				return nil
			case err != nil:
				return err
			case o.total > 0:
				report(int64(part * float64(o.total)))
			}
		}
	})
}

// arguments is the command line of an mtm program for a job.
func (o *ours) arguments(dir string, j job) []string {
	argv := []string{o.mtm, "get", accountName, "--store", storeIn(dir)}
	if j.Window > 0 {
		argv = append(argv, "--window", strconv.Itoa(j.Window))
	}
	switch j.Mode {
	case headers:
		return append(argv, "--headers-only")
	case topLines:
		argv[1] = "populate"
		return append(argv, "--which", j.Which, "--lines", strconv.Itoa(j.Lines))
	}
	return append(argv, "--which", j.Which, "--take", j.Mode)
}

func (o *ours) verify(ctx context.Context, dir string, served maildrop.List, j job) (kept, error) {
	wanted := j.wanted(served)
	switch j.Mode {
	case headers:
		return kept{Messages: served.Len()}, verifyHeaders(ctx, storeIn(dir), served, j)
	case topLines:
		return kept{Messages: wanted.Len()}, verifyTops(ctx, storeIn(dir), served, j)
	}
	return keptAll(wanted), verifyStore(ctx, storeIn(dir), wanted)
}

func storeIn(dir string) string { return filepath.Join(dir, "mail.store") }
