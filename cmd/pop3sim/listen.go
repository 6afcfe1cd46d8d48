package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/smtpsink"
)

// listeners are the ports that are open; one that is off is nil.
type listeners struct {
	pop3, pop3s, smtp net.Listener
}

// open opens all ports, or none.
func open(ctx context.Context, pop3, pop3s, smtp string) (listeners, error) {
	var l listeners
	var opened []net.Listener
	for _, port := range []struct {
		flag, address string
		to            *net.Listener
	}{{"--pop3", pop3, &l.pop3}, {"--pop3s", pop3s, &l.pop3s}, {"--smtp", smtp, &l.smtp}} {
		if port.address == "" {
			continue
		}
		bound, err := listen(ctx, port.flag, port.address)
		if err != nil {
			for _, o := range opened {
				_ = o.Close() // it was not used
			}
			return listeners{}, err
		}
		*port.to = bound
		opened = append(opened, bound)
	}
	return l, nil
}

// pop3Server is what the POP3 ports are for.
type pop3Server interface {
	Serve(l net.Listener) error
	ServeTLS(l net.Listener) error
	Shutdown(ctx context.Context) error
}

// serve runs the servers on the ports. The channel gets the error of each when it stops.
func (l listeners) serve(server pop3Server, sink *smtpsink.Server) (served chan error, count int) {
	served = make(chan error, 3)
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
	return served, count
}

// until runs a POP3 server on its ports until it has done, the context ends or it fails.
func (l listeners) until(ctx context.Context, server pop3Server, done <-chan struct{}) error {
	served, running := l.serve(server, nil)
	var err error
	select {
	case err = <-served:
		running--
	case <-done:
	case <-ctx.Done():
	}
	err = stopped(err)
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
	return listening{POP3: address(l.pop3), POP3S: address(l.pop3s), SMTP: address(l.smtp)}
}

func checkAddresses(pop3, pop3s, smtp string) error {
	if pop3 == "" && pop3s == "" {
		return cli.Usage("nothing to listen on: --pop3 and --pop3s take HOST:PORT such as %s", defaultAddress)
	}
	for flag, address := range map[string]string{"--pop3": pop3, "--pop3s": pop3s, "--smtp": smtp} {
		if address == "" {
			continue
		}
		if err := checkAddress(flag, address); err != nil {
			return err
		}
	}
	return nil
}

// checkAddress refuses what cannot be an address to listen on, whatever the network says.
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

// listen opens the port; its errors say what to do.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	// The inactivity timer finds a client that is gone; keep-alive would cost every session four
	// system calls.
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

// reachable is address as a client on this machine would dial it, and whether other machines can
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

// close gives up ports that nothing was served on.
func (l listeners) close() {
	for _, port := range []net.Listener{l.pop3, l.pop3s, l.smtp} {
		if port != nil {
			port.Close()
		}
	}
}
