package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/symbian"
)

func connectCommand(e *env) *cobra.Command {
	var wait delay
	c := &cobra.Command{
		Use:     "connect",
		Short:   "Log in and update the list of the mailbox",
		Example: "  connect\n  connect --wait 1m",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			op, err := e.follow(cmd, e.shell.client, mtm.Connect{Wait: time.Duration(wait)})
			if err = reportSession(cmd, e, op, err); err != nil {
				return err
			}
			return shellStatus(cmd, e)
		}),
	}
	takeWait(e, c, &wait)
	return c
}

func disconnectCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "disconnect",
		Short:   "Log out; the server carries out deletes now",
		Example: "  disconnect",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			op, err := e.follow(cmd, e.shell.client, mtm.Disconnect{})
			return reportSession(cmd, e, op, err)
		}),
	}
}

// reportSession prints which queued operations the beginning or the end of a session
// carried out, and what failed.
func reportSession(cmd *cobra.Command, e *env, op *mtm.Operation, failed error) error {
	failed = explain(failed, e.shell.account)
	out := newPage(cmd.OutOrStdout())
	e.printCarriedOut(out, op)
	if !e.json {
		printFailures(out, failed)
	}
	return errors.Join(failed, out.Flush())
}

func quitCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "quit",
		Aliases: []string{"exit"},
		Short:   "Disconnect and leave the shell",
		Example: "  quit",
		RunE:    run(func(*cobra.Command, []string) error { e.shell.left = true; return nil }),
	}
}

func progressCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use:     "progress",
		Short:   "Show the last progress of the last operation",
		Example: "  progress --json",
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			if e.shell.last == nil {
				return coded(mtm.ErrNotFound, "no operation has run yet: try connect or get")
			}
			return printProgress(cmd, e, e.shell.last.Progress())
		}),
	}
}

// progressView is a snapshot in JSON, with the phases by name and by the original's number.
type progressView struct {
	Phase             string `json:"phase"`
	PhaseNumber       int    `json:"phase_number"`
	SubPhase          string `json:"sub_phase"`
	SubPhaseNumber    int    `json:"sub_phase_number"`
	TotalMessages     int    `json:"total_messages"`
	MessagesToProcess int    `json:"messages_to_process"`
	BytesDone         int64  `json:"bytes_done"`
	TotalBytes        int64  `json:"total_bytes"`
	TotalSize         int64  `json:"total_size"`
	Code              int    `json:"code"`
	Service           int64  `json:"service"`
}

func printProgress(cmd *cobra.Command, e *env, p progress.Snapshot) error {
	if e.json {
		return printJSON(cmd, progressView{
			p.Phase.String(), int(p.Phase), p.SubPhase.String(), int(p.SubPhase),
			p.TotalMessages, p.MessagesToProcess, p.BytesDone, p.TotalBytes, p.TotalSize, int(p.Code), p.Service,
		})
	}
	outcome := "no error"
	if p.Code != symbian.None {
		outcome = fmt.Sprintf("error %d, %v", int(p.Code), p.Code)
	}
	phase := p.Phase.String()
	if p.SubPhase != p.Phase { // get mail has a phase for the whole and one for the step
		phase += ", " + p.SubPhase.String()
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d to process, %d of %d octets, %d octets in all, %s\n",
		phase, p.MessagesToProcess, p.TotalMessages, p.BytesDone, p.TotalBytes, p.TotalSize, outcome)
	return err
}
