package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/fakeserver/maildrop"
)

const (
	sendName    = "bare-send"
	receiveName = "bare-receive"
)

// largestSent is how many octets the sender makes before it listens: what it sends must cost nothing to make.
const largestSent = 2 << 30

// newSend is the sender of the machine's limit: it makes the whole mailbox, says where it listens as a server does, and
// sends to each connection how many octets 1,000 messages have, and the messages one after another.
func newSend() *cobra.Command {
	return specCommand(sendName, "Sends the mailbox of one trial without a protocol", func(ctx context.Context, box *mailbox, stdout io.Writer) error {
		list, err := box.list()
		if err != nil {
			return err
		}
		if list.Octets() > largestSent {
			return fmt.Errorf("the bare sender keeps all mail in memory, and takes %s at most", octets(largestSent))
		}
		mail := make([]byte, 0, list.Octets())
		for i := range list.Len() {
			m, err := maildrop.Read(list.At(i))
			if err != nil {
				return err
			}
			mail = append(mail, m...)
		}
		return send(ctx, mail, int64(len(mail)*syncEvery/list.Len()), stdout)
	})
}

func send(ctx context.Context, mail []byte, syncAt int64, stdout io.Writer) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	if _, err := fmt.Fprintf(stdout, "{\"pop3\":%q}\n", l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		unblock := context.AfterFunc(ctx, func() { _ = conn.Close() })
		_, err = conn.Write(binary.BigEndian.AppendUint64(nil, uint64(syncAt)))
		if err == nil {
			_, err = conn.Write(mail)
		}
		unblock()
		if err = errors.Join(err, conn.Close()); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// newReceive is the other side: it appends what comes to a file, and syncs it for every 1,000 messages.
func newReceive() *cobra.Command {
	return specCommand(receiveName, "Receives the mailbox of one trial without a protocol", func(ctx context.Context, s *bareSpec, _ io.Writer) (err error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", s.Login.address())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // all has come, or it is given up
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		return s.into(func(out bareSink) error { return receive(conn, out) })
	})
}

func receive(conn io.Reader, f bareSink) error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	syncAt := int64(binary.BigEndian.Uint64(head))
	if syncAt < 1 {
		return errors.New("the sender makes no sense")
	}
	f.begin(time.Now())
	buffer := make([]byte, 1<<20)
	for unsynced := int64(0); ; {
		n, err := conn.Read(buffer)
		if _, failed := f.Write(buffer[:n]); failed != nil {
			return failed
		}
		if unsynced += int64(n); unsynced >= syncAt {
			unsynced -= syncAt
			if failed := f.Sync(); failed != nil {
				return failed
			}
		}
		if err == io.EOF {
			f.end(time.Now())
			return nil
		}
		if err != nil {
			return err
		}
	}
}
