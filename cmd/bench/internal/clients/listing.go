package clients

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/tasks"
	"pop3mtm/fakeserver/maildrop"
)

// ListingName is the name of Lister in results.
const ListingName = "bare listing"

const listCommand = "bare-list"

// Lister is a client that sends STAT, LIST and UIDL, as our client does to refresh a mailbox, and
// discards the replies. Our client's cost minus that of Lister is its cost beyond the wire.
type Lister struct{}

// Listings holds the checksums of the replies.
type Listings struct {
	Messages int `json:"messages"` // in the reply to STAT
	List     Sum `json:"list"`
	Uidl     Sum `json:"uidl"`
}

// Kind implements Client.
func (*Lister) Kind() string { return "lister" }

// Name implements Client.
func (*Lister) Name() string { return ListingName }

// Version implements Client.
func (*Lister) Version(context.Context) (string, error) {
	return "built into the bench: STAT, LIST and UIDL, and a CRC-32C of the replies", nil
}

// Prepare implements Client.
func (*Lister) Prepare(context.Context, *Visit) error { return nil }

// Fetch implements Client.
func (*Lister) Fetch(ctx context.Context, v *Visit) error {
	return RunProgram(ctx, listCommand, ListingName, bareSpec{Login: v.Login, File: bareFile(v.Dir)})
}

// Verify implements Client.
func (*Lister) Verify(_ context.Context, v *Visit, served maildrop.List) (tasks.Kept, error) {
	var got Listings
	if err := ReadJSON(bareFile(v.Dir), &got); err != nil {
		return tasks.Kept{}, err
	}
	return tasks.Kept{Messages: served.Len()}, got.Same(served)
}

// ListCommand returns the hidden command that runs a Lister.
func ListCommand() *cobra.Command {
	return child.Command(listCommand, "Lists the mailbox of one trial", func(ctx context.Context, s *bareSpec, _ io.Writer) error {
		session, err := Dial(ctx, s.Login, 1<<20)
		if err != nil {
			return err
		}
		defer session.Close()
		found, err := session.List()
		if err == nil {
			_, err = session.Ask("QUIT")
		}
		if err != nil {
			return err
		}
		return WriteJSON(s.File, found)
	})
}

// List sends STAT, LIST and UIDL.
func (s *Session) List() (*Listings, error) {
	messages, err := s.Count()
	list, uidl := newSum(), newSum()
	if err == nil {
		err = s.Fetch("LIST", list)
	}
	if err == nil {
		err = s.Fetch("UIDL", uidl)
	}
	return &Listings{messages, list.Sum, uidl.Sum}, err
}

// Fetch sends a command and writes the lines of its multi-line reply to w.
func (s *Session) Fetch(command string, w io.Writer) error {
	if _, err := s.Ask(command); err != nil {
		return err
	}
	return s.body(w)
}

// Same returns an error unless the checksums are those of the correct replies.
func (l *Listings) Same(served maildrop.List) error {
	if l.Messages != served.Len() {
		return fmt.Errorf("STAT reports %s, but %d were served", numbers.Count(l.Messages, "message"), served.Len())
	}
	err := sameListing("LIST", l.List, served, func(row []byte, m maildrop.Message) []byte { return strconv.AppendInt(row, m.Size(), 10) })
	if err != nil {
		return err
	}
	return sameListing("UIDL", l.Uidl, served, func(row []byte, m maildrop.Message) []byte { return append(row, m.UID()...) })
}

func sameListing(verb string, got Sum, served maildrop.List, value func([]byte, maildrop.Message) []byte) error {
	want := newSum()
	const rows = 64 << 10
	block := make([]byte, 0, rows+1<<10)
	for i := range served.Len() {
		block = append(strconv.AppendInt(block, int64(i+1), 10), ' ')
		block = append(value(block, served.At(i)), "\r\n"...)
		if len(block) > rows || i == served.Len()-1 {
			_, _ = want.Write(block) // a checksum never fails to write
			block = block[:0]
		}
	}
	if got != want.Sum {
		return fmt.Errorf("%s returned %d octets with the CRC-32C %08x instead of %d with %08x", verb, got.Octets, got.CRC, want.Octets, want.CRC)
	}
	return nil
}
