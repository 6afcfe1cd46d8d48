// Package workload generates the mailboxes that are fetched: synthetic ones, and the same mail as
// files.
package workload

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// Limits of a mailbox.
const (
	MostMessages = 10_000_000
	largestSize  = 1 << 40
	mostOctets   = 1 << 55 // of all messages; several times that still fits in an int64
)

// Mailbox describes the synthetic mailbox that is served. A message depends only on its number, the
// seed and the options, so that the server's process and the verifying process generate the same
// octets.
type Mailbox struct {
	Messages int      `json:"messages"`
	Size     cli.Size `json:"size,omitempty"` // of each message, unless Synthetic is set
	Seed     uint64   `json:"seed"`
	// Synthetic is the value of --synthetic in full. Messages replaces the number of messages in
	// it.
	Synthetic string `json:"synthetic,omitempty"`
}

// Flags adds the flags of the mailbox to a command, with the given defaults.
func (m *Mailbox) Flags(c *cobra.Command, messages int, size cli.Size) {
	m.Messages, m.Size, m.Seed = messages, size, 1
	c.Flags().IntVar(&m.Messages, "messages", m.Messages, "number of messages in the mailbox")
	c.Flags().Var(&m.Size, "size", "size of each message: 512, 8KiB, 1GiB ...")
	c.Flags().Uint64Var(&m.Seed, "seed", m.Seed, "seed of the messages' text")
	c.Flags().StringVar(&m.Synthetic, "synthetic", "", "a `SPEC` as pop3sim takes it, instead of these three: 10000,size=lognormal:8KiB:1.5,mix=mail,seed=7")
}

// Take applies the flag --synthetic, which replaces the other flags of the mailbox.
func (m *Mailbox) Take(f *pflag.FlagSet) error {
	if !f.Changed("synthetic") {
		return nil
	}
	for _, name := range FlagNames()[:3] {
		if f.Changed(name) {
			return cli.Usage("--synthetic and --%s exclude each other", name)
		}
	}
	o, err := maildrop.ParseSynthetic(m.Synthetic)
	if err != nil {
		return cli.Usage("--synthetic: %w", err)
	}
	if o.Arrive > 0 || o.Expire > 0 || o.ExpirePercent > 0 || o.Shuffle {
		return cli.Usage("--synthetic: arrive, expire and shuffle change the mailbox after each session, so the results could not be compared: leave them out")
	}
	*m = Mailbox{Messages: o.Count, Seed: o.Seed, Synthetic: o.String()}
	return nil
}

// FlagNames returns the names of the flags of the mailbox. The last one replaces the others.
func FlagNames() []string { return []string{"messages", "size", "seed", "synthetic"} }

// Validate returns an error for mailboxes that are too large and sizes that cannot be generated.
func (m *Mailbox) Validate() error {
	if m.Synthetic != "" {
		if err := checkMessages("--synthetic", m.Messages); err != nil {
			return err
		}
		list, err := m.List() // reads the file with a table of sizes, if the spec names one
		if err == nil && list.Octets() > mostOctets {
			err = fmt.Errorf("it describes more than %s of mail: use fewer or smaller messages", numbers.Octets(mostOctets))
		}
		if err != nil {
			return cli.Usage("--synthetic: %w", err)
		}
		return nil
	}
	if err := checkMessages("--messages", m.Messages); err != nil {
		return err
	}
	if m.Size < maildrop.MinSyntheticSize || m.Size > largestSize {
		return cli.Usage("--size takes %d to %s, not %s", maildrop.MinSyntheticSize, cli.Size(largestSize), m.Size)
	}
	if int64(m.Messages) > mostOctets/int64(m.Size) {
		return cli.Usage("--messages and --size make more than %s of mail: use fewer or smaller messages", numbers.Octets(mostOctets))
	}
	return nil
}

func checkMessages(flag string, n int) error {
	if n < 1 || n > MostMessages {
		return cli.Usage("%s takes 1 to %d, not %d", flag, MostMessages, n)
	}
	return nil
}

// Total returns the size of all messages in octets, or 0 when it is not known.
func (m *Mailbox) Total() int64 {
	if m.Synthetic == "" {
		return int64(m.Messages) * int64(m.Size)
	}
	list, err := m.List()
	if err != nil {
		return 0
	}
	return list.Octets()
}

// options returns the options of the generator.
func (m *Mailbox) options() (maildrop.SyntheticOptions, error) {
	if m.Synthetic == "" {
		return maildrop.SyntheticOptions{Count: m.Messages, Size: int64(m.Size), Seed: m.Seed}, nil
	}
	o, err := maildrop.ParseSynthetic(m.Synthetic)
	o.Count = m.Messages
	return o, err
}

// String returns the value of --synthetic with which pop3sim serves the same mailbox.
func (m *Mailbox) String() string {
	if m.Synthetic == "" {
		return fmt.Sprintf("%d,size=%s,seed=%d", m.Messages, m.Size, m.Seed)
	}
	_, rest, _ := strings.Cut(m.Synthetic, ",")
	return fmt.Sprintf("%d,%s", m.Messages, rest)
}

// Mail describes the messages in the mailbox in words: their size, or the options of --synthetic.
func (m *Mailbox) Mail() string {
	if m.Synthetic == "" {
		return m.Size.String()
	}
	_, rest, _ := strings.Cut(m.Synthetic, ",")
	return rest
}

// Source returns the mailbox for a server.
func (m *Mailbox) Source() (maildrop.Source, error) {
	o, err := m.options()
	if err != nil {
		return nil, err
	}
	return maildrop.Synthetic(o)
}

// List returns the messages of the mailbox.
func (m *Mailbox) List() (maildrop.List, error) {
	source, err := m.Source()
	if err != nil {
		return nil, err
	}
	return source.List()
}

// First is a list of the first N messages of another list.
type First struct {
	maildrop.List
	N int
}

// Len implements maildrop.List.
func (f First) Len() int { return f.N }

// Octets implements maildrop.List.
func (f First) Octets() int64 {
	sum := int64(0)
	for i := range f.N {
		sum += f.At(i).Size()
	}
	return sum
}
