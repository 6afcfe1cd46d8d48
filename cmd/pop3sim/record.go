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

// recordFlags is what the flags of record say.
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
		Short: "Stand between a client and a real server, and write down what they say",
		Long: `Stand between a client and a real server, and write down what they say.

Clients connect to --pop3 as if it were the server. Every octet is handed on; --out gets a
transcript of it as it happens, S: for the server and C: for the client, which
'pop3sim replay' serves again. Mail is written in full.

Passwords, APOP digests and AUTH responses are written as ********; user names too with
--mask-user. Mail is not masked: look through a transcript before you give it away.

--tls says how the line to the server is protected. With none the client decides: when it asks
for STLS, so does the recorder. With stls and implicit the server's line is protected from the
start, and the client may be plain, ask the recorder for STLS, or use --pop3s. The server's
certificate is checked, by --tls-ca if that is given.

--scenario makes a scenario of the recording when it stops: a server with the recorded mail,
which gives the recorded answers to the same commands in any order. Its users have the
password demo.

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
	flags.Var(&f.out, "out", "write the transcript to `FILE`, which must not be there yet")
	flags.Var(&f.scenario, "scenario", "write a scenario of the recording to `FILE`.yaml at the end, and its mail into a folder beside it")
	f.ports.add(flags)
	flags.BoolVar(&f.maskUser, "mask-user", false, "mask the names in USER and APOP, and in what the server says at once")
	return c
}

// portFlags say where record and replay listen, and who is told.
type portFlags struct {
	pop3, pop3s string
	tls         tlsFlags
	json        bool
	readyFile   cli.Path
	quiet       bool
}

func (f *portFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.pop3, "pop3", defaultAddress, "listen for POP3 on `HOST:PORT`; port 0 picks a free one, and \"\" turns it off")
	flags.StringVar(&f.pop3s, "pop3s", "", "listen for POP3 over TLS on `HOST:PORT`")
	f.tls.addCertificate(flags)
	flags.BoolVar(&f.json, "json", false, `print {"pop3":"HOST:PORT","pop3s":...} as the first line of stdout when ready`)
	flags.Var(&f.readyFile, "ready-file", "write the same to `FILE` when ready")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only warnings and errors")
}

func (f *portFlags) check() error {
	if err := checkAddresses(f.pop3, f.pop3s, ""); err != nil {
		return err
	}
	if err := f.tls.check(); err != nil {
		return err
	}
	return removeStale(f.readyFile.String())
}

// announce tells who waits for it, and a person, that the ports are open.
func (f *portFlags) announce(cmd *cobra.Command, ports listeners, text string) error {
	var b strings.Builder
	warn(&b, ports, false)
	if !f.quiet {
		b.WriteString(text)
	}
	_, _ = cmd.ErrOrStderr().Write([]byte(b.String())) // a closed terminal is no reason to stop
	return ready(cmd.OutOrStdout(), f.json, f.readyFile.String(), ports.addresses())
}

func (f *portFlags) log(cmd *cobra.Command) *slog.Logger {
	level := slog.LevelInfo
	if f.quiet {
		level = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(&lockedWriter{w: cmd.ErrOrStderr()}, &slog.HandlerOptions{Level: level}))
}

func (f *recordFlags) run(cmd *cobra.Command) error {
	if f.out == "" {
		return cli.Usage("--out is missing: where shall the transcript go?")
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
	ports, err := open(cmd.Context(), f.ports.pop3, f.ports.pop3s, "")
	if err != nil {
		return err
	}
	count, err := f.record(cmd, ports, o)
	if err != nil {
		ports.close()
		return err
	}
	if !f.ports.quiet {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s in %s\n", sessions(count), cli.OneLine(f.out.String()))
	}
	if f.scenario == "" {
		return nil
	}
	return f.makeScenario(cmd)
}

// record records until the context ends, and gives the number of sessions.
func (f *recordFlags) record(cmd *cobra.Command, ports listeners, o *record.ProxyOptions) (sessions int, err error) {
	out, err := os.OpenFile(f.out.String(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it has people's mail
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
	err = f.ports.announce(cmd, ports, fmt.Sprintf("recording what clients of %s and %s say to one another into %s\n\nCtrl-C ends the recording.\n",
		ports, f.upstream.address, cli.OneLine(f.out.String())))
	if err != nil {
		return 0, err
	}
	err = ports.until(cmd.Context(), proxy, nil)
	return proxy.Sessions(), err
}

// makeScenario makes the scenario of what was recorded.
func (f *recordFlags) makeScenario(cmd *cobra.Command) error {
	recording, err := record.Open(f.out.String())
	if err != nil {
		return fmt.Errorf("--scenario: %s: %w", f.out, err)
	}
	defer func() { _ = recording.Close() }() // it was only read
	notes, err := recorded.Write(recording, f.scenario.String(), f.upstream.address)
	if err != nil {
		return fmt.Errorf("--scenario: %w; the transcript in %s is whole", err, f.out)
	}
	var b strings.Builder
	for _, note := range notes {
		fmt.Fprintf(&b, "%s: %s\n", cli.OneLine(f.scenario.String()), cli.OneLine(note))
	}
	if !f.ports.quiet {
		fmt.Fprintf(&b, "try it: pop3sim serve --scenario %s\n", shellWord(f.scenario.String()))
	}
	_, _ = cmd.ErrOrStderr().Write([]byte(b.String())) // a closed terminal is no failure of the recording
	return nil
}

func sessions(n int) string {
	if n == 1 {
		return "1 session"
	}
	return strconv.Itoa(n) + " sessions"
}

// upstreamFlags say which server is recorded, and how to speak to it.
type upstreamFlags struct {
	address  string
	secure   string
	ca, name string
	insecure bool
}

func (f *upstreamFlags) add(c *cobra.Command, flags *pflag.FlagSet) {
	modes := []string{"none", "stls", "implicit"}
	flags.StringVar(&f.address, "upstream", "", "the real server's `HOST:PORT`")
	flags.StringVar(&f.secure, "tls", modes[0], "how the line to it is protected: none, stls, implicit")
	flags.StringVar(&f.ca, "tls-ca", "", "the authority of its certificate, in the PEM `FILE`")
	flags.StringVar(&f.name, "tls-name", "", "the `NAME` in its certificate (default the host of --upstream)")
	flags.BoolVar(&f.insecure, "tls-insecure-skip-verify", false, "take any certificate")
	if err := c.RegisterFlagCompletionFunc("tls", cobra.FixedCompletions(modes, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was added a moment ago
	}
}

// open fills in how the server is reached.
func (f *upstreamFlags) open(o *record.ProxyOptions) error {
	if f.address == "" {
		return cli.Usage("--upstream is missing: which server shall be recorded?")
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
