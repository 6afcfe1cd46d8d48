package harness

import (
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/account"
)

// Limits of flags.
const (
	MostRounds       = 1000
	MostAccounts     = 64
	largestRoundTrip = time.Second // the relay can delay octets that long without reducing throughput
	leastBandwidth   = 1 << 10
)

// Setup holds the flags that most benchmarks share: the mailbox, the server, the line, the
// directory for stores, and the form of the results.
type Setup struct {
	Box         workload.Mailbox
	Rounds      int
	MTM         string
	Pop3sim     string
	Mailpit     string
	Target      string
	User        string
	password    string
	passwordEnv string
	TLS         string
	tlsCA       string
	TLSName     string
	RoundTrip   time.Duration
	bandwidth   cli.Size // octets a second, 0 = not limited
	Dir         string
	keep        bool
	LeaveOut    bool     // leave out servers that are not installed, instead of failing
	notes       []string // for the results, such as what was left out
	profile     string
	report.Output
}

// AddFlags adds the common flags with the defaults of one benchmark.
func (s *Setup) AddFlags(c *cobra.Command, messages int, size cli.Size, rounds int, roundTrip time.Duration) {
	f := c.Flags()
	f.SortFlags = false
	s.Box.Flags(c, messages, size)
	f.IntVar(&s.Rounds, "runs", rounds, "number of rounds; each round makes every measurement once")
	s.Output.AddFlags(f)
	f.StringVar(&s.Dir, "dir", os.TempDir(), "directory on the disk that clients store to; a directory is created in it and removed")
	f.DurationVar(&s.RoundTrip, "rtt", roundTrip, "round-trip time to add to the line: 500us, 20ms ...")
	f.Var(&s.bandwidth, "bandwidth", "limit of the line in octets a second, in each direction: 1MiB, 100MB ...; 0 = no limit")
}

// AddClientFlag adds --mtm.
func (s *Setup) AddClientFlag(f *pflag.FlagSet) {
	f.StringVar(&s.MTM, "mtm", "", "an mtm program to measure instead of the MTM built into the bench")
}

// AddSimulatorFlag adds --pop3sim.
func (s *Setup) AddSimulatorFlag(f *pflag.FlagSet) {
	f.StringVar(&s.Pop3sim, "pop3sim", "", "a pop3sim program that serves instead of the server built into the bench")
}

// AddServerFlags adds the flags that choose the server.
func (s *Setup) AddServerFlags(f *pflag.FlagSet) {
	s.AddSimulatorFlag(f)
	f.StringVar(&s.Target, "target", "", "`HOST:PORT` of any server to fetch from; its mailbox must not change meanwhile")
	f.StringVar(&s.User, "user", "demo", "login `NAME` at the target")
	f.StringVar(&s.password, "password", "demo", "password at the target; other users of this machine can read it, unlike with --password-env")
	f.StringVar(&s.passwordEnv, "password-env", "", "environment `VARIABLE` that has the password")
	f.StringVar(&s.TLS, "tls", "none", "TLS between client and server: none, stls, implicit")
	f.StringVar(&s.tlsCA, "tls-ca", "", "PEM `FILE` of the certificate authority of the target, instead of the system's")
	f.StringVar(&s.TLSName, "tls-name", "", "`NAME` in the target's certificate, instead of the host")
}

// AddKeepFlags adds the flags --keep and --profile.
func (s *Setup) AddKeepFlags(f *pflag.FlagSet) {
	f.BoolVar(&s.keep, "keep", false, "keep the mail that the clients stored, and print where it is")
	f.StringVar(&s.profile, "profile", "", "`DIRECTORY` for CPU profiles of our server and client, which are of the last run")
}

