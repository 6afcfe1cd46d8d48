package main

import (
	"fmt"
	"io"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
)

// showProgress draws bars on a terminal, one for each step, until the operation ends. Elsewhere it
// returns at once.
func showProgress(stderr io.Writer, op *mtm.Operation) {
	if !cli.IsTerminal(stderr) {
		return
	}
	shown := bars{stderr: stderr}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var retry time.Time // of the attempt that is waited for
	for open := true; open; {
		select {
		case _, open = <-op.Changed():
			retry = time.Now().Add(op.Progress().Retry)
		case <-tick.C:
		}
		shown.show(op.Progress(), time.Until(retry))
	}
	shown.wipe()
}

// bars are what a terminal shows of an operation: the bar of a step, or while there is no
// connection a line in its place.
type bars struct {
	stderr io.Writer
	step   *cli.Bar
	label  string   // of step
	done   string   // what step has shown
	gap    *cli.Bar // nil while there is a connection
}

func (b *bars) show(p progress.Snapshot, retry time.Duration) {
	if text := gapOf(p, retry); text != "" {
		if b.gap == nil {
			b.wipe()
			b.gap = cli.NewBar(b.stderr, b.done+text, cli.Nothing, 0)
		}
		b.gap.Describe(b.done + text)
		return
	}
	if p.SubPhase == progress.Connecting || p.TotalMessages == 0 {
		return
	}
	if b.gap != nil {
		b.gap.Close()
		b.gap = nil
	}
	unit, label := unitOf(p), p.SubPhase.String()
	n, total := int64(p.TotalMessages-p.MessagesToProcess), int64(p.TotalMessages)
	b.done = fmt.Sprintf("%s, %d of %d: ", label, n, total)
	if unit == cli.Octets {
		n, total, b.done = p.BytesDone, p.TotalBytes, label+": "
	}
	if b.step == nil || b.label != label {
		b.wipe()
		b.label = label
		b.step = cli.NewBar(b.stderr, label, unit, total)
	}
	b.step.Set(n, total)
}

// wipe leaves nothing on the terminal.
func (b *bars) wipe() {
	if b.gap != nil {
		b.gap.Close()
	}
	if b.step != nil {
		b.step.Close()
	}
}

// gapOf returns what a person reads while the connection is made again, "" while there is one.
func gapOf(p progress.Snapshot, retry time.Duration) string {
	switch {
	case p.Retry > 0:
		return fmt.Sprintf("connection lost, trying again in %d s", max(1, int(retry.Round(time.Second)/time.Second)))
	case p.SubPhase == progress.Connecting && p.Interruptions > 0:
		return "connecting again"
	}
	return ""
}

// showOctets shows on a terminal how many octets of a new message are written. Its size is
// not known before the end.
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

// unitOf returns octets as the unit of the bar when there is a single message, which may be large,
// and messages otherwise.
func unitOf(p progress.Snapshot) cli.Unit {
	if p.TotalMessages == 1 && (p.SubPhase == progress.Copying || p.SubPhase == progress.Moving) {
		return cli.Octets
	}
	return cli.Messages
}
