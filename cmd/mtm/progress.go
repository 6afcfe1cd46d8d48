package main

import (
	"fmt"
	"io"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm"
	"pop3mtm/mtm/progress"
)

// showProgress draws bars on a terminal, one for each step, until the operation ends.
// Elsewhere it returns at once.
func showProgress(stderr io.Writer, op *mtm.Operation) {
	if !cli.IsTerminal(stderr) {
		return
	}
	var bar *cli.Bar
	shown := ""
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var retry time.Time // when the next attempt to connect begins
	for open := true; open; {
		select {
		case _, open = <-op.Changed():
			retry = time.Now().Add(op.Progress().Retry)
		case <-tick.C:
		}
		p := op.Progress()
		label := labelOf(p, time.Until(retry))
		if label == "" {
			continue
		}
		if bar == nil || label != shown {
			if bar != nil {
				bar.Close()
			}
			shown = label
			bar = cli.NewBar(stderr, label, unitOf(p), 0)
		}
		if p.SubPhase == progress.Connecting {
			bar.Set(0, 0)
		} else if unitOf(p) == cli.Octets {
			bar.Set(p.BytesDone, p.TotalBytes)
		} else {
			bar.Set(int64(p.TotalMessages-p.MessagesToProcess), int64(p.TotalMessages))
		}
	}
	if bar != nil {
		bar.Close()
	}
}

// labelOf returns the text before the bar of a step, "" for a step without a bar.
func labelOf(p progress.Snapshot, retry time.Duration) string {
	switch {
	case p.Retry > 0:
		return fmt.Sprintf("connection lost, trying again in %d s", max(1, int(retry.Round(time.Second)/time.Second)))
	case p.SubPhase == progress.Connecting && p.Interruptions > 0:
		return "connecting again"
	case p.SubPhase == progress.Connecting, p.TotalMessages == 0:
		return ""
	}
	return p.SubPhase.String()
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
