package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
)

// question is what a benchmark with one answer needs: mail, a folder, and how to tell.
type question struct {
	box  mailbox
	dir  string
	json bool
}

// flags adds the flags of the mailbox; the question's own follow, and then how.
func (x *question) flags(c *cobra.Command, messages int, size cli.Size, own func()) {
	x.box.flags(c, messages, size)
	c.Flags().SortFlags = false
	own()
	c.Flags().BoolVar(&x.json, "json", false, "print an object for programs")
}

// dirFlag adds where something is stored.
func (x *question) dirFlag(c *cobra.Command) {
	c.Flags().StringVar(&x.dir, "dir", os.TempDir(), "folder on the disk that is stored to; a folder is made in it and removed")
}

// room refuses a folder that is none, or that has too little room for the mailbox so many times.
func (x *question) room(times int64) error {
	if info, err := os.Stat(x.dir); err != nil || !info.IsDir() {
		return cli.Usage("--dir %s is no folder", x.dir)
	}
	return checkSpace(x.dir, times*x.box.total())
}

// answer is what was found; of a question that a signal ended it is the part that says so.
type answer interface {
	text(asJSON bool) ([]byte, error)
}

// ask runs the question once its flags are valid, and prints the answer, beside an error too.
func ask[A answer](x *question, validate func() error, run func(context.Context, io.Writer) (A, error)) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		for _, check := range []func() error{func() error { return x.box.take(c.Flags()) }, x.box.validate, validate} {
			if err := check(); err != nil {
				return err
			}
		}
		var none A
		found, failed := run(c.Context(), c.ErrOrStderr())
		if any(found) == any(none) {
			return failed
		}
		text, err := found.text(x.json)
		if err == nil {
			_, err = c.OutOrStdout().Write(text)
		}
		return errors.Join(failed, err)
	}
}

// part says how much of it an answer is.
func part(done, of int, what string) string {
	return fmt.Sprintf("stopped by a signal after %d of %s", done, count(of, what))
}

// partly is the first line of an answer that is a part, "" of one that is whole.
func partly(stopped string) string {
	if stopped == "" {
		return ""
	}
	return "Only a part: " + stopped + ".\n"
}
