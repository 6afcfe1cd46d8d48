package mtm_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// everyOctet makes the enumerations whole; without it they are samples by seed.
var (
	everyOctet = flag.Bool("every-octet", false, "run the enumerations of faults whole, for minutes")
	pairCount  = flag.Int("pairs", 60, "how many pairs of faults are tried of each command where -every-octet does not ask for all")
)

// wireFault is something that happens to what the server sends, in one connection at one octet.
type wireFault struct {
	dial  int // the first connection of a store is 1
	octet int // of what the server sends: it happens before this one
	kind  faultKind
}

type faultKind string

const (
	closes  faultKind = "close"   // the connection ends
	resets  faultKind = "reset"   // the connection ends with an error
	garbage faultKind = "garbage" // a line that the server did not send comes first
	swallow faultKind = "swallow" // this octet does not arrive
	stalls  faultKind = "stall"   // nothing arrives any more
)

const garbageLine = "garbage of the wire\r\n"

// breaks reports whether the connection ends because of the fault, and nothing else is wrong.
func (f wireFault) breaks() bool { return f.kind == closes || f.kind == resets || f.kind == stalls }

func (f wireFault) String() string { return fmt.Sprintf("%s@%d/%d", f.kind, f.dial, f.octet) }

// faultyConn is the client's end of a connection, with faults in what it reads.
type faultyConn struct {
	net.Conn
	faults []wireFault // by octet
	single bool        // each Read gives one octet
	octet  int         // that comes next from the server
	insert []byte      // comes before it
	ended  error
	heard  *bytes.Buffer // what the server sent
	silent net.Conn      // never gives anything; keeps the deadline
}

func (c *faultyConn) Read(p []byte) (int, error) {
	for {
		switch {
		case c.ended != nil:
			return 0, c.ended
		case len(c.insert) > 0:
			n := copy(c.window(p, len(p)), c.insert)
			c.insert = c.insert[n:]
			return n, nil
		case len(c.faults) == 0 || c.faults[0].octet > c.octet:
			limit := len(p)
			if len(c.faults) > 0 {
				limit = c.faults[0].octet - c.octet
			}
			n, err := c.Conn.Read(c.window(p, limit))
			c.heard.Write(p[:n])
			c.octet += n
			return n, err
		}
		f := c.faults[0]
		c.faults = c.faults[1:]
		switch f.kind {
		case closes:
			c.ended = errors.Join(io.EOF, c.Conn.Close())
		case resets:
			c.ended = errors.Join(syscall.ECONNRESET, c.Conn.Close())
		case garbage:
			c.insert = []byte(garbageLine)
		case swallow:
			if n, err := c.Conn.Read(make([]byte, 1)); err != nil {
				return 0, err
			} else if n == 1 {
				c.octet++
			}
		case stalls:
			return c.silent.Read(p)
		}
	}
}

func (c *faultyConn) window(p []byte, limit int) []byte {
	if c.single {
		limit = 1
	}
	return p[:min(limit, len(p))]
}

func (c *faultyConn) SetDeadline(t time.Time) error {
	return errors.Join(c.Conn.SetDeadline(t), c.silent.SetDeadline(t))
}

func (c *faultyConn) SetReadDeadline(t time.Time) error {
	return errors.Join(c.Conn.SetReadDeadline(t), c.silent.SetReadDeadline(t))
}

func (c *faultyConn) Close() error { return errors.Join(c.Conn.Close(), c.silent.Close()) }

// octetFlow is a command that is run with faults, and how.
type octetFlow struct {
	name    string
	take    mtm.Take
	without []string // capabilities that the server lacks
	single  bool
	before  func(store.Call) error
	resume  bool // over another connection

	loggedIn int // the octet at which the answer to STAT begins
}

const octetMails = 3

// octetMail is short, so that a session is, and holds what dot-stuffing and line ends make hard.
func octetMail(i int) []byte {
	return fmt.Appendf(nil, "From: w%d@example.org\r\nSubject: Letter %d\r\nMessage-ID: <%d@example.org>\r\n\r\nText %d.\r\n.\r\n..%s\r\n",
		i, i, i, i, strings.Repeat("x", 3*i))
}

// octetRig is one store and its server in a bubble, with faults on the wire between them.
type octetRig struct {
	*rig
	flow   octetFlow
	faults []wireFault
	dir    string
	mu     sync.Mutex
	dials  int
	heard  []*bytes.Buffer // one for each connection
}

