package main

import (
	"math"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

const (
	mostRounds       = 1000
	mostAccounts     = 64
	largestRoundTrip = time.Second // what the line can hold back without slowing down what passes
	leastBandwidth   = 1 << 10
)

// setup is the flags that all benchmarks share: which mailbox, which server, over which line, where to, and how the
// results are shown.
type setup struct {
	box         mailbox
	rounds      int
	mtm         string
	pop3sim     string
	mailpit     string
	target      string
	user        string
	password    string
	passwordEnv string
	tls         string
	tlsCA       string
	tlsName     string
	roundTrip   time.Duration
	bandwidth   cli.Size // octets a second, 0 = not limited
	dir         string
	keep        bool
	leaveOut    bool     // servers that are not installed, rather than fail
	notes       []string // what the results are to tell, for one of what was left out
	profile     string
	output
}

// addFlags adds the flags with the defaults of one benchmark.
func (s *setup) addFlags(c *cobra.Command, messages int, size cli.Size, rounds int, roundTrip time.Duration) {
	f := c.Flags()
	f.SortFlags = false
	s.box.flags(c, messages, size)
	f.IntVar(&s.rounds, "runs", rounds, "rounds: how often each measurement is made, all taking turns")
	s.output.addFlags(f)
	f.StringVar(&s.dir, "dir", os.TempDir(), "folder on the disk that clients store to; a folder is made in it and removed")
	f.DurationVar(&s.roundTrip, "rtt", roundTrip, "round trip that is added to the line: 500us, 20ms ...")
	f.Var(&s.bandwidth, "bandwidth", "octets a second that the line carries in each direction: 1MiB, 100MB ...; 0 = no limit")
}

// addClientFlag adds the flag that says which client of ours is measured.
func (s *setup) addClientFlag(f *pflag.FlagSet) {
	f.StringVar(&s.mtm, "mtm", "", "an mtm program to measure instead of the MTM built into the bench")
}

// addServerFlags adds the flags that say which server is measured.
func (s *setup) addServerFlags(f *pflag.FlagSet) {
	f.StringVar(&s.pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
	f.StringVar(&s.target, "target", "", "`HOST:PORT` of any server to fetch from; its mailbox must hold still meanwhile")
	f.StringVar(&s.user, "user", "demo", "login `NAME` there")
	f.StringVar(&s.password, "password", "demo", "password there; better:")
	f.StringVar(&s.passwordEnv, "password-env", "", "environment `VARIABLE` that holds it")
	f.StringVar(&s.tls, "tls", "none", "protect the line: none, stls, implicit")
	f.StringVar(&s.tlsCA, "tls-ca", "", "PEM `FILE` of the authority that signed the target's certificate, instead of the system's")
	f.StringVar(&s.tlsName, "tls-name", "", "`NAME` in the target's certificate, instead of the host")
}

// addKeepFlags adds what only benchmarks of one client have.
func (s *setup) addKeepFlags(f *pflag.FlagSet) {
	f.BoolVar(&s.keep, "keep", false, "do not remove what the clients stored, and say where it is")
	f.StringVar(&s.profile, "profile", "", "folder for CPU profiles of our server and client, as of the last run")
}

// validate refuses what cannot be measured, before anything runs. It reads the password's variable.
func (s *setup) validate(f *pflag.FlagSet) error {
	if err := s.box.take(f); err != nil {
		return err
	}
	if err := s.box.validate(); err != nil {
		return err
	}
	if s.rounds < 1 || s.rounds > mostRounds {
		return cli.Usage("--runs takes 1 to %d, not %d", mostRounds, s.rounds)
	}
	if s.roundTrip < 0 || s.roundTrip > largestRoundTrip {
		return cli.Usage("--rtt takes 0 to %v, not %v", largestRoundTrip, s.roundTrip)
	}
	if s.bandwidth != 0 && s.bandwidth < leastBandwidth {
		return cli.Usage("--bandwidth takes 0 for no limit, or %s a second and more, not %s", cli.Size(leastBandwidth), s.bandwidth)
	}
	if s.profile != "" && (s.mtm != "" || s.pop3sim != "" || s.target != "") {
		return cli.Usage("--profile works with the server and the client built into the bench, not with --mtm, --pop3sim or --target")
	}
	if err := s.output.validate(); err != nil {
		return err
	}
	if f.Lookup("target") == nil {
		s.user, s.password, s.tls = "demo", "demo", string(account.NoTLS)
		return nil
	}
	return s.validateServer(f)
}

func (s *setup) validateServer(f *pflag.FlagSet) error {
	switch account.TLS(s.tls) {
	case account.NoTLS, account.STLS, account.Implicit:
	default:
		return cli.Usage("--tls takes none, stls or implicit, not %q", s.tls)
	}
	if s.target == "" {
		for _, name := range []string{"user", "password", "password-env", "tls-ca", "tls-name"} {
			if f.Changed(name) {
				return cli.Usage("--%s goes with --target", name)
			}
		}
		return nil
	}
	if s.pop3sim != "" {
		return cli.Usage("--target and --pop3sim exclude each other")
	}
	for _, name := range mailboxFlags() {
		if f.Changed(name) {
			return cli.Usage("--%s is for the synthetic mailbox: --target has its own", name)
		}
	}
	if _, err := s.targetAddress(); err != nil {
		return err
	}
	if s.passwordEnv == "" {
		return nil
	}
	if f.Changed("password") {
		return cli.Usage("--password and --password-env exclude each other")
	}
	var set bool
	if s.password, set = os.LookupEnv(s.passwordEnv); !set {
		return cli.Usage("--password-env: there is no variable %s", s.passwordEnv)
	}
	return nil
}

// targetAddress takes --target apart.
func (s *setup) targetAddress() (login, error) {
	host, port, err := net.SplitHostPort(s.target)
	number, wrong := strconv.Atoi(port)
	if err != nil || wrong != nil || host == "" || number < 1 || number > math.MaxUint16 {
		return login{}, cli.Usage("--target takes HOST:PORT, such as pop.example.org:110 or [::1]:1110, not %q", s.target)
	}
	l := login{}
	l.Host, l.Port, l.User, l.Password = host, number, s.user, s.password
	l.Security = account.Security{TLS: account.TLS(s.tls), CA: s.tlsCA, Name: s.tlsName}
	if l.Security.CA != "" {
		l.Security.CA, err = filepath.Abs(l.Security.CA)
	}
	return l, err
}

// line is what the flags say about the line.
func (s *setup) line() line { return line{RoundTrip: s.roundTrip, Bandwidth: int64(s.bandwidth)} }

// server is the server that the flags name, for so many accounts.
func (s *setup) server() (serverSpec, error) {
	if s.target != "" {
		l, err := s.targetAddress()
		return serverSpec{Name: s.target, Running: &l}, err
	}
	return serverSpec{Name: simulatorName, Program: s.pop3sim, TLS: account.TLS(s.tls)}, nil
}

// begin makes the plan of a benchmark, with all that results tell beside figures.
func (s *setup) begin(benchmark string) *plan {
	p := &plan{setup: s, rounds: s.rounds}
	p.found = &results{
		Benchmark: benchmark, Unit: "messages", Machine: thisMachine(), Mailbox: s.box, Rounds: s.rounds,
		RoundTrip: s.roundTrip.Seconds(), Bandwidth: int64(s.bandwidth), TLS: strings.TrimPrefix(s.tls, string(account.NoTLS)),
		Target: s.target, Notes: slices.Clone(s.notes), ratioOf: compared,
	}
	return p
}
