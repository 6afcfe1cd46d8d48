package mtm_test

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// The benchmarks of whole visits: server and client are one process here, so cmd/bench has the
// figures, and these show what a change of the client does.

const loadCount = 10_000

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// loaded returns a client with an empty store, and a server with messages of 2 KiB.
func loaded(b *testing.B) (*store.Store, *mtm.Client) {
	b.Helper()
	source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: loadCount, Size: 2 << 10})
	must(b, err)
	srv := fakeserver.Start(b, fakeserver.MaildropOf(source), nil)
	settings := account.Defaults()
	settings.LoginName, settings.Password.Literal, settings.Auth = "demo", "demo", account.UserPass
	host, port, err := net.SplitHostPort(srv.Addr())
	must(b, err)
	settings.Host = host
	settings.Port, err = strconv.Atoi(port)
	must(b, err)
	st, err := store.Open(b.TempDir(), nil)
	must(b, err)
	b.Cleanup(func() { must(b, st.Close()) })
	id, err := mtm.AddAccount(b.Context(), st, "work", settings)
	must(b, err)
	box, err := mtm.Open(st, id, nil)
	must(b, err)
	b.Cleanup(func() { must(b, box.Close()) })
	return st, box
}

func perMessage(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*loadCount), "ns/message")
}

// BenchmarkGetMail fetches a mailbox into an empty store.
func BenchmarkGetMail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		_, box := loaded(b)
		b.StartTimer()
		must(b, box.InvokeSync(b.Context(), mtm.GetMail{Which: mtm.All, Take: mtm.Copy, Link: mtm.ThenDisconnect, Into: store.Inbox}))
	}
	perMessage(b)
}

// BenchmarkRefresh looks at a mailbox in which nothing is new: the second visit of all, which still
// has New to take from every entry, and those after it.
func BenchmarkRefresh(b *testing.B) {
	visit := func(b *testing.B, box *mtm.Client) {
		must(b, box.InvokeSync(b.Context(), &mtm.Connect{}))
		must(b, box.InvokeSync(b.Context(), mtm.Disconnect{}))
	}
	b.Run("second", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			_, box := loaded(b)
			visit(b, box)
			b.StartTimer()
			visit(b, box)
		}
		perMessage(b)
	})
	b.Run("later", func(b *testing.B) {
		b.ReportAllocs()
		_, box := loaded(b)
		visit(b, box)
		visit(b, box)
		for b.Loop() {
			visit(b, box)
		}
		perMessage(b)
	})
}

// BenchmarkGetMailBroken fetches a mailbox of messages of 8 KiB over a connection that breaks in
// the middle of every 500th, and directly before or after that over one that does not. It reports
// the octets of messages that the server sent, and the time, against those of the unbroken one, and
// apart from them how many listings the breaks cost, with the octets of these and of the logins.
func BenchmarkGetMailBroken(b *testing.B) {
	var whole, broken getCost
	turn := false
	for b.Loop() {
		for range 2 {
			if turn = !turn; turn {
				whole.add(timedGet(b, loadCount, 0))
			} else {
				broken.add(timedGet(b, loadCount, 500))
			}
		}
		turn = !turn // in the opposite order
	}
	b.ReportMetric(float64(broken.messages)/float64(whole.messages), "octets/unbroken")
	b.ReportMetric(broken.seconds/whole.seconds, "time/unbroken")
	b.ReportMetric(float64(broken.interruptions)/float64(b.N), "interruptions/op")
	b.ReportMetric(float64(broken.listings-whole.listings)/float64(b.N), "listings/op")
	b.ReportMetric(float64(broken.others-whole.others)/float64(b.N), "listing-octets/op")
}

// getCost is what a get of a whole mailbox has cost.
type getCost struct {
	messages      int64 // octets of messages that the server sent
	others        int64 // octets of all else
	listings      int64 // replies to LIST and UIDL
	interruptions int64
	seconds       float64
}

func (c *getCost) add(o getCost) {
	c.messages += o.messages
	c.others += o.others
	c.listings += o.listings
	c.interruptions += o.interruptions
	c.seconds += o.seconds
}

// timedGet fetches a mailbox of messages of 8 KiB over a connection that breaks in the middle of
// each message whose number is a multiple of every, 0 for none.
func timedGet(t testing.TB, messages, every int) (cost getCost) {
	t.Helper()
	const size = 8 << 10
	source, err := maildrop.Synthetic(maildrop.SyntheticOptions{Count: messages, Size: size})
	fine(t, err)
	srv := fakeserver.New(fakeserver.MaildropOf(source), &fakeserver.Options{LockWait: -1})
	var sent, octets, listings atomic.Int64
	srv.On(fakeserver.Match{Verb: "RETR"}, func(x *fakeserver.Exchange) edit.Reply {
		n, _ := strconv.Atoi(strings.TrimSpace(x.Args))
		if every > 0 && n%every == 0 && n < messages && x.Session.Number() == (messages-n)/every {
			sent.Add(size / 2)
			return edit.CutAfter(size/2, edit.Close)(fakeserver.Auto(x))
		}
		sent.Add(size)
		return fakeserver.Auto(x)
	})
	for _, verb := range []string{"LIST", "UIDL"} {
		srv.On(fakeserver.Match{Verb: verb}, func(x *fakeserver.Exchange) edit.Reply {
			listings.Add(1)
			return fakeserver.Auto(x)
		})
	}
	st, err := store.Open(t.TempDir(), nil)
	fine(t, err)
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal, settings.Auth = "localhost", "demo", "demo", account.UserPass
	id, err := mtm.AddAccount(context.Background(), st, "work", settings)
	fine(t, err)
	box, err := mtm.Open(st, id, &mtm.Options{
		Dial: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go srv.ServeConn(&countedConn{there, &octets})
			return here, nil
		},
		Mobility: &mtm.Mobility{Backoff: func(int) time.Duration { return time.Millisecond }},
	})
	fine(t, err)
	begin := time.Now()
	op, err := box.InvokeAsync(context.Background(), mtm.GetMail{Which: mtm.All, Link: mtm.ThenDisconnect, Into: store.Inbox})
	fine(t, err)
	fine(t, op.Wait())
	cost.seconds = time.Since(begin).Seconds()
	if got := len(op.Result().Messages); got != messages {
		t.Errorf("%d messages came", got)
	}
	fine(t, box.Close())
	fine(t, st.Close())
	fine(t, srv.Close())
	cost.messages, cost.others = sent.Load(), octets.Load()-sent.Load()
	cost.listings, cost.interruptions = listings.Load(), int64(op.Progress().Interruptions)
	return cost
}

// countedConn counts what is written.
type countedConn struct {
	net.Conn
	octets *atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.octets.Add(int64(n))
	return n, err
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestABrokenConnectionCostsFewOctets(t *testing.T) {
	const messages = 1000
	cost := timedGet(t, messages, 250)
	octets := float64(cost.messages) / (messages * 8 << 10)
	if octets > 1.02 || cost.interruptions != 3 || cost.listings != 2*4 {
		t.Errorf("%.3f times the octets of the mailbox after %d interruptions, with %d listings", octets, cost.interruptions, cost.listings)
	}
}
