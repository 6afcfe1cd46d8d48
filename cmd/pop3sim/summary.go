package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// summary prints why the simulator has stopped and what it did, unless --quiet is given.
func (sim *simulator) summary(ctx context.Context, ran time.Duration) {
	if sim.flags.logs.quiet {
		return
	}
	var text strings.Builder
	text.WriteString("pop3sim: stopped")
	if why := context.Cause(ctx); why != nil {
		fmt.Fprintf(&text, ": %s", why)
	}
	pop3, smtp := 0, 0
	for _, g := range sim.generations {
		pop3, smtp = pop3+g.server.Sessions(), smtp+g.sink.Sessions()
	}
	fmt.Fprintf(&text, "; served %s", sessions(pop3))
	if smtp > 0 {
		fmt.Fprintf(&text, " and %s of SMTP", sessions(smtp))
	}
	fmt.Fprintf(&text, " in %s\n", ran.Round(time.Millisecond))
	_, _ = sim.stderr.Write([]byte(text.String())) // a closed terminal is no reason to fail
}
