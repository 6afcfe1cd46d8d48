package record

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"pop3mtm/fakeserver/notation"
)

const (
	// handshakeTime limits a TLS handshake and the commands before it.
	handshakeTime = time.Minute
	// afterClient limits the time that a server may continue after the client has gone.
	afterClient = 10 * time.Second
)

// stopped is the reason for the end of a session that Close has ended.
const stopped = "the recorder was stopped"

// unwritten is the reason for the end of a session when the transcript cannot be written.
const unwritten = "the transcript could not be written"

// end is one side of a relay.
type end struct {
	conn    net.Conn
	secured bool
}

// relay is a client, its connection to the real server, and a goroutine for each direction.
type relay struct {
	proxy   *Proxy
	number  int
	started time.Time
	cancel  context.CancelFunc

	mu       sync.Mutex // guards the fields below
	ready    *sync.Cond // a reply is complete, or the server is gone
	client   end
	upstream end
	gone     bool // the server is gone
	leaving  bool // close towards the server when it has answered
	why      string
	talk     *dialogue
	secrets  secrets
	eager    bool // octets followed STLS before the handshake
	settled  bool // STLS was refused, or the handshakes are done
	loggedIn bool

	// Used only by the goroutine that reads the server.
	tail []byte // an unfinished line
	held int    // octets at the end of tail not yet sent to the client
	stls bool   // the reply has a row STLS
	log  []byte
	out  []byte
}

// run records a session and returns the reason for its end.
func (r *relay) run(ctx context.Context, implicitTLS bool) string {
	p := r.proxy
	r.check(p.out.Begin(r.number, remote(r.client.conn), r.started))
	defer context.AfterFunc(ctx, func() {
		r.ended(stopped)
		r.hangUp()
	})()
	preamble, err := r.connect(ctx, implicitTLS)
	if err != nil {
		r.refuse(ctx, err)
		r.ended(notation.ServerClosed)
	} else {
		fromClient := make(chan struct{})
		go func() {
			defer close(fromClient)
			r.ended(r.fromClient(ctx))
			r.leave()
		}()
		r.ended(r.fromServer(ctx, preamble))
		r.lose()
		r.hangUp()
		<-fromClient
	}
	r.hangUp()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.check(p.out.End(r.number, r.since(), r.why))
	return r.why
}

// remote returns the address of a client.
func remote(c net.Conn) string {
	if a := c.RemoteAddr(); a != nil {
		return a.String()
	}
	return "somewhere"
}

func (r *relay) since() time.Duration { return r.proxy.o.Now().Sub(r.started) }

// check stops the proxy if err is not nil: the transcript cannot be written.
func (r *relay) check(err error) bool {
	if err != nil {
		r.proxy.fail(err)
	}
	return err == nil
}

// ended records the reason for the end, unless one is known already.
func (r *relay) ended(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == "" {
		r.why = why
	}
	r.gone = r.gone || why != notation.ClientClosed
	r.ready.Broadcast()
}

// lose wakes all who wait for the server, which is gone.
func (r *relay) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.ready.Broadcast()
}

// hangUp closes both sides. It passes a reset on to the other side.
func (r *relay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tcp, ok := r.client.conn.(interface{ SetLinger(int) error }); ok && r.why == notation.ServerReset {
		_ = tcp.SetLinger(0) // ignore the error: the connection is being closed
	}
	r.client.conn.Close()
	if r.upstream.conn != nil {
		r.upstream.conn.Close()
	}
}

// leave closes the sending side towards the server, and gives it a moment to finish. A server may
// treat the end of TLS as the end of the connection. A client without TLS that has closed only its
// sending side first gets the replies it is waiting for.
func (r *relay) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.upstream.conn.SetReadDeadline(time.Now().Add(afterClient)) != nil {
		r.upstream.conn.Close()
		return
	}
	r.leaving = r.upstream.secured && !r.client.secured && len(r.talk.waiting) > 0
	if !r.leaving {
		r.closeHalf()
	}
}

// closeHalf closes the sending side towards the server.
func (r *relay) closeHalf() {
	r.leaving = false
	half, ok := r.upstream.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		r.upstream.conn.Close()
	}
}

// fromClient forwards lines of the client, and returns the reason for stopping.
func (r *relay) fromClient(ctx context.Context) string {
	in := bufio.NewReaderSize(r.client.conn, MaxCommand)
	to := bufio.NewWriterSize(r.upstream.conn, 32<<10)
	for {
		l, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return "the client sent too long a line"
		}
		asks, why := r.heard(l)
		if why != "" {
			return why
		}
		if asks {
			if err = r.startTLS(ctx, in, to, l); err != nil {
				return err.Error()
			}
			continue
		}
		if _, failed := to.Write(l); failed != nil {
			return broken(failed, notation.ServerClosed, notation.ServerReset)
		}
		if more, _ := in.Peek(in.Buffered()); err != nil || bytes.IndexByte(more, '\n') < 0 {
			if failed := to.Flush(); failed != nil {
				return broken(failed, notation.ServerClosed, notation.ServerReset)
			}
		}
		if err != nil {
			return broken(err, notation.ClientClosed, "the client reset the connection")
		}
	}
}

// broken returns the meaning of a connection error.
func broken(err error, closed, reset string) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return closed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return reset
	}
	return closed + ": " + err.Error()
}

// heard records a line of the client. asks reports that the recorder must answer it: STLS of a
// client without TLS. A non-empty why ends the session.
func (r *relay) heard(l []byte) (asks bool, why string) {
	if len(l) == 0 {
		return false, ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	command := notation.Command(l)
	text := r.secrets.client(r.talk, command, r.proxy.o.MaskUser)
	log := append(bytes.Clone(text), l[len(command):]...)
	switch {
	case len(r.talk.waiting) >= maxWaiting:
		return false, fmt.Sprintf("too many commands without a reply: the client has sent %d", maxWaiting)
	case !r.check(r.proxy.out.Lines(r.number, r.since(), notation.Client, log)):
		return false, unwritten
	case len(command) == len(l):
		return false, "" // the last octets of a client that has gone
	}
	t := r.talk.hear(command)
	if t.verb == "AUTH" && bytes.Contains(bytes.ToUpper(command), []byte(" SCRAM-")) {
		r.proxy.o.Log.Warn("a login by SCRAM cannot be replayed: use another login method in the client", "session", r.number)
	}
	return t.verb == "STLS" && !t.response, ""
}

// fromServer forwards output of the server, and returns the reason for stopping.
func (r *relay) fromServer(ctx context.Context, first []byte) string {
	buf := make([]byte, 32<<10)
	n := copy(buf, first)
	for {
		if n > 0 {
			out, secure, ok := r.said(buf[:n])
			if !ok {
				return unwritten
			}
			r.mu.Lock()
			client := r.client.conn
			r.mu.Unlock()
			if _, err := client.Write(out); err != nil {
				return broken(err, notation.ClientClosed, "the client reset the connection")
			}
			if secure {
				if err := r.secureBoth(ctx); err != nil {
					return err.Error()
				}
			}
		}
		var err error
		r.mu.Lock()
		server := r.upstream.conn
		r.mu.Unlock()
		if n, err = server.Read(buf); err != nil && n == 0 {
			r.rest()
			return broken(err, notation.ServerClosed, notation.ServerReset)
		}
	}
}
