//go:build js

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall/js"

	"pop3mtm/scenarios"
)

// play is a server that plays a scenario for the page. There is one connection at a time.
type play struct {
	*scenarios.Play
	page js.Value // has the methods said(text), note(text) and closed(reason)

	mu        sync.Mutex
	conn      net.Conn // nil while the page is not connected
	upgrading bool     // STLS was typed and is not answered
	typed     chan []byte
}

func newPlay(name string, page js.Value) (*play, error) {
	s, err := scenarios.Load(name)
	if err != nil {
		return nil, err
	}
	server, err := s.Server(nil)
	if err != nil {
		return nil, err
	}
	return &play{Play: server, page: page}, nil
}

// object returns the methods for the page. None of them blocks: the page has one thread.
func (p *play) object() map[string]any {
	return map[string]any{
		"connect":    method(func([]js.Value) { p.connect() }),
		"type":       method(func(args []js.Value) { p.typeLine(args[0].String()) }),
		"disconnect": method(func([]js.Value) { p.disconnect() }),
		"verdict": method(func(args []js.Value) {
			done := args[0]
			go func() { done.Invoke(p.Verdict(context.Background()).String()) }()
		}),
	}
}

func method(do func(args []js.Value)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		do(args)
		return nil
	})
}

func (p *play) connect() {
	p.disconnect()
	here, there := net.Pipe()
	p.mu.Lock()
	p.conn, p.upgrading, p.typed = here, false, make(chan []byte, 64)
	typed := p.typed
	p.mu.Unlock()
	if p.ImplicitTLS() {
		go p.ServeTLSConn(there)
	} else {
		go p.ServeConn(there)
	}
	go p.read(here, typed)
}

func (p *play) disconnect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		p.conn.Close()
		close(p.typed)
		p.conn = nil
	}
}

// typeLine sends a line; when 64 lines wait because the server does not read, more are dropped.
func (p *play) typeLine(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil {
		return
	}
	p.upgrading = strings.EqualFold(strings.TrimSpace(line), "STLS")
	select {
	case p.typed <- []byte(line + "\r\n"):
	default:
		p.page.Call("note", "the server does not read: the line was dropped")
	}
}

// read shows what the server sends on conn until that ends.
func (p *play) read(raw net.Conn, typed chan []byte) {
	conn := net.Conn(raw)
	var err error
	if p.ImplicitTLS() {
		conn, err = p.secure(conn)
	}
	go write(conn, typed)
	buffer := make([]byte, 32<<10)
	for err == nil {
		var n int
		n, err = conn.Read(buffer)
		p.page.Call("said", shown(buffer[:n]))
		if err == nil && p.answered(buffer[:n]) {
			if conn, err = p.secure(conn); err == nil {
				typed = p.rewire(typed)
				go write(conn, typed)
			}
		}
	}
	p.ended(raw, err)
}

// answered reports whether the server has agreed to begin with TLS.
func (p *play) answered(reply []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	yes := p.upgrading && strings.HasPrefix(string(reply), "+OK")
	p.upgrading = false
	return yes
}

// rewire ends the writer of the clear connection and returns the channel of the next one.
func (p *play) rewire(typed chan []byte) chan []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.typed != typed || p.conn == nil {
		return typed
	}
	close(typed)
	p.typed = make(chan []byte, 64)
	return p.typed
}

// secure begins with TLS. Whoever the certificate names is shown, not checked: a person judges.
func (p *play) secure(conn net.Conn) (net.Conn, error) {
	secured := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"})
	if err := secured.Handshake(); err != nil {
		return conn, err
	}
	state := secured.ConnectionState()
	p.page.Call("note", tls.VersionName(state.Version)+", certificate of "+strings.Join(state.PeerCertificates[0].DNSNames, ", ")+
		", until "+state.PeerCertificates[0].NotAfter.Format("2006-01-02"))
	return secured, nil
}

func (p *play) ended(conn net.Conn, err error) {
	p.mu.Lock()
	ours := p.conn == conn
	if ours {
		close(p.typed)
		p.conn = nil
	}
	p.mu.Unlock()
	conn.Close()
	switch {
	case !ours:
		p.page.Call("closed", "you closed the connection")
	case errors.Is(err, io.EOF):
		p.page.Call("closed", "the server closed the connection")
	default:
		p.page.Call("closed", "the connection ended: "+err.Error())
	}
}

// write sends what is typed, until the channel ends.
func write(conn net.Conn, typed chan []byte) {
	for line := range typed {
		if _, err := conn.Write(line); err != nil {
			return // read says why
		}
	}
}

// shown makes octets visible that are not text.
func shown(octets []byte) string {
	var b strings.Builder
	for _, c := range octets {
		switch {
		case c == '\n' || c >= ' ' && c < 0x7f || c == '\t':
			b.WriteByte(c)
		case c == '\r':
			b.WriteString("␍")
		default:
			b.WriteString("\\x")
			b.WriteByte("0123456789abcdef"[c>>4])
			b.WriteByte("0123456789abcdef"[c&15])
		}
	}
	return b.String()
}
