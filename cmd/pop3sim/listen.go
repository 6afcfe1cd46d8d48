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
)

// listeners are the ports that are open; one that is off is nil.
type listeners struct {
	pop3, pop3s net.Listener
}

// open opens all ports, or none.
func (f *serveFlags) open(ctx context.Context) (listeners, error) {
	var l listeners
	var err error
	if f.pop3 != "" {
		if l.pop3, err = listen(ctx, "--pop3", f.pop3); err != nil {
			return listeners{}, err
		}
	}
	if f.pop3s != "" {
		if l.pop3s, err = listen(ctx, "--pop3s", f.pop3s); err != nil {
			if l.pop3 != nil {
				_ = l.pop3.Close() // it was not used
			}
			return listeners{}, err
		}
	}
	return l, nil
}

// serve runs server on the ports. The channel gets the error of each when it stops.
func (l listeners) serve(server *fakeserver.Server) (served chan error, count int) {
	served = make(chan error, 2)
	if l.pop3 != nil {
		count++
		go func() { served <- server.Serve(l.pop3) }()
	}
	if l.pop3s != nil {
		count++
		go func() { served <- server.ServeTLS(l.pop3s) }()
	}
	return served, count
}

func (l listeners) addresses() listening {
	var a listening
	if l.pop3 != nil {
		a.POP3 = l.pop3.Addr().String()
	}
	if l.pop3s != nil {
		a.POP3S = l.pop3s.Addr().String()
	}
	return a
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
