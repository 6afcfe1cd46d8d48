// Package wire holds the line between client and server: a relay that delays what passes, and a
// watch that measures it.
package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// What is on its way in one direction of a line at most: enough for 32 GiB/s with half
// a millisecond of delay.
const (
	parcels    = 256
	parcelSize = 64 << 10
)

// Line describes what is between the client and the server. The zero value is loopback as it is.
type Line struct {
	RoundTrip time.Duration `json:"round_trip"`
	Bandwidth int64         `json:"bandwidth"` // octets a second in each direction, 0 = not limited
}

// delay is a line on which every octet takes a time, the same in both directions. Without a
// bandwidth octets that come together leave together; with one each leaves when those
// before it are through.
type delay struct {
	each      time.Duration       // on each direction
	bandwidth int64               // octets a second, 0 = not limited
	nap       func(time.Duration) // waits for about so long, or less
	watch     *Watch              // sees what passes; nil for nobody
}

// Relay listens on loopback and joins every connection with one of its own to a server,
// with a delay between them.
type Relay struct {
	Address string
	end     context.CancelFunc
	ended   chan error
}

// StartRelay relays to the server at host:port, with half of the round trip in each direction,
// until close or the end of ctx. w, if not nil, sees what passes.
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

// Close ends the connections and waits for them. It returns what went wrong before.
func (r *Relay) Close() error {
	r.end()
	return <-r.ended
}

// serveRelay owns l. It returns when ctx has ended or it can accept nothing more, and its
// connections are closed.
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
				_ = client.Close() // the client sees a server that is gone, which is so
				return
			}
			line.join(ctx, client, server)
		})
	}
}

// join passes octets between two connections until both directions have ended, or
// ctx has. It closes them.
func (d delay) join(ctx context.Context, a, b net.Conn) {
	closeBoth := func() { _, _ = a.Close(), b.Close() } // nothing is lost: each direction has ended or is given up
	defer closeBoth()
	stop := context.AfterFunc(ctx, closeBoth)
	defer stop()
	var directions sync.WaitGroup
	commands, replies := d.watch.session()
	directions.Go(func() { d.carry(ctx, a, b, commands) })
	directions.Go(func() { d.carry(ctx, b, a, replies) })
	directions.Wait()
}

// parcel holds the octets of one read. A parcel without octets is the end.
type parcel struct {
	octets []byte
	due    time.Time
}

// carry passes on one direction and its end. It returns when from has ended or to takes nothing
// more; then it has closed from. see, if not nil, is shown what is passed on.
func (d delay) carry(ctx context.Context, from, to net.Conn, see func([]byte)) {
	onTheWay, free := make(chan parcel, parcels+1), make(chan []byte, parcels)
	go d.collect(from, onTheWay, free) // ends when from does, which is closed below when to fails
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

// collect reads from a connection to its end. It waits while all parcels are on their way.
func (d delay) collect(from net.Conn, onTheWay chan<- parcel, free <-chan []byte) {
	defer close(onTheWay)
	var through time.Time // when all that came before has left
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

// coarse is the time by which a timer may be late.
const coarse = 3 * time.Millisecond

// until waits for a moment, or for the end of ctx.
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

// endWriting closes the writing side, so that the other end sees the end. A connection that cannot
// be closed on one side is closed on both.
func endWriting(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // a connection that has ended already needs no end
		return
	}
	_ = c.Close()
}