// Validate returns an error for invalid flags. It reads the variable of --password-env.
func (s *Setup) Validate(f *pflag.FlagSet) error {
	if err := s.Box.Take(f); err != nil {
		return err
	}
	if err := s.Box.Validate(); err != nil {
		return err
	}
	if s.Rounds < 1 || s.Rounds > MostRounds {
		return cli.Usage("--runs takes 1 to %d, not %d", MostRounds, s.Rounds)
	}
	if s.RoundTrip < 0 || s.RoundTrip > largestRoundTrip {
		return cli.Usage("--rtt takes 0 to %v, not %v", largestRoundTrip, s.RoundTrip)
	}
	if s.bandwidth != 0 && s.bandwidth < leastBandwidth {
		return cli.Usage("--bandwidth takes 0 for no limit, or at least %s a second, not %s", cli.Size(leastBandwidth), s.bandwidth)
	}
	if s.profile != "" && (s.MTM != "" || s.Pop3sim != "" || s.Target != "") {
		return cli.Usage("--profile works with the server and the client built into the bench, not with --mtm, --pop3sim or --target")
	}
	if err := s.Output.Validate(); err != nil {
		return err
	}
	if f.Lookup("target") == nil {
		s.User, s.password, s.TLS = "demo", "demo", string(account.NoTLS)
		return nil
	}
	return s.validateServer(f)
}

func (s *Setup) validateServer(f *pflag.FlagSet) error {
	switch account.TLS(s.TLS) {
	case account.NoTLS, account.STLS, account.Implicit:
	default:
		return cli.Usage("--tls takes none, stls or implicit, not %q", s.TLS)
	}
	if s.Target == "" {
		for _, name := range []string{"user", "password", "password-env", "tls-ca", "tls-name"} {
			if f.Changed(name) {
				return cli.Usage("--%s needs --target", name)
			}
		}
		return nil
	}
	if s.Pop3sim != "" {
		return cli.Usage("--target and --pop3sim exclude each other")
	}
	for _, name := range workload.FlagNames() {
		if f.Changed(name) {
			return cli.Usage("--%s describes the synthetic mailbox, but --target has a mailbox of its own", name)
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
		return cli.Usage("--password-env: the environment variable %s is not set", s.passwordEnv)
	}
	return nil
}

// targetAddress parses --target.
func (s *Setup) targetAddress() (servers.Login, error) {
	host, port, err := net.SplitHostPort(s.Target)
	number, wrong := strconv.Atoi(port)
	if err != nil || wrong != nil || host == "" || number < 1 || number > math.MaxUint16 {
		return servers.Login{}, cli.Usage("--target takes HOST:PORT, such as pop.example.org:110 or [::1]:1110, not %q", s.Target)
	}
	l := servers.Login{}
	l.Host, l.Port, l.User, l.Password = host, number, s.User, s.password
	l.Security = account.Security{TLS: account.TLS(s.TLS), CA: s.tlsCA, Name: s.TLSName}
	if l.Security.CA != "" {
		l.Security.CA, err = filepath.Abs(l.Security.CA)
	}
	return l, err
}

// Line returns the line that the flags describe.
func (s *Setup) Line() wire.Line {
	return wire.Line{RoundTrip: s.RoundTrip, Bandwidth: int64(s.bandwidth)}
}

// Server returns the server that the flags name.
func (s *Setup) Server() (servers.Spec, error) {
	if s.Target != "" {
		l, err := s.targetAddress()
		return servers.Spec{Name: s.Target, Running: &l}, err
	}
	return servers.Spec{Name: servers.Simulator, Program: s.Pop3sim, TLS: account.TLS(s.TLS)}, nil
}

// What describes the mailbox in words.
func (s *Setup) What() string {
	if s.Target != "" {
		return "the mailbox of " + s.User + " at " + s.Target
	}
	if s.Box.Synthetic != "" {
		return fmt.Sprintf("%s (%s)", numbers.Count(s.Box.Messages, "message"), s.Box.Mail())
	}
	return fmt.Sprintf("%s of %s", numbers.Count(s.Box.Messages, "message"), s.Box.Size)
}

// MostWindow limits the commands in flight.
const MostWindow = 10_000

// WindowFlag adds the flag that limits the commands in flight.
func WindowFlag(f *pflag.FlagSet, window *int) {
	f.IntVar(window, "window", 0, "largest number of commands in flight, 1 to 10000; 0 = chosen by the MTM")
}

// CheckWindow returns an error for a window that is out of range.
func CheckWindow(window int) error {
	if window < 0 || window > MostWindow {
		return cli.Usage("--window takes 0 to %d, not %d", MostWindow, window)
	}
	return nil
}

// WindowWords describes a window in words, and returns "" for the default.
func WindowWords(window int) string {
	if window == 0 {
		return ""
	}
	return fmt.Sprintf(", window %d", window)
}
