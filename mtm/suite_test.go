package mtm_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// patience limits the wait for what must come: it is long, since machines are busy.
const patience = 2 * time.Minute

func TestMTM(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Client MTM")
}

// bench is a server, a store and a client on it.
type bench struct {
	drop  *fakeserver.Maildrop
	srv   *fakeserver.Server
	dir   string
	store *store.Store
	id    store.ID
	box   *mtm.Client
}

type change func(*account.POP3)

// newBench starts everything; the account logs in as demo, with USER and PASS.
func newBench(server *fakeserver.Options, options *mtm.Options, messages []maildrop.Message, changes ...change) *bench {
	GinkgoHelper()
	b := &bench{drop: fakeserver.NewMaildrop(messages...), dir: GinkgoT().TempDir()}
	var o fakeserver.Options
	if server != nil {
		o = *server
	}
	if o.LockWait == 0 {
		o.LockWait = patience // a connection may have ended here and not there yet
	}
	b.srv = fakeserver.Start(GinkgoTB(), b.drop, &o)
	var err error
	b.store, err = store.Open(b.dir, nil)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(b.store.Close()).To(Succeed()) })
	settings := account.Defaults()
	host, port, err := net.SplitHostPort(b.srv.Addr())
	Expect(err).NotTo(HaveOccurred())
	settings.Host = host
	settings.Port, err = strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	settings.LoginName = "demo"
	settings.Password.Literal = "demo"
	settings.Auth = account.UserPass
	for _, change := range changes {
		change(&settings)
	}
	b.id, err = mtm.AddAccount(context.Background(), b.store, "work", settings)
	Expect(err).NotTo(HaveOccurred())
	b.open(options)
	return b
}

// open makes a fresh client, as a new process would.
func (b *bench) open(options *mtm.Options) {
	GinkgoHelper()
	box, err := mtm.Open(b.store, b.id, options)
	Expect(err).NotTo(HaveOccurred())
	b.box = box
	DeferCleanup(func() { Expect(box.Close()).To(Succeed()) })
}

// reopen closes client and store, and opens the store with these options and a fresh client on it.
func (b *bench) reopen(options *store.Options) {
	GinkgoHelper()
	Expect(b.box.Close()).To(Succeed())
	Expect(b.store.Close()).To(Succeed())
	var err error
	b.store, err = store.Open(b.dir, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(b.store.Close)
	b.open(nil)
}

// do runs a command and gives its operation, ended.
func (b *bench) do(cmd mtm.Command) (*mtm.Operation, error) {
	GinkgoHelper()
	op, err := b.box.InvokeAsync(context.Background(), cmd)
	Expect(err).NotTo(HaveOccurred())
	return op, op.Wait()
}

func (b *bench) mustDo(cmd mtm.Command) *mtm.Operation {
	GinkgoHelper()
	op, err := b.do(cmd)
	Expect(err).NotTo(HaveOccurred())
	return op
}

func (b *bench) children(parent store.ID) []store.Entry {
	GinkgoHelper()
	entries, err := b.store.Children(context.Background(), parent)
	Expect(err).NotTo(HaveOccurred())
	return entries
}

func (b *bench) mailbox() []store.Entry { GinkgoHelper(); return b.children(b.id) }
func (b *bench) inbox() []store.Entry   { GinkgoHelper(); return b.children(store.Inbox) }

func (b *bench) body(id store.ID) []byte {
	GinkgoHelper()
	r, err := b.store.Body(context.Background(), id)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(r.Close()).To(Succeed()) }()
	raw, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	return raw
}

// sound checks the store as check-store does.
func (b *bench) sound() {
	GinkgoHelper()
	summary, err := b.store.Check(context.Background(), func(p store.Problem) { Fail(p.Text) })
	Expect(err).NotTo(HaveOccurred())
	Expect(summary.Problems).To(BeZero())
}

// commands lists what the client sent in the newest session.
func (b *bench) commands() []string {
	GinkgoHelper()
	var all []string
	transcripts := b.srv.Transcripts()
	Expect(transcripts).NotTo(BeEmpty())
	for line := range strings.SplitSeq(transcripts[len(transcripts)-1].String(), "\n") {
		if command, ok := strings.CutPrefix(line, "C: "); ok {
			all = append(all, command)
		}
	}
	return all
}

// commandsBut lists what the client sent in the newest session, without one verb.
func (b *bench) commandsBut(verb string) []string {
	GinkgoHelper()
	return slices.DeleteFunc(b.commands(), func(command string) bool { return command == verb })
}

// breakOff ends the connection once at a command for a message, and refuses the
// connection after it.
func (b *bench) breakOff(verb, args string, how edit.Edit) {
	GinkgoHelper()
	b.srv.On(fakeserver.Match{Verb: verb, Args: args}, fakeserver.Auto.With(how)).Once().Must()
	broken, err := b.store.Breaks(context.Background(), b.id)
	Expect(err).NotTo(HaveOccurred())
	if verb != "RETR" && verb != "TOP" || len(broken) > 0 && args != "" && broken[b.find(b.id, "u"+args[:1]).ID] > 0 {
		return // no other connection is made
	}
	next := len(b.srv.Transcripts()) + 2
	if b.box.Connected() {
		next--
	}
	b.srv.On(fakeserver.Match{Verb: "CONNECT", Session: next}, fakeserver.Auto.With(edit.Refuse("no more today"))).Once().Must()
}

// mails makes n small messages with UIDs u1, u2, ...
func mails(n int) []maildrop.Message {
	var list []maildrop.Message
	for i := 1; i <= n; i++ {
		list = append(list, mail(i))
	}
	return list
}

func mail(i int) maildrop.Message { return maildrop.Bytes(uid(i), raw(i)) }

func uid(i int) string { return fmt.Sprintf("u%d", i) }

func raw(i int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Writer %d <w%d@example.org>\r\nTo: demo@example.org\r\nSubject: Letter %d\r\n", i, i, i)
	fmt.Fprintf(&b, "Date: %s\r\n", time.Date(2024, 5, 1, 12, 0, i, 0, time.UTC).Format(time.RFC1123Z))
	fmt.Fprintf(&b, "Message-ID: <%d@example.org>\r\n\r\n", i)
	fmt.Fprintf(&b, "Text of letter %d.\r\n.\r\n..\r\n%s\r\n", i, strings.Repeat("x", i%700))
	return b.Bytes()
}

func uids(entries []store.Entry) []string {
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.UID
	}
	return list
}

func get(which mtm.Which, take mtm.Take, link mtm.Link) mtm.GetMail {
	return mtm.GetMail{Which: which, Take: take, Link: link, Into: store.Inbox}
}
