package main

import (
	"github.com/spf13/cobra"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

// What a mailbox may hold: enough for ten million messages, or for one that is larger than any memory.
const (
	mostMessages = 10_000_000
	largestSize  = 1 << 40
	mostOctets   = 1 << 55 // of all messages; a few times that can still be counted
)

// mailbox says which synthetic mailbox is served. Message n is a function of the seed and n alone, so that server and
// verification make the same octets in processes of their own.
type mailbox struct {
	Messages int      `json:"messages"`
	Size     cli.Size `json:"size"` // of each message
	Seed     uint64   `json:"seed"`
}

// flags adds the mailbox's flags to a command, with these defaults.
func (m *mailbox) flags(c *cobra.Command, messages int, size cli.Size) {
	m.Messages, m.Size, m.Seed = messages, size, 1
	c.Flags().IntVar(&m.Messages, "messages", m.Messages, "number of messages in the mailbox")
	c.Flags().Var(&m.Size, "size", "size of each message: 512, 8KiB, 1GiB ...")
	c.Flags().Uint64Var(&m.Seed, "seed", m.Seed, "what the messages' text is made from")
}

func (m *mailbox) validate() error {
	if err := checkMessages("--messages", m.Messages); err != nil {
		return err
	}
	if m.Size < maildrop.MinSyntheticSize || m.Size > largestSize {
		return cli.Usage("--size takes %d to %s, not %s", maildrop.MinSyntheticSize, cli.Size(largestSize), m.Size)
	}
	if int64(m.Messages) > mostOctets/int64(m.Size) {
		return cli.Usage("--messages and --size make more than %s of mail", octets(mostOctets))
	}
	return nil
}

func checkMessages(flag string, n int) error {
	if n < 1 || n > mostMessages {
		return cli.Usage("%s takes 1 to %d, not %d", flag, mostMessages, n)
	}
	return nil
}

// total is the octets of all messages.
func (m *mailbox) total() int64 { return int64(m.Messages) * int64(m.Size) }

func (m *mailbox) source() (maildrop.Source, error) {
	return maildrop.Synthetic(maildrop.SyntheticOptions{Count: m.Messages, Size: int64(m.Size), Seed: m.Seed})
}

func (m *mailbox) list() (maildrop.List, error) {
	source, err := m.source()
	if err != nil {
		return nil, err
	}
	return source.List()
}
