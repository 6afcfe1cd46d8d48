// Package workload makes the mailboxes that are fetched: synthetic ones, and the
// same mail as files.
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
	mostOctets   = 1 << 55 // of all messages; a few times that can still be counted
)

// Mailbox describes the synthetic mailbox that is served. Message n is a function of the
// seed, n and the options alone, so that server and verification make the same octets in
// processes of their own.
type Mailbox struct {
	Messages int      `json:"messages"`
	Size     cli.Size `json:"size,omitempty"` // of each message, where all have one
	Seed     uint64   `json:"seed"`
	// Synthetic is what --synthetic says in full, for mail that is not all alike. Messages
	// counts, whatever it says.
	Synthetic string `json:"synthetic,omitempty"`
}

// Flags adds the mailbox's flags to a command, with these defaults.
func (m *Mailbox) Flags(c *cobra.Command, messages int, size cli.Size) {
	m.Messages, m.Size, m.Seed = messages, size, 1
	c.Flags().IntVar(&m.Messages, "messages", m.Messages, "number of messages in the mailbox")
	c.Flags().Var(&m.Size, "size", "size of each message: 512, 8KiB, 1GiB ...")
	c.Flags().Uint64Var(&m.Seed, "seed", m.Seed, "seed of the messages' text")
	c.Flags().StringVar(&m.Synthetic, "synthetic", "", "instead of these three, a `SPEC` as pop3sim takes it: 10000,size=lognormal:8KiB:1.5,mix=mail,seed=7")
}

// Take reads --synthetic, which replaces the other flags of the mailbox.
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

// FlagNames returns the flags that say what is in the synthetic mailbox.
func FlagNames() []string { return []string{"messages", "size", "seed", "synthetic"} }

// Validate refuses mailboxes that are too large, and sizes that cannot be made.
func (m *Mailbox) Validate() error {
	if m.Synthetic != "" {
		if err := checkMessages("--synthetic", m.Messages); err != nil {
			return err
		}
		list, err := m.List() // reads the table of sizes, when there is one
		if err == nil && list.Octets() > mostOctets {
			err = fmt.Errorf("it describes more than %s of mail", numbers.Octets(mostOctets))
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
		return cli.Usage("--messages and --size make more than %s of mail", numbers.Octets(mostOctets))
	}
	return nil
}

func checkMessages(flag string, n int) error {
	if n < 1 || n > MostMessages {
		return cli.Usage("%s takes 1 to %d, not %d", flag, MostMessages, n)
	}
	return nil
}

// Total returns the octets of all messages, 0 when that is not known.
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

// String returns what pop3sim takes as --synthetic for the same mailbox.
func (m *Mailbox) String() string {
	if m.Synthetic == "" {
		return fmt.Sprintf("%d,size=%s,seed=%d", m.Messages, m.Size, m.Seed)
	}
	_, rest, _ := strings.Cut(m.Synthetic, ",")
	return fmt.Sprintf("%d,%s", m.Messages, rest)
}

// Mail returns what is in the mailbox, in words.
func (m *Mailbox) Mail() string {
	if m.Synthetic == "" {
		return m.Size.String()
	}
	_, rest, _ := strings.Cut(m.Synthetic, ",")
	return rest
}

// Source returns the mailbox as a server serves it.
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

// First is the first N messages of a list.
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
