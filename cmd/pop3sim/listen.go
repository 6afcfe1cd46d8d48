package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/record"
	"pop3mtm/fakeserver/smtpsink"
)

const defaultAddress = "127.0.0.1:1110"

// addresses holds the addresses to listen on; "" turns a listener off.
type addresses struct{ pop3, pop3s, smtp, http string }

// port is an address and the flag that sets it.
type port struct{ flag, address string }

func (a addresses) ports() [4]port {
	return [...]port{{"--pop3", a.pop3}, {"--pop3s", a.pop3s}, {"--smtp", a.smtp}, {"--http", a.http}}
}

// check returns an error for addresses on which nothing can listen.
func (a addresses) check() error {
	if a.pop3 == "" && a.pop3s == "" {
		return cli.Usage("nothing to listen on: --pop3 and --pop3s take HOST:PORT such as %s", defaultAddress)
	}
	for _, p := range a.ports() {
		if p.address == "" {
			continue
		}
		if err := checkAddress(p.flag, p.address); err != nil {
			return err
		}
	}
	return nil
}

// listeners holds the open ports; a port that is off is nil.
type listeners struct {
	pop3, pop3s, smtp, http net.Listener
}

// open opens all ports, or none.
func (a addresses) open(ctx context.Context) (listeners, error) {
	var l listeners
	to := [...]*net.Listener{&l.pop3, &l.pop3s, &l.smtp, &l.http}
	for i, p := range a.ports() {
		if p.address == "" {
			continue
		}
		bound, err := listen(ctx, p.flag, p.address)
		if err != nil {
			l.close()
			return listeners{}, err
		}
		*to[i] = bound
	}
	return l, nil
}

// pop3Server is a server for the POP3 ports.
type pop3Server interface {
	Serve(l net.Listener) error
	ServeTLS(l net.Listener) error
	Shutdown(ctx context.Context) error
}

// serve runs the servers on the ports. When a server stops, its error is sent to the channel.
func (l listeners) serve(server pop3Server, sink *smtpsink.Server, pages *web) (served chan error, count int) {
	served = make(chan error, 4)
	run := func(port net.Listener, serve func(net.Listener) error) {
		if port != nil {
			count++
			go func() { served <- serve(port) }()
		}
	}
	run(l.pop3, server.Serve)
	run(l.pop3s, server.ServeTLS)
	if sink != nil {
		run(l.smtp, sink.Serve)
	}
	if pages != nil {
		run(l.http, pages.Serve)
	}
	return served, count
}

// until runs a POP3 server on its ports until done is closed, the context ends or the server fails.
func (l listeners) until(ctx context.Context, server pop3Server, done <-chan struct{}) error {
	served, running := l.serve(server, nil, nil)
	var err error
	select {
	case err = <-served:
		running--
	case <-done:
	case <-ctx.Done():
	}
	err = stopped(err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if end := shutdown(ctx, server); err == nil {
		err = end
	}
	for range running {
		if end := stopped(<-served); err == nil {
			err = end
		}
	}
	return err
}

func (l listeners) addresses() listening {
	address := func(port net.Listener) string {
		if port == nil {
			return ""
		}
		return port.Addr().String()
	}
	return listening{POP3: address(l.pop3), POP3S: address(l.pop3s), SMTP: address(l.smtp), HTTP: address(l.http)}
}

// checkAddress returns an error for a text that is not an address to listen on.
func checkAddress(flag, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return cli.Usage("%s takes HOST:PORT such as %s, not %q", flag, defaultAddress, address)
	}
	return nil
}

// listen opens a port. Its errors say what to do.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	// The inactivity timer detects lost clients; keep-alive would cost every session four system
	// calls.
	config := net.ListenConfig{KeepAlive: -1}
	l, err := config.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case isInUse(err):
		return nil, fmt.Errorf("%s is in use; choose another with %s 127.0.0.1:0", address, flag)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("no permission to listen on %s; choose a port above 1023 with %s", address, flag)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with %s", address, err, flag)
}

// reachable returns the address that a client on this machine dials, and whether other machines can
// reach it too.
func reachable(address net.Addr) (dial string, public bool) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || tcp.IP.IsLoopback() {
		return address.String(), false
	}
	if tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port)), true
	}
	return address.String(), true
}

// hostOf returns the host of the first address that is on.
func hostOf(addresses ...string) string {
	for _, a := range addresses {
		if host, _, err := net.SplitHostPort(a); err == nil {
			return host
		}
	}
	return ""
}

// forClients returns the addresses as clients on this machine dial them.
func (l listeners) forClients() (a control.Addresses) {
	for _, port := range []struct {
		bound net.Listener
		to    *string
	}{{l.pop3, &a.POP3}, {l.pop3s, &a.POP3S}, {l.smtp, &a.SMTP}} {
		if port.bound != nil {
			*port.to, _ = reachable(port.bound.Addr())
		}
	}
	return a
}

// String returns the addresses in words.
func (l listeners) String() string {
	var all []string
	for _, port := range []net.Listener{l.pop3, l.pop3s} {
		if port != nil {
			address, _ := reachable(port.Addr())
			all = append(all, address)
		}
	}
	if l.pop3s != nil {
		all[len(all)-1] += " (TLS)"
	}
	return strings.Join(all, " and ")
}

// close closes ports on which nothing was served.
func (l listeners) close() {
	for _, port := range []net.Listener{l.pop3, l.pop3s, l.smtp, l.http} {
		if port != nil {
			port.Close()
		}
	}
}

// warn prints which ports other machines can reach.
func warn(text *strings.Builder, ports listeners, requireTLS bool) {
	for _, l := range []net.Listener{ports.pop3, ports.pop3s, ports.smtp, ports.http} {
		if l == nil {
			continue
		}
		if _, public := reachable(l.Addr()); !public {
			continue
		}
		fmt.Fprintf(text, "pop3sim: warning: other machines can reach %s", l.Addr())
		switch {
		case l == ports.http:
			text.WriteString("; the token crosses the network in the clear")
		case l != ports.pop3s && !requireTLS:
			text.WriteString(", and passwords cross the network in the clear")
		}
		text.WriteString("\n")
	}
}

// grace is the time that open sessions may continue after the signal to stop, without --drain.
const grace = time.Second

// shutdown stops the server; open sessions may go on until ctx ends.
func shutdown(ctx context.Context, server interface{ Shutdown(context.Context) error }) error {
	err := server.Shutdown(ctx)
	// Rules of a scenario that have not fired are reported by verdict, not here.
	_, unmet := errors.AsType[*fakeserver.UnmetError](err)
	if unmet || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func stopped(err error) error {
	if errors.Is(err, fakeserver.ErrClosed) || errors.Is(err, record.ErrClosed) || errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
