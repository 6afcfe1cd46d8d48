package mtm_test

import (
	"net"
	"strconv"
	"testing"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// The benchmarks of whole visits: server and client are one process here, so cmd/bench has the figures, and these show
// what a change of the client does.

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

// BenchmarkRefresh looks at a mailbox in which nothing is new: the second visit of all, which still has New to take from every
// entry, and those after it.
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
