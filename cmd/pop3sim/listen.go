package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"pop3mtm/cmd/internal/cli"
)

// checkAddress refuses what cannot be an address to listen on, whatever the network says.
func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return cli.Usage("--pop3 takes HOST:PORT such as %s, not %q", defaultAddress, address)
	}
	return nil
}

// listen opens the port; its errors say what to do.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case isInUse(err):
		return nil, fmt.Errorf("%s is in use; choose another with --pop3 127.0.0.1:0", address)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s is not open to this user; choose a port above 1023 with --pop3", address)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --pop3", address, err)
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
