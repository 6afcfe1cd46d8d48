package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/harness"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/bench/internal/wire"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
)

// sending measures emptying an outbox.
type sending struct {
	harness.Question
	runs      int
	roundTrip time.Duration
}

// SendMode returns the mode that runs it.
func SendMode() harness.Mode { return harness.Mode{Command: newSending()} }

func newSending() *cobra.Command {
	var x sending
	c := &cobra.Command{
		Use:   "send",
		Short: "Send an outbox with our autosend, compared with a plain loop",
		Long: `Send fills an Outbox and empties it with our autosend, which uses one connection, leases each message before sending it,
and moves it to Sent, synced to disk, afterwards. For comparison go-smtp's Client, which autosend uses, sends the same
messages in a plain loop: one connection for each message, from memory, without a store. Both send to the same server, in this
process, and take turns; every message that arrives is compared with what was sent. Half of --rtt is added in each direction.`,
		Example: `  bench send
  bench send --messages 200 --runs 3 --rtt 20ms --json`,
	}
	x.Flags(c, 1000, 4<<10, func() {
		c.Flags().IntVar(&x.runs, "runs", 5, "number of rounds; in each round both programs send all messages")
		c.Flags().DurationVar(&x.roundTrip, "rtt", 0, "round-trip time to add between client and server")
		x.DirFlag(c)
	})
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := x.Question.Validate(c, x.validate); err != nil {
			return err
		}
		return harness.WithFolder(x.Dir, false, c.ErrOrStderr(), func(dir string) error {
			s, err := x.sender(dir)
			if err != nil {
				return err
			}
			return x.Ask(c, s.found, x.runs, "run", harness.Single{Name: "sending", Do: s.both})
		})
	}
	return c
}

// mostSent limits the number of messages, since the server keeps them in memory.
const mostSent = 100_000

func (x *sending) validate() error {
	if x.Box.Messages > mostSent || x.Box.Total() > servers.LargestSent {
		return cli.Usage("the server keeps the received mail in memory: use at most %d messages and %s of mail", mostSent, numbers.Octets(servers.LargestSent))
	}
	if x.runs < 1 || x.runs > 1000 {
		return cli.Usage("--runs takes 1 to 1000, not %d", x.runs)
	}
	if x.roundTrip < 0 || x.roundTrip > time.Minute {
		return cli.Usage("--rtt takes 0 to 1m, not %s", x.roundTrip)
	}
	return x.Room(2)
}

// sends holds the results of the benchmark.
type sends struct {
	Benchmark string           `json:"benchmark"`
	Machine   report.Machine   `json:"machine"`
	Mailbox   workload.Mailbox `json:"mailbox"`
	RoundTrip time.Duration    `json:"round_trip"`
	Autosend  []float64        `json:"autosend_seconds"`
	Loop      []float64        `json:"loop_seconds"`      // of the same rounds
	Faster    numbers.Spread   `json:"times_faster"`      // the loop's time divided by autosend's, in each round
	Stopped   string           `json:"stopped,omitempty"` // why the results are incomplete
}

// Empty implements answer.
func (s *sends) Empty() bool { return len(s.Loop) == 0 }

// Stop implements answer.
func (s *sends) Stop(text string) { s.Stopped = text }

// Conclude implements answer.
func (s *sends) Conclude() {
	var ratios []float64
	for i := range s.Autosend {
		ratios = append(ratios, s.Loop[i]/s.Autosend[i])
	}
	s.Faster = numbers.SpreadOf(ratios)
}

func (s *sends) Text(asJSON bool) ([]byte, error) {
	if asJSON {
		text, err := json.Marshal(s)
		return append(text, '\n'), err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%s of %s sent; %s of round trip added; %s each, taking turns\n%s\n\n",
		numbers.Partly(s.Stopped), numbers.Count(s.Mailbox.Messages, "message"), s.Mailbox.Mail(), s.RoundTrip, numbers.Count(len(s.Loop), "run"), s.Machine)
	row := func(name string, seconds []float64) []string {
		all := numbers.SpreadOf(seconds)
		return []string{name, numbers.Short(all.Least * 1e3), numbers.Short(all.Median * 1e3), numbers.Short(all.Most * 1e3), numbers.Short(float64(s.Mailbox.Messages) / all.Median)}
	}
	numbers.Align(&b, []numbers.Heading{numbers.Over("", 1), numbers.Over("milliseconds", 3), numbers.Over("messages/s", 1)}, [][]string{
		{"", "least", "median", "most", "median"}, row("autosend, one connection", s.Autosend), row("plain loop, one each", s.Loop),
	})
	fmt.Fprintf(&b, "\nautosend is %s times as fast as the loop (%s to %s)\n", numbers.Short(s.Faster.Median), numbers.Short(s.Faster.Least), numbers.Short(s.Faster.Most))
	return b.Bytes(), nil
}

// The envelope of every message.
const (
	benchSender    = "ann@example.org"
	benchRecipient = "ben@example.org"
)

// sender sends the same mail with the loop and with autosend, each time to a new server.
type sender struct {
	mail  [][]byte
	line  wire.Line
	dir   string
	found *sends
}

