package main

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
)

// announce tells a person what is served and what to try.
func (f *serveFlags) announce(cmd *cobra.Command, mail *mailbox, bound net.Addr) {
	var text strings.Builder
	address, public := reachable(bound)
	if public {
		fmt.Fprintf(&text, "pop3sim: warning: other machines can reach %s, and passwords cross the network in the clear\n", bound)
	}
	if !f.quiet {
		f.banner(&text, mail, bound, address)
	}
	_, _ = io.WriteString(cmd.ErrOrStderr(), text.String()) // a closed terminal is no reason to stop serving
}

func (f *serveFlags) banner(text *strings.Builder, mail *mailbox, bound net.Addr, address string) {
	users := f.users.orDefault()
	fmt.Fprintf(text, "POP3 server on %s: %s\n", bound, cli.OneLine(mail.about))
	for _, u := range users {
		fmt.Fprintf(text, "  user %s, password %s\n", cli.OneLine(u.name), cli.OneLine(u.password))
	}
	if mail.onDisk {
		text.WriteString("  DELE and QUIT delete messages from the disk\n")
	}
	first := users[0]
	fmt.Fprintf(text, `
Try in another terminal:
  curl -u %[1]s pop3://%[4]s/
  curl -u %[1]s pop3://%[4]s/1
  mtm account add demo --pop3 %[4]s --user %[2]s --password %[3]s
  mtm get demo

Ctrl-C stops the server.
`, shellWord(first.name+":"+first.password), shellWord(first.name), shellWord(first.password), address)
}

// shellWord quotes text for a POSIX shell where it needs that.
func shellWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@%+=/,"
	if strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func printTranscript(stderr io.Writer, t fakeserver.Transcript) {
	var b strings.Builder
	fmt.Fprintf(&b, "--- session %d from %s\n", t.Session, t.Remote)
	for _, line := range t.Lines {
		b.WriteString(line + "\n")
	}
	if t.LeftOut > 0 {
		fmt.Fprintf(&b, "[%d more lines]\n", t.LeftOut)
	}
	_, _ = io.WriteString(stderr, b.String()) // a closed terminal is no reason to stop serving
}
