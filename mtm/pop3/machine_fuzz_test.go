package pop3

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// saidAhead is a connection whose server has already sent everything, in pieces, and then sends
// nothing more.
type saidAhead struct {
	net.Conn
	in     []byte
	pieces []byte
	silent bool
	sent   int
}

func (c *saidAhead) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		if c.silent {
			return 0, os.ErrDeadlineExceeded
		}
		return 0, io.EOF
	}
	n := len(p)
	if len(c.pieces) > 0 {
		n = 1 + int(c.pieces[0])
		c.pieces = append(c.pieces[1:], c.pieces[0])
	}
	n = copy(p[:min(n, len(p))], c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *saidAhead) Write(p []byte) (int, error)    { c.sent += len(p); return len(p), nil }
func (*saidAhead) Close() error                     { return nil }
func (*saidAhead) SetDeadline(time.Time) error      { return nil }
func (*saidAhead) SetReadDeadline(time.Time) error  { return nil }
func (*saidAhead) SetWriteDeadline(time.Time) error { return nil }

// FuzzMachine gives any octets to a run in any setting, and compares it with the table of next.
// Each event leads to the state in the table, the sink gets messages only in states that may give,
// and the run ends in bounded memory.
func FuzzMachine(f *testing.F) {
	for _, seed := range []string{
		"+OK\r\na\r\n.\r\n+OK 3 9\r\n+OK\r\nb\r\n.\r\n+OK 3 9\r\n", "-ERR no\r\n+OK 3 9\r\n+OK\r\n+OK\r\nb\r\n.\r\n", "bye\r\n+OK 3 9\r\n+OK 3 9\r\n+OK 3 9\r\n+OK\r\n",
		"+OK\r\na.\r\n+OK 3 9\r\n+OK 3 9\r\n+OK 3 9\r\n+OK 3 9\r\n+OK 3 9\r\n+OK\r\n+OK\r\na\r\n.\r\n+OK 3 9\r\n", "+OK 3 9\r\n", "\r\n\r\n+OK\r\n.\r\n",
		"+OK\r\n-ERR no\r\n+OK\r\na\r\n.\r\n+OK\r\n-ERR no\r\n", "+OK\r\na\r\n.\r\n+OK 3 9\r\n+OK 3 10\r\n+OK 3 11\r\n+OK\r\n+OK 3 12\r\n+OK\r\na\r\n.\r\n",
	} {
		for setting := range uint8(48) {
			f.Add([]byte(seed), []byte{}, setting)
			f.Add([]byte(seed), []byte{0, 2}, setting)
		}
	}
	f.Fuzz(func(t *testing.T, in, pieces []byte, setting uint8) {
		set := &rogueSetting{messages: 4, verb: "RETR", trust: trust(setting / 2 % 3), known: setting/6%2 > 0, pipelined: setting/12%2 > 0}
		conn := &saidAhead{in: append([]byte("+OK\r\n"), in...), pieces: pieces, silent: setting%2 > 0}
		s, err := NewSession(context.Background(), conn, &Options{MaxLine: 60, MaxBody: 500, Window: 3})
		if err != nil {
			return
		}
		s.witness.trust = set.trust
		s.probe.learn([]byte("3 9"))
		if setting/24%2 > 0 {
			s.probe.turn(saysERR)
		}
		if set.pipelined {
			s.caps = Capabilities{"PIPELINING": nil}
		}
		sink := &oracle{t: t, rogueSink: &rogueSink{set: set, stored: map[int]string{}, failed: map[int]bool{}}}
		r := &run{verb: "RETR", numbers: Ints{1, 2, 3, 4}, count: 4, body: true, sink: sink}
		sink.run = r
		r.seen = sink.check
		if set.known {
			r.sink = sizedOracle{sink}
		}
		err = s.runAll(context.Background(), r)
		if r.batches == nil { // octets before the first command ended it
			return
		}
		if sink.wrong != "" {
			t.Fatal(sink.wrong)
		}
		if (err != nil) != (r.state == lost) || (err != nil) != (s.Err() != nil) {
			t.Fatalf("it ends %s with %v, and the session: %v", r.state, err, s.Err())
		}
		if r.state != lost && (r.state != inSync || len(sink.stored)+len(sink.failed) != 4) {
			t.Fatalf("it ends %s, and reports %d and %d", r.state, len(sink.stored), len(sink.failed))
		}
		if held := holdOctets - r.room; held < 0 || held > 500*4 || conn.sent > 2000*(4+len(in)) {
			t.Fatalf("%d octets are held back, %d were sent", held, conn.sent)
		}
	})
}

// oracle is a sink that checks the state of the run.
type oracle struct {
	*rogueSink
	t   *testing.T
	run *run
	may bool // give something
}

// sizedOracle is an oracle that knows the sizes in LIST.
type sizedOracle struct{ *oracle }

func (o sizedOracle) Size(n int) int64 { return o.set.size(n) }

// check compares a step with the table.
func (o *oracle) check(from state, e event, a action, to state) {
	wantA, want := next(from, e)
	if a != wantA || to != want || from == lost {
		o.t.Fatalf("%s, %s: %s, %s", from, e, a, to)
	}
	o.may = a == give || a == release || a == salvage || a == resume
}

func (o *oracle) Message(n int) (io.Writer, error) {
	if o.run.state == probing || o.run.state == lost && !o.may {
		o.t.Fatalf("message %d begins while the run is %s", n, o.run.state)
	}
	return o.rogueSink.Message(n)
}

func (o *oracle) Done(n int, octets int64, err error) error {
	if !o.may {
		o.t.Fatalf("message %d ends, and nothing may be given", n)
	}
	if err != nil {
		octets = 0
	}
	return o.rogueSink.Done(n, octets, err)
}