// sender returns a sender that has generated all mail in memory.
func (x *sending) sender(dir string) (*sender, error) {
	list, err := x.Box.List()
	if err != nil {
		return nil, err
	}
	s := &sender{line: wire.Line{RoundTrip: x.roundTrip}, dir: dir}
	s.found = &sends{Benchmark: "send", Machine: report.ThisMachine(), Mailbox: x.Box, RoundTrip: x.roundTrip}
	for i := range list.Len() {
		raw, err := maildrop.Read(list.At(i))
		if err != nil {
			return nil, err
		}
		s.mail = append(s.mail, raw)
	}
	return s, nil
}

// both sends the mail with autosend and with the loop, and records the two times.
func (s *sender) both(ctx context.Context) error {
	ours, err := s.measure(ctx, s.autosend)
	if err != nil {
		return err
	}
	theirs, err := s.measure(ctx, s.loop)
	if err != nil {
		return err
	}
	s.found.Autosend, s.found.Loop = append(s.found.Autosend, ours.Seconds()), append(s.found.Loop, theirs.Seconds())
	return nil
}

// measure starts a server, sends all mail to it with one of the two programs, and compares what the
// server received. It returns how long the sending took.
func (s *sender) measure(ctx context.Context, run func(context.Context, string) (time.Duration, error)) (took time.Duration, err error) {
	sink := smtpsink.New(&smtpsink.Options{TranscriptOctets: -1})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	served := make(chan error, 1)
	go func() { served <- sink.Serve(listener) }()
	defer func() {
		err = errors.Join(err, sink.Close())
		if ended := <-served; !errors.Is(ended, fakeserver.ErrClosed) {
			err = errors.Join(err, ended)
		}
	}()
	address := listener.Addr().String()
	if s.line != (wire.Line{}) {
		between, failed := wire.StartRelay(ctx, address, s.line, nil)
		if failed != nil {
			return 0, failed
		}
		defer func() { err = errors.Join(err, between.Close()) }()
		address = between.Address
	}
	if took, err = run(ctx, address); err != nil {
		return 0, err
	}
	return took, s.compare(sink.Messages())
}

func (s *sender) compare(got []smtpsink.Message) error {
	if len(got) != len(s.mail) {
		return fmt.Errorf("the server received %d of %d messages", len(got), len(s.mail))
	}
	for i, m := range got {
		if m.From != benchSender || len(m.Recipients) != 1 || m.Recipients[0] != benchRecipient || !bytes.Equal(m.Data, s.mail[i]) {
			return fmt.Errorf("the server received message %d with other octets than were sent", i+1)
		}
	}
	return nil
}

// loop sends each message over a new connection, with the commands of go-smtp's SendMail. SendMail
// itself demands STARTTLS.
func (s *sender) loop(ctx context.Context, address string) (time.Duration, error) {
	began := time.Now()
	for _, raw := range s.mail {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		c, err := smtp.Dial(address)
		if err != nil {
			return 0, err
		}
		err = c.SendMail(benchSender, []string{benchRecipient}, bytes.NewReader(raw))
		if err == nil {
			err = c.Quit()
		} else {
			_ = c.Close() // err is the cause
		}
		if err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// autosend fills an Outbox, which is not measured, and empties it.
func (s *sender) autosend(ctx context.Context, address string) (took time.Duration, err error) {
	dir, err := os.MkdirTemp(s.dir, "store-")
	if err != nil {
		return 0, err
	}
	st, err := store.Open(dir, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, st.Close(), os.RemoveAll(dir)) }()
	service, err := s.fill(ctx, st, address)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	result, err := autosend.Run(ctx, st, service, nil)
	took = time.Since(began)
	if err == nil && result.Sent != len(s.mail) {
		err = fmt.Errorf("autosend sent %d of %d messages", result.Sent, len(s.mail))
	}
	return took, err
}

// fill creates the account, puts all mail into its Outbox, and returns its SMTP service.
func (s *sender) fill(ctx context.Context, st *store.Store, address string) (store.ID, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, err
	}
	settings := account.Defaults()
	settings.Host, settings.LoginName = host, "ann"
	settings.SMTP.Host, settings.SMTP.From = host, benchSender
	if settings.SMTP.Port, err = strconv.Atoi(port); err != nil {
		return 0, err
	}
	if _, err = mtm.AddAccount(ctx, st, verify.AccountName, settings); err != nil {
		return 0, err
	}
	a, err := mtm.FindAccount(ctx, st, verify.AccountName)
	if err != nil {
		return 0, err
	}
	b := st.NewBatch()
	defer b.Rollback()
	for _, raw := range s.mail {
		w := b.Body(store.BodyWhole)
		if _, err := w.Write(raw); err != nil {
			return 0, errors.Join(err, w.Discard())
		}
		body, err := w.Close()
		if err != nil {
			return 0, err
		}
		e := &store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: a.SMTP, Sending: store.SendWaiting,
			Flags: store.Complete, Size: body.Length, Body: body}
		b.Add(e)
		b.SetOutgoing(e, store.Outgoing{From: benchSender, Recipients: []store.Recipient{{Address: benchRecipient}}})
	}
	return a.SMTP, b.Commit(ctx)
}
