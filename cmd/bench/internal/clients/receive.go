package clients

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/spf13/cobra"

	"pop3mtm/cmd/bench/internal/child"
	"pop3mtm/cmd/bench/internal/servers"
)

const receiveName = "bare-receive"

// ReceiveCommand returns the hidden command that receives mail from the bare sender.
func ReceiveCommand() *cobra.Command {
	return child.Command(receiveName, "Receives the mailbox of one trial without a protocol", func(ctx context.Context, s *bareSpec, _ io.Writer) (err error) {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", s.Login.Address())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }() // nothing was written to it
		if servers.Encrypts(s.Login.Security.TLS) {
			config, err := s.Login.TLS()
			if err != nil {
				return err
			}
			conn = tls.Client(conn, config)
		}
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
		return errors.New("the bare sender sent an invalid length")
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
