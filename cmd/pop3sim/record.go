package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/record"
	"pop3mtm/scenarios/recorded"
)

// recordFlags holds the flags of the command record.
type recordFlags struct {
	upstream upstreamFlags
	ports    portFlags
	out      cli.Path
	scenario cli.Path
	maskUser bool
}

func newRecord() *cobra.Command {
	var f recordFlags
	c := &cobra.Command{
		Use:   "record",
		Short: "Record the traffic between clients and a real server",
		Long: `Record the traffic between clients and a real server.

Clients connect to --pop3 as if it were the server. Every octet is forwarded and written to the
transcript --out, with S: for the server and C: for the client. 'pop3sim replay' replays the
transcript. Mail is recorded in full.

Passwords, APOP digests and AUTH responses are written as ********; with --mask-user, user names
too. Mail is not masked: check a transcript before you publish it.

--tls sets the protection of the connection to the server. With none the client decides: when it
sends STLS, so does the recorder. With stls and implicit the connection to the server has TLS from
the start, and the client may use no TLS, STLS, or --pop3s. The certificate of the server is
verified, with --tls-ca if given.

--scenario writes a scenario when the recording stops: a server with the recorded mail that gives
the recorded answers to the same commands, in any order. Its users have the password demo.

The recording stops at Ctrl-C (SIGINT) or SIGTERM, with exit status 0.`,
		Example: `  pop3sim record --upstream mail.example.org:110 --out session.txt
  pop3sim record --upstream mail.example.org:995 --tls implicit --out session.txt
  pop3sim record --upstream 10.0.0.7:110 --tls stls --tls-ca ca.pem --tls-name mail.example.org --mask-user --out session.txt
  pop3sim record --upstream mail.example.org:110 --out session.txt --scenario example.yaml
  pop3sim replay session.txt
  pop3sim serve --scenario example.yaml`,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := c.Flags()
	flags.SortFlags = false
	f.upstream.add(c, flags)
	flags.Var(&f.out, "out", "write the transcript to `FILE`, which must not exist")
	flags.Var(&f.scenario, "scenario", "write a scenario to `FILE`.yaml at the end, and its mail to a directory beside it")
	f.ports.add(c, flags)
	flags.BoolVar(&f.maskUser, "mask-user", false, "mask user names in USER and APOP, and in the replies to them")
	return c
}

// portFlags holds the flags of record and replay for ports and for the ready file.
type portFlags struct {
	addresses
	tls   tlsFlags
	ready readiness
	life  lifetime
	logs  logFlags
}

func (f *portFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	flags.StringVar(&f.pop3, "pop3", defaultAddress, "listen for POP3 on `HOST:PORT`; port 0 picks a free one, and \"\" turns it off")
	flags.StringVar(&f.pop3s, "pop3s", "", "listen for POP3 over TLS on `HOST:PORT`")
	f.tls.addCertificate(flags)
	f.ready.add(flags, `{"pop3":"HOST:PORT","pop3s":...}`)
	f.life.add(flags)
	f.logs.add(c, flags)
}

func (f *portFlags) check() error {
	if err := f.addresses.check(); err != nil {
		return err
	}
	if err := f.tls.check(); err != nil {
		return err
	}
	if err := f.life.check(); err != nil {
		return err
	}
	return f.ready.prepare()
}

// announce reports on stderr, and in the ready file, that the ports are open.
func (f *portFlags) announce(cmd *cobra.Command, ports listeners, text string) error {
	var b strings.Builder
	warn(&b, ports, false)
	if !f.logs.quiet {
		b.WriteString(text)
	}
	_, _ = cmd.ErrOrStderr().Write([]byte(b.String())) // a closed terminal is no reason to stop
	return f.ready.announce(cmd.OutOrStdout(), ports.addresses())
}

func (f *portFlags) log(cmd *cobra.Command) *slog.Logger {
	return f.logs.logger(&lockedWriter{w: cmd.ErrOrStderr()})
}

func (f *recordFlags) run(cmd *cobra.Command) error {
	if f.out == "" {
		return cli.Usage("--out is missing: give a file for the transcript")
	}
	o := &record.ProxyOptions{MaskUser: f.maskUser, Log: f.ports.log(cmd)}
	if err := f.upstream.open(o); err != nil {
		return err
	}
	if f.scenario != "" {
		if err := recorded.Check(f.scenario.String()); err != nil {
			return fmt.Errorf("--scenario: %w", err)
		}
	}
	err := f.ports.check()
	if err != nil {
		return err
	}
	if o.ServerTLS, err = f.ports.tls.open(f.ports.pop3, f.ports.pop3s); err != nil {
		return err
	}
	ctx, cancel := f.ports.life.context(cmd)
	defer cancel()
	ports, err := f.ports.open(ctx)
	if err != nil {
		return err
	}
	count, err := f.record(ctx, cmd, ports, o)
	if err != nil {
		ports.close()
		return err
	}
	if !f.ports.logs.quiet {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s\n", sessions(count), cli.OneLine(f.out.String()))
	}
	if f.scenario == "" {
		return nil
	}
	return f.makeScenario(cmd)
}

// record records until the context ends, and returns the number of sessions.
func (f *recordFlags) record(ctx context.Context, cmd *cobra.Command, ports listeners, o *record.ProxyOptions) (sessions int, err error) {
	out, err := os.OpenFile(f.out.String(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it contains private mail
	if errors.Is(err, fs.ErrExist) {
		return 0, fmt.Errorf("--out %s already exists; choose another name, or remove it", f.out)
	}
	if err != nil {
		return 0, fmt.Errorf("--out: %w", err)
	}
	defer func() {
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}()
	proxy := record.NewProxy(out, o)
	if err = proxy.Note("recorded from " + f.upstream.address + ", TLS: " + f.upstream.secure); err != nil {
		return 0, err
	}
	err = f.ports.announce(cmd, ports, fmt.Sprintf("recording the traffic between clients of %s and %s to %s\n\nCtrl-C ends the recording.\n",
		ports, f.upstream.address, cli.OneLine(f.out.String())))
	if err != nil {
		return 0, err
	}
	defer f.ports.ready.withdraw()
	err = ports.until(ctx, proxy, nil)
	return proxy.Sessions(), err
}

// makeScenario writes the scenario of the recording.
func (f *recordFlags) makeScenario(cmd *cobra.Command) error {
	recording, err := record.Open(f.out.String())
	if err != nil {
		return fmt.Errorf("--scenario: %s: %w", f.out, err)
	}
	defer func() { _ = recording.Close() }() // it was only read
	notes, err := recorded.Write(recording, f.scenario.String(), f.upstream.address)
	if err != nil {
		return fmt.Errorf("--scenario: %w; the transcript in %s is complete", err, f.out)
	}
	var b strings.Builder
	for _, note := range notes {
		fmt.Fprintf(&b, "%s: %s\n", cli.OneLine(f.scenario.String()), cli.OneLine(note))
	}
	if !f.ports.logs.quiet {
		fmt.Fprintf(&b, "try it: pop3sim serve --scenario %s\n", shellWord(f.scenario.String()))
	}
	_, _ = cmd.ErrOrStderr().Write([]byte(b.String())) // ignore a closed terminal
	return nil
}

func sessions(n int) string {
	if n == 1 {
		return "1 session"
	}
	return strconv.Itoa(n) + " sessions"
}

// upstreamFlags holds the flags about the recorded server.
type upstreamFlags struct {
	address  string
	secure   string
	ca, name string
	insecure bool
}

func (f *upstreamFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	modes := []string{"none", "stls", "implicit"}
	flags.StringVar(&f.address, "upstream", "", "the real server's `HOST:PORT`")
	flags.StringVar(&f.secure, "tls", modes[0], "protect the connection to it by none, stls or implicit")
	flags.StringVar(&f.ca, "tls-ca", "", "verify its certificate with the certificate authority in the PEM `FILE`")
	flags.StringVar(&f.name, "tls-name", "", "expect `NAME` in its certificate (default the host of --upstream)")
	flags.BoolVar(&f.insecure, "tls-insecure-skip-verify", false, "accept any certificate")
	if err := c.RegisterFlagCompletionFunc("tls", cobra.FixedCompletions(modes, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was added a moment ago
	}
}

// open sets the options for the connection to the server.
func (f *upstreamFlags) open(o *record.ProxyOptions) error {
	if f.address == "" {
		return cli.Usage("--upstream is missing: give the HOST:PORT of the server to record")
	}
	host, port, err := net.SplitHostPort(f.address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || host == "" {
		return cli.Usage("--upstream takes HOST:PORT such as mail.example.org:110, not %q", f.address)
	}
	switch f.secure {
	case "none":
		o.Upstream = record.Plain
	case "stls":
		o.Upstream = record.STLS
	case "implicit":
		o.Upstream = record.ImplicitTLS
	default:
		return cli.Usage("--tls takes none, stls or implicit, not %q", f.secure)
	}
	if f.name != "" {
		host = f.name
	}
	o.ClientTLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: f.insecure}
	if f.ca != "" {
		pem, err := os.ReadFile(f.ca)
		if err != nil {
			return fmt.Errorf("--tls-ca: %w", err)
		}
		o.ClientTLS.RootCAs = x509.NewCertPool()
		if !o.ClientTLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--tls-ca %s has no certificate in PEM form", f.ca)
		}
	}
	o.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", f.address)
	}
	return nil
}
