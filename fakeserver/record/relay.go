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
	// handshakeTime is how long a TLS handshake may take, and the way to it.
	handshakeTime = time.Minute
	// afterClient is how long a server may go on when the client is gone.
	afterClient = 10 * time.Second
)

// stopped is why a session ends that Close cuts off.
const stopped = "the recorder was stopped"

// unwritten is why a session ends when the transcript cannot go on.
const unwritten = "the transcript could not be written"

// end is one side of a relay.
type end struct {
	conn    net.Conn
	secured bool
}

// relay is one client, the connection to the real server that is made for it, and
// a goroutine for each direction.
type relay struct {
	proxy   *Proxy
	number  int
	started time.Time
	cancel  context.CancelFunc

	mu       sync.Mutex // of all below
	ready    *sync.Cond // a reply was whole, or the server is gone
	client   end
	upstream end
	gone     bool // the server
	leaving  bool // the server hears that the client has gone when it has answered
	why      string
	talk     *dialogue
	secrets  secrets
	eager    bool // octets follow STLS
	settled  bool // STLS was refused, or the handshakes are over
	loggedIn bool

	// Of the goroutine that reads the server.
	tail []byte // a line that has no end yet
	held int    // octets at its end that the client has not got
	stls bool   // the reply had a row STLS
	log  []byte
	out  []byte
}

// run records a session and says why it ended.
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

// remote returns where a client is.
func remote(c net.Conn) string {
	if a := c.RemoteAddr(); a != nil {
		return a.String()
	}
	return "somewhere"
}

func (r *relay) since() time.Duration { return r.proxy.o.Now().Sub(r.started) }

// check stops the proxy when the transcript cannot be written.
func (r *relay) check(err error) bool {
	if err != nil {
		r.proxy.fail(err)
	}
	return err == nil
}

// ended keeps the first reason for the end.
func (r *relay) ended(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == "" {
		r.why = why
	}
	r.gone = r.gone || why != notation.ClientClosed
	r.ready.Broadcast()
}

// lose lets nobody wait for the server any more.
func (r *relay) lose() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = true
	r.ready.Broadcast()
}

// hangUp closes both sides. A reset is handed on as one.
func (r *relay) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if tcp, ok := r.client.conn.(interface{ SetLinger(int) error }); ok && r.why == notation.ServerReset {
		_ = tcp.SetLinger(0) // the connection is given up
	}
	r.client.conn.Close()
	if r.upstream.conn != nil {
		r.upstream.conn.Close()
	}
}

// leave tells the server that the client says no more, and gives it a moment to
// finish. A server may take the end of TLS for the end of all; a client without TLS
// that has only closed its half hears first what it has asked for.
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

// closeHalf ends what the server hears.
func (r *relay) closeHalf() {
	r.leaving = false
	half, ok := r.upstream.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		r.upstream.conn.Close()
	}
}

// fromClient hands lines of the client on, and says why it stopped.
func (r *relay) fromClient(ctx context.Context) string {
	in := bufio.NewReaderSize(r.client.conn, MaxCommand)
	to := bufio.NewWriterSize(r.upstream.conn, 32<<10)
	for {
		l, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return "the client sent a line that is too long"
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

// broken says what an error of a connection means.
func broken(err error, closed, reset string) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return closed
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return reset
	}
	return closed + ": " + err.Error()
}

// heard writes down what the client sent, and says whether the recorder has to
// do with it: STLS of a client that has no TLS yet. why ends the session.
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
		return false, fmt.Sprintf("the client has sent %d commands that the server has not answered", maxWaiting)
	case !r.check(r.proxy.out.Lines(r.number, r.since(), notation.Client, log)):
		return false, unwritten
	case len(command) == len(l):
		return false, "" // the last words of a client that has gone
	}
	t := r.talk.hear(command)
	if t.verb == "AUTH" && bytes.Contains(bytes.ToUpper(command), []byte(" SCRAM-")) {
		r.proxy.o.Log.Warn("a login by SCRAM cannot be replayed: let the client log in by another way", "session", r.number)
	}
	return t.verb == "STLS" && !t.response, ""
}

// fromServer hands what the server says on, and says why it stopped.
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
