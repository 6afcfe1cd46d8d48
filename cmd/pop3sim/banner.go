package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"pop3mtm/cmd/internal/cli"
)

// announce prints what is served, and example commands.
func (f *serveFlags) announce(stderr io.Writer, mail *mailbox, ports listeners, mechanisms []string) {
	var text strings.Builder
	warn(&text, ports, f.tls.require)
	if mail.warning != "" {
		fmt.Fprintf(&text, "pop3sim: warning: %s\n", cli.OneLine(mail.warning))
	}
	if !f.logs.quiet && !f.agent {
		f.banner(&text, mail, ports, mechanisms)
	}
	_, _ = io.WriteString(stderr, text.String()) // keep serving when the terminal is closed
}

func (f *serveFlags) banner(text *strings.Builder, mail *mailbox, ports listeners, mechanisms []string) {
	if ports.pop3 == nil {
		fmt.Fprintf(text, "POP3 server with TLS on %s: %s\n", ports.pop3s.Addr(), cli.OneLine(mail.about))
	} else {
		fmt.Fprintf(text, "POP3 server on %s: %s\n", ports.pop3.Addr(), cli.OneLine(mail.about))
		if ports.pop3s != nil {
			fmt.Fprintf(text, "  with TLS from the start on %s\n", ports.pop3s.Addr())
		}
	}
	if ports.smtp != nil {
		fmt.Fprintf(text, "  SMTP for NAME@ANYTHING of each user on %s\n", ports.smtp.Addr())
	}
	if ports.http != nil {
		address, _ := reachable(ports.http.Addr())
		fmt.Fprintf(text, "  page and API on http://%s/\n", address)
	}
	for _, u := range f.everyone() {
		fmt.Fprintf(text, "  user %s", cli.OneLine(u.name))
		if u.password != "" {
			fmt.Fprintf(text, ", password %s", cli.OneLine(u.password))
		}
		if u.token != "" {
			fmt.Fprintf(text, ", token %s", cli.OneLine(u.token))
		}
		if u.numbered() {
			text.WriteString(" (n is 1, 2 ...; what a session deletes is back in the next one)")
		}
		text.WriteString("\n")
	}
	if !f.played.given() { // a scenario sets the capabilities itself
		offers := []string{"APOP", "USER"}
		if len(mechanisms) > 0 {
			offers = append(offers, "AUTH "+strings.Join(mechanisms, " "))
		}
		if ports.pop3 != nil {
			offers = append([]string{"STLS"}, offers...)
		}
		fmt.Fprintf(text, "  offers %s\n", strings.Join(offers, ", "))
	}
	if mail.onDisk {
		text.WriteString("  DELE and QUIT delete messages from the disk\n")
	}
	text.WriteString("\nTry in another terminal:\n")
	f.examples(text, ports)
	text.WriteString("\nCtrl-C stops the server.\n")
}

// examples writes commands for users to copy.
func (f *serveFlags) examples(text *strings.Builder, ports listeners) {
	user := f.everyone()[0]
	who := "-u " + shellWord(user.first()+":"+user.password)
	account := fmt.Sprintf("--user %s --password %s", shellWord(user.first()), shellWord(user.password))
	if user.password == "" {
		who = fmt.Sprintf("-u %s: --oauth2-bearer %s", shellWord(user.name), shellWord(user.token))
		account = fmt.Sprintf("--user %s --token %s", shellWord(user.name), shellWord(user.token))
	}
	curlTrust, mtmTrust := f.tls.trust()
	curl, url, mtm := "", "pop3://", ""
	bound := ports.pop3
	switch {
	case bound == nil:
		bound, curl, url, mtm = ports.pop3s, curlTrust, "pop3s://", "--tls implicit "+mtmTrust
	case f.tls.require:
		curl, mtm = "--ssl-reqd "+curlTrust, "--tls stls "+mtmTrust
	}
	address, _ := reachable(bound.Addr())
	fmt.Fprintf(text, "  curl %[1]s%[2]s %[3]s%[4]s/\n  curl %[1]s%[2]s %[3]s%[4]s/1\n", curl, who, url, address)
	if f.tls.caOut != "" && curl == "" {
		fmt.Fprintf(text, "  curl --ssl-reqd %s%s %s%s/1\n", curlTrust, who, url, address)
	}
	fmt.Fprintf(text, "  mtm account add demo --pop3 %s %s%s\n  mtm get demo\n", address, mtm, account)
}

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
