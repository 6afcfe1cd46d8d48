package servers

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/numbers"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm/account"
)

const sendName = "bare-send"

// SyncEvery is the number of messages after which bare programs sync their file.
const SyncEvery = 1000

// LargestSent limits the octets of the bare sender, which keeps all mail in memory.
const LargestSent = 2 << 30

// sendSpec is the task of the bare sender.
type sendSpec struct {
	Mailbox workload.Mailbox `json:"mailbox"`
	TLS     account.TLS      `json:"tls"` // any kind begins with the first octet
	CA      string           `json:"ca"`  // file for the authority of its certificate
}

// SendCommand returns the hidden command that runs the bare sender. It prints its address as other
// servers do. To each connection it sends the length of SyncEvery messages, then all messages.
func SendCommand() *cobra.Command {
	return child.Command(sendName, "Sends the mailbox of one trial without a protocol", func(ctx context.Context, s *sendSpec, stdout io.Writer) error {
		list, err := s.Mailbox.List()
		if err != nil {
			return err
		}
		if list.Octets() > LargestSent {
			return fmt.Errorf("the bare sender keeps all mail in memory: use at most %s of mail", numbers.Octets(LargestSent))
		}
		mail := make([]byte, 0, list.Octets())
		for i := range list.Len() {
			m, mailErr := maildrop.Read(list.At(i))
			if mailErr != nil {
				return mailErr
			}
			mail = append(mail, m...)
		}
		wrap, err := s.encryption()
		if err != nil {
			return err
		}
		return send(ctx, mail, int64(len(mail)*SyncEvery/list.Len()), wrap, stdout)
	})
}

// encryption returns the function that begins TLS on a connection, or leaves it as it is.
func (s *sendSpec) encryption() (func(net.Conn) net.Conn, error) {
	if !Encrypts(s.TLS) {
		return func(conn net.Conn) net.Conn { return conn }, nil
	}
	ca := fixtures.NewCA()
	config := ca.Server()
	return func(conn net.Conn) net.Conn { return tls.Server(conn, config) }, os.WriteFile(s.CA, ca.PEM(), 0o600)
}

func send(ctx context.Context, mail []byte, syncAt int64, wrap func(net.Conn) net.Conn, stdout io.Writer) error {
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
		conn = wrap(conn)
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