// storeTemplate makes a store with the account once, and returns its files; writing them costs less
// than making a store.
var storeTemplate = sync.OnceValues(func() (files fstest.MapFS, err error) {
	dir, err := os.MkdirTemp("", "mtm-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	st, err := store.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	settings := account.Defaults()
	settings.Host, settings.LoginName, settings.Password.Literal = "localhost", "demo", "demo"
	settings.Auth = account.UserPass
	_, err = mtm.AddAccount(context.Background(), st, "work", settings)
	if err = errors.Join(err, st.Close()); err != nil {
		return nil, err
	}
	files = fstest.MapFS{}
	return files, fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		file := &fstest.MapFile{Mode: entry.Type()}
		if err == nil && entry.Type().IsRegular() {
			file.Data, err = os.ReadFile(filepath.Join(dir, name))
		}
		files[name] = file
		return err
	})
})

// templateCopy returns the folder of a store that has the account "work".
func templateCopy(t *testing.T) string {
	template, err := storeTemplate()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, template), os.Chmod(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func newOctetRig(t *testing.T, flow octetFlow, faults ...wireFault) *octetRig {
	o := &octetRig{rig: &rig{t: t}, flow: flow, faults: faults, dir: templateCopy(t)}
	o.drop = fakeserver.NewMaildrop(octetMailbox()...)
	o.srv = fakeserver.New(o.drop, &fakeserver.Options{LockWait: -1, Without: flow.without})
	o.open()
	return o
}

func octetMailbox() (list []maildrop.Message) {
	for i := 1; i <= octetMails; i++ {
		list = append(list, maildrop.Bytes(uid(i), octetMail(i)))
	}
	return list
}

// open opens the store, as a program does.
func (o *octetRig) open() {
	var err error
	o.store, err = store.Open(o.dir, &store.Options{Before: o.flow.before})
	o.must(err)
	a, err := mtm.FindAccount(o.t.Context(), o.store, "work")
	o.must(err)
	o.id = a.ID
	options := &mtm.Options{Dial: o.dial, BatchMessages: 1}
	if o.flow.resume {
		options.Mobility = &mtm.Mobility{}
	}
	o.box, err = mtm.Open(o.store, o.id, options)
	o.must(err)
}

func (o *octetRig) dial(context.Context, string, string) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dials++
	here, there := net.Pipe()
	go o.srv.ServeConn(there)
	c := disturb(here, o.dials, o.faults)
	c.single = o.flow.single
	o.heard = append(o.heard, c.heard)
	return c, nil
}

// disturb gives a connection, the n-th one, its faults.
func disturb(conn net.Conn, n int, faults []wireFault) *faultyConn {
	silent, _ := net.Pipe()
	c := &faultyConn{Conn: conn, heard: &bytes.Buffer{}, silent: silent}
	for _, f := range faults {
		if f.dial == n {
			c.faults = append(c.faults, f)
		}
	}
	slices.SortStableFunc(c.faults, func(a, b wireFault) int { return a.octet - b.octet })
	return c
}

// visit runs the flow's command once.
func (o *octetRig) visit() error {
	err := o.box.InvokeSync(o.t.Context(), get(mtm.New, o.flow.take, mtm.ThenDisconnect))
	synctest.Wait() // until the session has ended on the server too
	return err
}

// inboxHolds reports which messages the Inbox holds whole, and complains of one that is
// there twice or altered.
func (o *octetRig) inboxHolds() map[string]bool {
	held := map[string]bool{}
	for _, e := range o.children(store.Inbox) {
		body, err := o.store.Body(o.t.Context(), e.ID)
		o.must(err)
		got, err := io.ReadAll(body)
		o.must(errors.Join(err, body.Close()))
		found := ""
		for i := 1; i <= octetMails; i++ {
			if bytes.Equal(got, octetMail(i)) {
				found = uid(i)
			}
		}
		switch {
		case found == "":
			o.t.Errorf("altered: the Inbox holds %q", got)
		case held[found]:
			o.t.Errorf("doubled: %s", found)
		}
		held[found] = true
	}
	return held
}

// nothingLost checks that what the server does not hold any more is in the Inbox.
func (o *octetRig) nothingLost() {
	held, on := o.inboxHolds(), o.drop.UIDs()
	for i := 1; i <= octetMails; i++ {
		if !held[uid(i)] && !slices.Contains(on, uid(i)) {
			o.t.Errorf("lost: %s is neither on the server nor in the Inbox", uid(i))
		}
	}
}

// settled checks that everything is where the command should have put it.
func (o *octetRig) settled() {
	held, left := o.inboxHolds(), 0
	if o.flow.take == mtm.Copy {
		left = octetMails
	}
	if len(held) != octetMails || len(o.drop.UIDs()) != left {
		o.t.Errorf("at last the Inbox holds %d messages and the server %q", len(held), o.drop.UIDs())
	}
	_, err := o.store.Check(o.t.Context(), func(p store.Problem) { o.t.Errorf("the store: %s", p) })
	o.must(err)
}
