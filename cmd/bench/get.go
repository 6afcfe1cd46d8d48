package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// accountName is the account of a trial's store.
const accountName = "bench"

// newGet is our client of one trial, a process of its own. It does what "mtm get bench" does.
func newGet() *cobra.Command {
	var dir, profile string
	var headers bool
	c := &cobra.Command{Use: "get", Hidden: true, Short: "Fetches the mailbox of one trial"}
	c.Flags().StringVar(&dir, "store", "", "the message store")
	c.Flags().StringVar(&profile, "profile", "", "file for a CPU profile")
	c.Flags().BoolVar(&headers, "headers-only", false, "refresh the mailbox and fetch no message")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return profiled(profile, func() error { return get(c.Context(), dir, headers) })
	}
	return c
}

func get(ctx context.Context, dir string, headers bool) (err error) {
	st, err := store.Open(dir, &store.Options{MustExist: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	a, err := mtm.FindAccount(ctx, st, accountName)
	if err != nil {
		return err
	}
	box, err := mtm.Open(st, a.ID, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if headers {
		if err := box.InvokeSync(ctx, mtm.Connect{}); err != nil {
			return err
		}
		return box.InvokeSync(ctx, mtm.Disconnect{})
	}
	return box.InvokeSync(ctx, mtm.GetMail{Which: mtm.New, Take: mtm.Copy, Link: mtm.ThenDisconnect, Into: store.Inbox})
}

// addAccount makes the store that get fetches into.
func addAccount(ctx context.Context, dir string, settings account.POP3) (err error) {
	st, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	_, err = mtm.AddAccount(ctx, st, accountName, settings)
	return err
}
