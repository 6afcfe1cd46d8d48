package main

import (
	"io"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
)

// showProgress draws bars on a terminal, one for each step, until the operation ends. Elsewhere it returns at once.
func showProgress(stderr io.Writer, op *mtm.Operation) {
	if !cli.IsTerminal(stderr) {
		return
	}
	var bar *cli.Bar
	shown := progress.Disconnected
	for range op.Changed() {
		p := op.Progress()
		if p.TotalMessages == 0 {
			continue
		}
		if bar == nil || p.SubPhase != shown {
			if bar != nil {
				bar.Close()
			}
			shown = p.SubPhase
			bar = cli.NewBar(stderr, shown.String(), unitOf(p), 0)
		}
		if unitOf(p) == cli.Octets {
			bar.Set(p.BytesDone, p.TotalBytes)
		} else {
			bar.Set(int64(p.TotalMessages-p.MessagesToProcess), int64(p.TotalMessages))
		}
	}
	if bar != nil {
		bar.Close()
	}
}

// showOctets shows on a terminal how much of a message is made, whose size nobody knows before.
func showOctets(stderr io.Writer, op *mtm.Operation) {
	if !cli.IsTerminal(stderr) {
		return
	}
	bar := cli.NewBar(stderr, "writing", cli.Octets, 0)
	defer bar.Close()
	for range op.Changed() {
		bar.Set(op.Progress().BytesDone, 0)
	}
}

// unitOf counts the octets of a single message, which may be large, and the messages otherwise.
func unitOf(p progress.Snapshot) cli.Unit {
	if p.TotalMessages == 1 && (p.SubPhase == progress.Copying || p.SubPhase == progress.Moving) {
		return cli.Octets
	}
	return cli.Messages
}
