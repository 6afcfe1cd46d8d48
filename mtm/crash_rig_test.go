package mtm_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// crash is what happens to a program in a process of its own: a fault on the wire, and its end
// before the n-th write or sync of a segment or commit of the index.
type crash struct {
	server string // its address
	crossing
}

func (c crash) String() string {
	return fmt.Sprintf("%s %d %d %d %s", c.server, c.call, c.fault.dial, c.fault.octet, c.fault.kind)
}

// crashing returns the options of a program that a crash awaits, as its String says; for
// "" those of any other.
func crashing(text string) (*mtm.Options, func(store.Call) error, error) {
	options := &mtm.Options{BatchMessages: 1}
	if text == "" {
		return options, nil, nil
	}
	var c crash
	if _, err := fmt.Sscan(text, &c.server, &c.call, &c.fault.dial, &c.fault.octet, &c.fault.kind); err != nil {
		return nil, nil, err
	}
	dials := 0
	var calls atomic.Int64
	options.Timeout = time.Second
	options.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, c.server)
		if err != nil {
			return nil, err
		}
		dials++
		return disturb(conn, dials, []wireFault{c.fault}), nil
	}
	return options, func(store.Call) error {
		if calls.Add(1) == c.call {
			endNow()
		}
		return nil
	}, nil
}

// endNow ends the process as a kill does.
func endNow() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// crashRig is a store and its server, for programs that are killed.
type crashRig struct {
	*octetRig
	listener net.Listener
}

// newCrashRig makes a store with a listener that serves it.
func newCrashRig(t *testing.T, flow octetFlow) *crashRig {
	t.Helper()
	c := &crashRig{octetRig: &octetRig{rig: &rig{t: t}, flow: flow, dir: templateCopy(t)}}
	c.drop = fakeserver.NewMaildrop(octetMailbox()...)
	c.srv = fakeserver.New(c.drop, &fakeserver.Options{Without: flow.without})
	var err error
	c.listener, err = net.Listen("tcp", "127.0.0.1:0")
	c.must(err)
	go func() { _ = c.srv.Serve(c.listener) }() // it ends with the server
	return c
}

// crash runs the flow in a program of its own, and reports whether it was killed.
func (c *crashRig) crash(one crossing) bool {
	c.t.Helper()
	role := map[mtm.Take]string{mtm.Copy: roleGet, mtm.Move: roleMove}[c.flow.take]
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), childStore+"="+c.dir, childRole+"="+role,
		childCrash+"="+crash{c.listener.Addr().String(), one}.String())
	err := program.Run() // it may report the fault on the wire
	c.must(c.srv.Wait(c.t.Context()))
	return err != nil && !program.ProcessState.Exited()
}

// look opens the store as another program, and checks that nothing is lost.
func (c *crashRig) look() {
	c.t.Helper()
	c.open()
	c.nothingLost()
	c.leave()
}

// heal runs programs that nothing happens to, and checks that everything is where it should be.
func (c *crashRig) heal() {
	c.t.Helper()
	c.open()
	for range 2 {
		if err := c.box.InvokeSync(c.t.Context(), get(mtm.New, c.flow.take, mtm.ThenDisconnect)); err != nil {
			c.t.Errorf("a clean visit: %v", err)
		}
		c.must(c.srv.Wait(c.t.Context()))
	}
	c.settled()
	c.leave()
	c.must(c.srv.Close())
}

// leave ends the program.
func (o *octetRig) leave() {
	o.must(o.box.Close())
	o.must(o.store.Close())
}
