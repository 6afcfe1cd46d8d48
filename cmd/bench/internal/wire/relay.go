// Package wire implements the line between client and server: a relay that delays octets, and a
// watch that measures throughput and latency.
package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Limits of the octets that are in transit in one direction of a line: enough for 32 GiB/s with
// half a millisecond of delay.
const (
	parcels    = 256
	parcelSize = 64 << 10
)

// Line describes the network between the client and the server. The zero value is plain loopback.
type Line struct {
	RoundTrip time.Duration `json:"round_trip"`
	Bandwidth int64         `json:"bandwidth"` // octets a second in each direction, 0 = not limited
}

// delay delays every octet by the same time in both directions. With a bandwidth, octets also wait
// until the octets before them have been sent.
type delay struct {
	each      time.Duration       // in each direction
	bandwidth int64               // octets a second, 0 = not limited
	nap       func(time.Duration) // sleeps for about the given time, or less
	watch     *Watch              // is shown all octets; nil for no watch
}

// Relay listens on loopback, and for every connection that it accepts opens one to the server. It
// passes octets between the two with a delay.
type Relay struct {
	Address string
	end     context.CancelFunc
	ended   chan error
}

// StartRelay relays to the server at host:port, with half of the round trip in each direction,
// until Close or the end of ctx. w is shown all octets, unless it is nil.
func StartRelay(ctx context.Context, to string, l Line, w *Watch) (*Relay, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(ctx)
	r := &Relay{Address: listener.Addr().String(), end: end, ended: make(chan error, 1)}
	go func() { r.ended <- serveRelay(ctx, listener, to, delay{l.RoundTrip / 2, l.Bandwidth, nap, w}) }()
	return r, nil
}

// Close closes the connections, waits until they are closed, and returns an error that occurred
// while the relay ran.
func (r *Relay) Close() error {
	r.end()
	return <-r.ended
}

// serveRelay accepts connections until ctx ends or accepting fails. It closes l, and returns once
// all connections are closed.
func serveRelay(ctx context.Context, l net.Listener, to string, line delay) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var joined sync.WaitGroup
	defer joined.Wait()
	for {
		client, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(err, l.Close())
		}
		joined.Go(func() {
			var dialer net.Dialer
			server, err := dialer.DialContext(ctx, "tcp", to)
			if err != nil {
				_ = client.Close() // the client sees a closed connection, as without the relay
				return
			}
			line.join(ctx, client, server)
		})
	}
}

// join passes octets between two connections until both directions or ctx have ended. Then it
// closes the connections.
func (d delay) join(ctx context.Context, a, b net.Conn) {
	closeBoth := func() { _, _ = a.Close(), b.Close() } // loses nothing: each direction has ended or was given up
	defer closeBoth()
	stop := context.AfterFunc(ctx, closeBoth)
	defer stop()
	var directions sync.WaitGroup
	commands, replies := d.watch.session()
	directions.Go(func() { d.carry(ctx, a, b, commands) })
	directions.Go(func() { d.carry(ctx, b, a, replies) })
	directions.Wait()
}

// parcel holds the octets of one read and the time when they leave. A parcel without octets stands
// for the end of the stream.
type parcel struct {
	octets []byte
	due    time.Time
}

// carry passes on the octets of one direction, then its end. It returns when from has ended or a
// write to to has failed, after which it has closed from. It calls see, unless nil, before each
// write.
func (d delay) carry(ctx context.Context, from, to net.Conn, see func([]byte)) {
	onTheWay, free := make(chan parcel, parcels+1), make(chan []byte, parcels)
	go d.collect(from, onTheWay, free) // ends at the end of from, which is closed below when a write fails
	failed := false
	for p := range onTheWay {
		if failed {
			continue
		}
		d.until(ctx, p.due)
		if len(p.octets) == 0 {
			endWriting(to)
			continue
		}
		if see != nil {
			see(p.octets)
		}
		if _, err := to.Write(p.octets); err != nil {
			failed = true
			_ = from.Close()
		}
		free <- p.octets
	}
}

// collect reads a connection to its end. It waits while all parcels are in transit.
func (d delay) collect(from net.Conn, onTheWay chan<- parcel, free <-chan []byte) {
	defer close(onTheWay)
	var through time.Time // when all earlier octets have left
	for made := 0; ; {
		var b []byte
		if made < parcels && len(free) == 0 {
			b = make([]byte, parcelSize)
			made++
		} else {
			b = <-free
		}
		n, err := from.Read(b[:parcelSize])
		now := time.Now()
		if d.bandwidth > 0 {
			if through.Before(now) {
				through = now
			}
			through = through.Add(time.Duration(float64(n) / float64(d.bandwidth) * float64(time.Second)))
			now = through
		}
		due := now.Add(d.each)
		if n > 0 {
			onTheWay <- parcel{b[:n], due}
		}
		if err != nil {
			onTheWay <- parcel{due: due}
			return
		}
	}
}

// coarse is the time before a deadline at which until changes from a timer, which may be late, to
// nap.
const coarse = 3 * time.Millisecond

// until waits until the time due, or for the end of ctx.
func (d delay) until(ctx context.Context, due time.Time) {
	if left := time.Until(due); left > coarse {
		timer := time.NewTimer(left - coarse)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	for left := time.Until(due); left > 0; left = time.Until(due) {
		d.nap(left)
	}
}

// endWriting closes the writing side of a connection, so that the peer reads the end of the stream.
// A connection that cannot be closed on one side is closed on both.
func endWriting(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails only when the connection has ended already
		return
	}
	_ = c.Close()
}
