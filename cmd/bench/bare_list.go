package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"pop3mtm/fakeserver/maildrop"
)

// bareListing is the client, and what results call its server: it asks STAT, LIST and UIDL as ours does when it looks at a
// mailbox, and makes nothing of the answers. What ours costs more is what it costs beyond the wire.
const bareListing = "bare listing"

const listCommand = "bare-list"

type lister struct{ bench string }

// listings are the sums of what came.
type listings struct {
	Messages int     `json:"messages"` // that STAT tells
	List     bareSum `json:"list"`
	Uidl     bareSum `json:"uidl"`
}

func (lister) version(context.Context) (string, error) {
	return "built into the bench: STAT, LIST and UIDL, and a CRC-32C of the answers", nil
}

func (lister) prepare(context.Context, login, string, job) error { return nil }

func (b lister) fetch(ctx context.Context, l login, dir string, _ job, _ func(int64)) error {
	return runSpec(ctx, []string{b.bench, listCommand}, bareListing, bareSpec{Login: l, File: bareFile(dir)}, func(stdout io.Reader) error {
		_, err := io.Copy(io.Discard, stdout)
		return err
	})
}

func (lister) verify(_ context.Context, dir string, served maildrop.List, _ job) (kept, error) {
	text, err := os.ReadFile(bareFile(dir))
	if err != nil {
		return kept{}, err
	}
	var got listings
	if err := json.Unmarshal(text, &got); err != nil {
		return kept{}, err
	}
	return kept{Messages: served.Len()}, got.same(served)
}

// newList is the bare listing of one visit.
func newList() *cobra.Command {
	return specCommand(listCommand, "Lists the mailbox of one trial", func(ctx context.Context, s *bareSpec, _ io.Writer) error {
		session, err := dialBare(ctx, s.Login, 1<<20)
		if err != nil {
			return err
		}
		defer session.close()
		found, err := session.list()
		if err == nil {
			_, err = session.ask("QUIT")
		}
		if err != nil {
			return err
		}
		text, err := json.Marshal(found)
		if err != nil {
			return err
		}
		return os.WriteFile(s.File, text, 0o600)
	})
}

// list asks for all that a mailbox lists.
func (s *bareSession) list() (*listings, error) {
	messages, err := s.count()
	list, uidl := newSum(), newSum()
	if err == nil {
		err = s.fetch("LIST", list)
	}
	if err == nil {
		err = s.fetch("UIDL", uidl)
	}
	return &listings{messages, list.bareSum, uidl.bareSum}, err
}

// fetch asks for a reply of several lines.
func (s *bareSession) fetch(command string, w io.Writer) error {
	if _, err := s.ask(command); err != nil {
		return err
	}
	return s.body(w)
}

// same compares the sums of listings with those of the rows that they must have.
func (l *listings) same(served maildrop.List) error {
	if l.Messages != served.Len() {
		return fmt.Errorf("STAT told of %s, served were %d", count(l.Messages, "message"), served.Len())
	}
	err := sameListing("LIST", l.List, served, func(row []byte, m maildrop.Message) []byte { return strconv.AppendInt(row, m.Size(), 10) })
	if err != nil {
		return err
	}
	return sameListing("UIDL", l.Uidl, served, func(row []byte, m maildrop.Message) []byte { return append(row, m.UID()...) })
}

func sameListing(verb string, got bareSum, served maildrop.List, value func([]byte, maildrop.Message) []byte) error {
	want := newSum()
	const rows = 64 << 10
	block := make([]byte, 0, rows+1<<10)
	for i := range served.Len() {
		block = append(strconv.AppendInt(block, int64(i+1), 10), ' ')
		block = append(value(block, served.At(i)), "\r\n"...)
		if len(block) > rows || i == served.Len()-1 {
			_, _ = want.Write(block) // a sum takes everything
			block = block[:0]
		}
	}
	if got != want.bareSum {
		return fmt.Errorf("%s gave %d octets with the CRC-32C %08x, and should give %d with %08x", verb, got.Octets, got.CRC, want.Octets, want.CRC)
	}
	return nil
}
