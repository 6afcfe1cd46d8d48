package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/emersion/go-smtp"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
)

// The envelope of every message.
const (
	benchSender    = "ann@example.org"
	benchRecipient = "ben@example.org"
)

// sender sends the same mail in both ways to a server that is new for each run.
type sender struct {
	mail [][]byte
	line line
	dir  string
}

func (x *sending) run(ctx context.Context, stderr io.Writer) (_ *sends, err error) {
	dir, err := os.MkdirTemp(x.dir, "bench-send-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s := &sender{line: line{RoundTrip: x.roundTrip}, dir: dir}
	list, err := x.box.list()
	if err != nil {
		return nil, err
	}
	for i := range list.Len() {
		raw, err := maildrop.Read(list.At(i))
		if err != nil {
			return nil, err
		}
		s.mail = append(s.mail, raw)
	}
	bar := cli.NewBar(stderr, "sending", cli.Messages, int64(2*x.runs*len(s.mail)))
	defer bar.Close()
	found := &sends{Benchmark: "send", Machine: thisMachine(), Mailbox: x.box, RoundTrip: x.roundTrip}
	for i := range x.runs {
		for _, way := range []struct {
			run  func(context.Context, string) (time.Duration, error)
			into *[]float64
		}{{s.autosend, &found.Autosend}, {s.loop, &found.Loop}} {
			took, err := s.measure(ctx, way.run)
			if n := len(found.Loop); ctx.Err() != nil && n > 0 {
				found.Autosend, found.Stopped = found.Autosend[:n], part(n, x.runs, "run")
				found.conclude()
				return found, context.Cause(ctx)
			}
			if err != nil {
				return nil, err
			}
			*way.into = append(*way.into, took.Seconds())
			bar.Set(int64((2*i+len(found.Loop)-i+1)*len(s.mail)), int64(2*x.runs*len(s.mail)))
		}
	}
	found.conclude()
	return found, nil
}

// measure starts a server, sends all mail to it in one way, and compares what it has.
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
	if s.line != (line{}) {
		between, failed := startRelay(ctx, address, s.line, nil)
		if failed != nil {
			return 0, failed
		}
		defer func() { err = errors.Join(err, between.close()) }()
		address = between.address
	}
	if took, err = run(ctx, address); err != nil {
		return 0, err
	}
	return took, s.compare(sink.Messages())
}

func (s *sender) compare(got []smtpsink.Message) error {
	if len(got) != len(s.mail) {
		return fmt.Errorf("the server has %d messages of %d", len(got), len(s.mail))
	}
	for i, m := range got {
		if m.From != benchSender || len(m.Recipients) != 1 || m.Recipients[0] != benchRecipient || !bytes.Equal(m.Data, s.mail[i]) {
			return fmt.Errorf("message %d is not what was sent", i+1)
		}
	}
	return nil
}

// loop is go-smtp's SendMail for each message, over a connection of its own. The function of that name would want STARTTLS.
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
			_ = c.Close() // the first error says what is wrong
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
		err = fmt.Errorf("autosend sent %d messages of %d", result.Sent, len(s.mail))
	}
	return took, err
}

// fill makes the account and its Outbox, and gives the SMTP service.
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
	if _, err = mtm.AddAccount(ctx, st, accountName, settings); err != nil {
		return 0, err
	}
	a, err := mtm.FindAccount(ctx, st, accountName)
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
