package pop3_test

import (
	"bufio"
	"context"
	"fmt"
	"net"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

// A peer is a server that follows a list of steps: say sends octets, hear expects a command line,
// anything expects some octets, and hangUp closes the connection.
type (
	say      string
	hear     string
	anything string
	hangUp   struct{}
	flood    string // sent again and again until the client closes the connection
)

// play runs the list at one end of a pipe and returns the other. Afterwards it checks that the
// whole list was played and that the client closed the connection.
func play(steps ...any) net.Conn {
	GinkgoHelper()
	client, server := net.Pipe()
	done := make(chan error, 1)
	go func() {
		defer server.Close()
		done <- follow(server, steps)
	}()
	DeferCleanup(func() {
		_ = client.Close()
		Expect(<-done).To(Succeed())
	})
	return client
}

func follow(conn net.Conn, steps []any) error {
	in := bufio.NewReader(conn)
	for i, step := range steps {
		switch step := step.(type) {
		case say:
			if _, err := conn.Write([]byte(step)); err != nil {
				return fmt.Errorf("step %d: say %.40q: %w", i, step, err)
			}
		case flood:
			for {
				if _, err := conn.Write([]byte(step)); err != nil {
					return nil
				}
			}
		case hear:
			line, err := in.ReadString('\n')
			if line != string(step)+"\r\n" {
				return fmt.Errorf("step %d: heard %q (%v), want %q", i, line, err, step)
			}
		case anything:
			if _, err := conn.Read(make([]byte, 16<<10)); err != nil {
				return fmt.Errorf("step %d: %s: %w", i, step, err)
			}
		case hangUp:
			return conn.Close()
		}
	}
	if rest, _ := in.ReadString('\n'); rest != "" {
		return fmt.Errorf("heard %q after the last step", rest)
	}
	return nil
}

// open returns a session with such a peer, which sends a greeting first.
func open(steps ...any) *pop3.Session {
	GinkgoHelper()
	return openWith(nil, steps...)
}

func openWith(o *pop3.Options, steps ...any) *pop3.Session {
	GinkgoHelper()
	s, err := pop3.NewSession(context.Background(), play(append([]any{say("+OK hello <1.2@host>\r\n")}, steps...)...), o)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(s.Close)
	return s
}

// spoiled expects err to be the first error of a spoiled session, which later calls return too.
func spoiled(ctx context.Context, s *pop3.Session, err error) {
	GinkgoHelper()
	Expect(err).To(HaveOccurred())
	Expect(s.Err()).To(BeIdenticalTo(err))
	Expect(s.Noop(ctx)).To(BeIdenticalTo(err))
	_, again := s.Stat(ctx)
	Expect(again).To(BeIdenticalTo(err))
	Expect(s.RetrAll(ctx, []int{1}, nil)).To(BeIdenticalTo(err))
}
