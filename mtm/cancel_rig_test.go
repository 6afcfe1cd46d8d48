package mtm_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// rig is a server with four messages, a store and a client in a bubble of testing/synctest: no time
// passes in it, and a goroutine that is left at its end fails the test.
type rig struct {
	t     *testing.T
	drop  *fakeserver.Maildrop
	srv   *fakeserver.Server
	store *store.Store
	id    store.ID
	box   *mtm.Client
	mute  bool // nobody answers a dial
}

const rigMails = 4

func newRig(t *testing.T, changes ...change) *rig {
	r := &rig{t: t, drop: fakeserver.NewMaildrop(mails(rigMails)...)}
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", "demo", "demo"
	settings.Auth = account.UserPass
	options := &fakeserver.Options{LockWait: -1}
	for _, change := range changes {
		change(&settings)
	}
	if settings.Security.TLS != account.NoTLS {
		ca := fixtures.NewCA()
		settings.Security.CA = filepath.Join(t.TempDir(), "ca.pem")
		r.must(os.WriteFile(settings.Security.CA, ca.PEM(), 0o600))
		options.TLS = ca.Server()
	}
	r.srv = fakeserver.New(r.drop, options)
	var err error
	r.store, err = store.Open(t.TempDir(), nil)
	r.must(err)
	r.id, err = mtm.AddAccount(t.Context(), r.store, "work", settings)
	r.must(err)
	serve := r.srv.ServeConn
	if settings.Security.TLS == account.Implicit {
		serve = r.srv.ServeTLSConn
	}
	r.box, err = mtm.Open(r.store, r.id, &mtm.Options{
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			if r.mute {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}
			here, there := net.Pipe()
			go serve(there)
			return here, nil
		},
	})
	r.must(err)
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) do(commands ...mtm.Command) {
	r.t.Helper()
	for _, cmd := range commands {
		if err := r.box.InvokeSync(r.t.Context(), cmd); err != nil {
			r.t.Fatalf("%T: %v", cmd, err)
		}
	}
}

func (r *rig) close() {
	r.t.Helper()
	for _, end := range []func() error{r.box.Close, r.srv.Close, r.store.Close} {
		if err := end(); err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) children(parent store.ID) []store.Entry {
	r.t.Helper()
	list, err := r.store.Children(r.t.Context(), parent)
	r.must(err)
	return list
}

// ids returns the mailbox's entries of messages u1, u2 and so on.
func (r *rig) ids(numbers ...int) []store.ID {
	r.t.Helper()
	var list []store.ID
	for _, n := range numbers {
		i := slices.IndexFunc(r.children(r.id), func(e store.Entry) bool { return e.UID == uid(n) })
		if i < 0 {
			r.t.Fatalf("the mailbox shows no %s", uid(n))
		}
		list = append(list, r.children(r.id)[i].ID)
	}
	return list
}

// server returns the messages that the server holds.
func (r *rig) server() []string {
	synctest.Wait() // until the session has ended there too
	return r.drop.UIDs()
}

// here returns the whole messages of the Inbox, after it has checked that each is there once, octet
// for octet, and that each other entry is the placeholder of a queued operation.
func (r *rig) here() []string {
	r.t.Helper()
	queue, err := r.store.Queue(r.t.Context(), r.id)
	r.must(err)
	var list []string
	for _, e := range r.children(store.Inbox) {
		if !e.Flags.Has(store.Complete) {
			if !slices.ContainsFunc(queue, func(q store.Queued) bool { return q.Ghost == e.ID }) {
				r.t.Errorf("%s in the Inbox is neither whole nor the ghost of anything", e.UID)
			}
			continue
		}
		if slices.Contains(list, e.UID) {
			r.t.Errorf("%s is twice in the Inbox", e.UID)
		}
		r.whole(e)
		list = append(list, e.UID)
	}
	slices.Sort(list)
	return list
}

func (r *rig) whole(e store.Entry) {
	r.t.Helper()
	body, err := r.store.Body(r.t.Context(), e.ID)
	r.must(err)
	got, err := io.ReadAll(body)
	r.must(err)
	r.must(body.Close())
	n, err := strconv.Atoi(strings.TrimPrefix(e.UID, "u"))
	r.must(err)
	want := raw(n)
	if e.Body.Kind != store.BodyWhole {
		want = want[:min(len(got), len(want))]
	}
	if !bytes.Equal(got, want) {
		r.t.Errorf("%s: %d octets are not what was sent", e.UID, len(got))
	}
}

// sound looks at the whole store: nothing damaged, nothing connected, every body what was sent.
func (r *rig) sound() {
	r.t.Helper()
	_, err := r.store.Check(r.t.Context(), func(p store.Problem) { r.t.Errorf("the store: %s", p) })
	r.must(err)
	service, err := r.store.Entry(r.t.Context(), r.id)
	r.must(err)
	if service.Flags.Has(store.Connected) || r.box.Connected() || r.box.Busy() {
		r.t.Error("connected or busy after the end")
	}
	if st, err := mtm.Status(r.store, r.id); err != nil || st.Held {
		r.t.Errorf("the mailbox is held after the end: %+v, %v", st, err)
	}
	for _, e := range r.children(r.id) {
		r.whole(e)
	}
}

// saidGoodbye reports whether the newest session sent QUIT.
func (r *rig) saidGoodbye() bool {
	synctest.Wait()
	sessions := r.srv.Transcripts()
	return len(sessions) > 0 && strings.Contains(sessions[len(sessions)-1].String(), "C: QUIT")
}
