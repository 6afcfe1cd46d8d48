package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"pop3mtm/fakeserver/maildrop"
)

// Mailbox is a synthetic mailbox that scripts compare mail with.
type Mailbox struct {
	Messages int `js:"messages"`

	seed uint64
	list maildrop.List
}

// synthetic returns a mailbox: synthetic("1000,size=8KiB,seed=7"), as pop3sim serve --synthetic has
// it. It takes no memory for the messages.
func (m *module) synthetic(c call) (any, error) {
	if err := c.most(1); err != nil {
		return nil, err
	}
	text, err := c.text(0, "the mailbox")
	if err != nil {
		return nil, err
	}
	o, err := maildrop.ParseSynthetic(text)
	if err != nil {
		return nil, err
	}
	count := o.Count
	if o.Arrive > 0 { // each message is a function of its number, whether it has arrived or not
		o.Count = maildrop.MostSynthetic
	}
	source, err := maildrop.Synthetic(o)
	if err != nil {
		return nil, err
	}
	list, err := source.List()
	if err != nil {
		return nil, err
	}
	return &Mailbox{Messages: count, seed: o.Seed, list: list}, nil
}

// identify finds which messages of the mailbox the session has, by their unique-ids: a mailbox from
// which mail was deleted has other numbers. It keeps 4 octets a message.
func (s *Session) identify(ctx context.Context, box *Mailbox) error {
	if s.ids != nil {
		return nil
	}
	rows, err := s.uidl(ctx)
	if err != nil {
		return err
	}
	s.ids = make([]int32, len(rows))
	for _, row := range rows {
		if row.Number >= 1 && row.Number <= len(rows) {
			s.ids[row.Number-1] = numberIn(row.UID, box.seed)
		}
	}
	return nil
}

// comparer compares messages with those of a mailbox, octet by octet, as they arrive.
type comparer struct {
	box  *Mailbox
	ids  []int32
	body io.ReadCloser
	buf  []byte
	at   int64 // octets that were equal
	err  error
}

var (
	errForeign = errors.New("its unique-id is not of the synthetic mailbox")
	errLonger  = errors.New("it is longer than the message of the synthetic mailbox")
)

// begin prepares for message n of the session, also when it comes a second time.
func (c *comparer) begin(n int) {
	c.close()
	if c.buf == nil {
		c.buf = make([]byte, 32<<10)
	}
	c.at, c.err = 0, errForeign
	if n > len(c.ids) || c.ids[n-1] < 1 || int(c.ids[n-1]) > c.box.list.Len() {
		return
	}
	c.body, c.err = c.box.list.At(int(c.ids[n-1]) - 1).Open()
}

// Write implements io.Writer. It never fails, so that the message is read to its end.
func (c *comparer) Write(p []byte) (int, error) {
	for rest := p; c.err == nil && len(rest) > 0; {
		n, err := io.ReadFull(c.body, c.buf[:min(len(rest), len(c.buf))])
		if at := differs(rest[:n], c.buf[:n]); at >= 0 {
			c.err = fmt.Errorf("octet %d differs from the synthetic mailbox", c.at+int64(at))
			break
		}
		c.at += int64(n)
		rest = rest[n:]
		if err != nil && len(rest) > 0 {
			c.err = errLonger
		}
	}
	return len(p), nil
}

// end returns what was wrong with the message, nil for nothing.
func (c *comparer) end(octets int64) error {
	if c.err != nil {
		return c.err
	}
	if n, _ := io.ReadFull(c.body, c.buf[:1]); n > 0 {
		return fmt.Errorf("it ends after %d octets, and the message of the synthetic mailbox goes on", octets)
	}
	return nil
}

// close releases the message of the mailbox; c may be nil.
func (c *comparer) close() {
	if c != nil && c.body != nil {
		_ = c.body.Close() // it was only read
		c.body = nil
	}
}

// differs returns where two slices of one length first differ, or -1.
func differs(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}
