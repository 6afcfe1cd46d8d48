package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// job is what a client has to do in one visit to its mailbox.
type job struct {
	Mode   string `json:"mode,omitempty"`  // one of modes, "" for clients that fetch nothing
	Which  string `json:"which,omitempty"` // one of whiches
	Lines  int    `json:"lines,omitempty"`
	Every  int    `json:"every,omitempty"`  // with the selection: every so manieth message
	Window int    `json:"window,omitempty"` // commands in flight; 0 = the client's own
	Before int    `json:"before,omitempty"` // messages of the mailbox that earlier visits have listed
	// Of clients that open sessions only:
	Users   int           `json:"users,omitempty"`   // of whom each has a mailbox
	Workers int           `json:"workers,omitempty"` // sessions at once
	Time    time.Duration `json:"time,omitempty"`    // how long they are opened; 0 = each worker holds one
	Hold    time.Duration `json:"hold,omitempty"`    // for so long, once all are there
}

// The modes of a job.
const (
	copyMail = "copy"
	moveMail = "move"
	headers  = "headers"
	topLines = "top"
)

// modes are what fetching can mean.
func modes() []string { return []string{copyMail, moveMail, headers, topLines} }

// The messages that a job takes.
const (
	newOnes   = "new"
	all       = "all"
	selection = "selection"
)

func whiches() []string { return []string{newOnes, all, selection} }

const (
	mostLines  = 1_000_000
	mostWindow = 10_000
)

func (j *job) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&j.Mode, "mode", copyMail, "what is done: copy, move, headers (refresh only) or top (the first lines of each message)")
	f.StringVar(&j.Which, "which", newOnes, "which messages: new, all or selection")
	f.IntVar(&j.Lines, "lines", 10, "lines of the body with --mode top")
	f.IntVar(&j.Every, "every", 10, "with --which selection, every N-th message is fetched")
	j.windowFlag(c)
}

func (j *job) windowFlag(c *cobra.Command) {
	c.Flags().IntVar(&j.Window, "window", 0, "commands in flight at most, 1 to 10000; 0 = what the MTM chooses")
}

func (j *job) validate(s *setup) error {
	switch {
	case !slices.Contains(modes(), j.Mode):
		return cli.Usage("--mode takes %s, not %q", strings.Join(modes(), ", "), j.Mode)
	case !slices.Contains(whiches(), j.Which):
		return cli.Usage("--which takes %s, not %q", strings.Join(whiches(), ", "), j.Which)
	case j.Mode == headers && j.Which != newOnes:
		return cli.Usage("--mode headers refreshes the whole list: --which %s means nothing there", j.Which)
	case j.Lines < 0 || j.Lines > mostLines:
		return cli.Usage("--lines takes 0 to %d, not %d", mostLines, j.Lines)
	case j.Every < 1 || j.Every > mostMessages:
		return cli.Usage("--every takes 1 to %d, not %d", mostMessages, j.Every)
	case j.Mode == moveMail && s.target != "":
		return cli.Usage("--mode move would delete the mail of --target, and the next run would find none")
	case j.Which == selection && s.mtm != "":
		return cli.Usage("--which selection works with the client built into the bench, not with --mtm")
	}
	return j.validateWindow()
}

func (j *job) validateWindow() error {
	if j.Window < 0 || j.Window > mostWindow {
		return cli.Usage("--window takes 0 to %d, not %d", mostWindow, j.Window)
	}
	return nil
}

// wanted is the part of the mailbox that the job takes.
func (j *job) wanted(served maildrop.List) maildrop.List {
	if j.Which != selection {
		return served
	}
	return every{served, j.Every}
}

// every is each n-th message of a list, from the first on.
type every struct {
	maildrop.List
	n int
}

func (e every) Len() int                  { return (e.List.Len() + e.n - 1) / e.n }
func (e every) At(i int) maildrop.Message { return e.List.At(i * e.n) }

func (e every) Octets() int64 {
	sum := int64(0)
	for i := range e.Len() {
		sum += e.At(i).Size()
	}
	return sum
}

// left is how many messages the mailbox holds after the job.
func (j *job) left(served maildrop.List) int {
	if j.Mode != moveMail {
		return served.Len()
	}
	return served.Len() - j.wanted(served).Len()
}
