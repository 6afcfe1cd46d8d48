package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
)

// listeners are the ports that are open; one that is off is nil.
type listeners struct {
	pop3, pop3s, smtp net.Listener
}

// open opens all ports, or none.
func (f *serveFlags) open(ctx context.Context) (listeners, error) {
	var l listeners
	var opened []net.Listener
	for _, port := range []struct {
		flag, address string
		to            *net.Listener
	}{{"--pop3", f.pop3, &l.pop3}, {"--pop3s", f.pop3s, &l.pop3s}, {"--smtp", f.smtp, &l.smtp}} {
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

// serve runs the servers on the ports. The channel gets the error of each when it stops.
func (l listeners) serve(server *fakeserver.Server, sink *smtpsink.Server) (served chan error, count int) {
	served = make(chan error, 3)
	run := func(port net.Listener, serve func(net.Listener) error) {
		if port != nil {
			count++
			go func() { served <- serve(port) }()
		}
	}
	run(l.pop3, server.Serve)
	run(l.pop3s, server.ServeTLS)
	run(l.smtp, sink.Serve)
	return served, count
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
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case isInUse(err):
		return nil, fmt.Errorf("%s is in use; choose another with %s 127.0.0.1:0", address, flag)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s is not open to this user; choose a port above 1023 with %s", address, flag)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with %s", address, err, flag)
}

// reachable is address as a client on this machine would dial it, and whether other machines can reach it too.
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
