package autosend_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/internal/ramdisk"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/store"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	ramdisk.Use()
	os.Exit(m.Run())
}

func TestAutosend(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Autosend")
}

// bench is a server, and a store with an account that sends through it.
type bench struct {
	sink  *smtpsink.Server
	store *store.Store
	dir   string
	smtp  store.ID
}

// newBench starts everything; the account does not log in unless it is changed.
func newBench(o *smtpsink.Options, changes ...func(*account.POP3)) *bench {
	GinkgoHelper()
	b := &bench{sink: smtpsink.Start(GinkgoTB(), o)}
	b.open(nil)
	b.account(changes...)
	return b
}

// open makes the store.
func (b *bench) open(o *store.Options) {
	GinkgoHelper()
	b.dir = filepath.Join(GinkgoT().TempDir(), "mail.store")
	var err error
	b.store, err = store.Open(b.dir, o)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(b.store.Close)
}

// account adds the service entries as the MTM does.
func (b *bench) account(changes ...func(*account.POP3)) {
	GinkgoHelper()
	host, port, err := net.SplitHostPort(b.sink.Addr())
	Expect(err).NotTo(HaveOccurred())
	p := account.Defaults()
	p.Host, p.LoginName, p.Password.Literal = "127.0.0.1", "ada", "inbox"
	p.SMTP.Host, p.SMTP.From = host, "ada@example.org"
	p.SMTP.Port, err = strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	for _, change := range changes {
		change(&p)
	}
	Expect(p.Validate()).To(Succeed())
	pop := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work"}
	batch := b.store.NewBatch()
	batch.Add(pop)
	Expect(batch.Commit(context.Background())).To(Succeed())
	smtp := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work (SMTP)", Service: pop.ID}
	batch = b.store.NewBatch()
	batch.Add(smtp)
	batch.SetSettings(pop.ID, p.Map())
	Expect(batch.Commit(context.Background())).To(Succeed())
	b.smtp = smtp.ID
}

// letter returns the text of a message with this subject.
func letter(subject string) string {
	return fmt.Sprintf("From: ada@example.org\r\nTo: bob@example.org\r\nMessage-ID: <%s@example.org>\r\nSubject: %s\r\n\r\nHello.\r\n", subject, subject)
}

// queue puts a message into the Outbox.
func (b *bench) queue(subject string, state store.SendingState, to ...string) store.ID {
	GinkgoHelper()
	return b.put(letter(subject), subject, state, to...)
}

func (b *bench) put(text, subject string, state store.SendingState, to ...string) store.ID {
	GinkgoHelper()
	batch := b.store.NewBatch()
	w := batch.Body(store.BodyWhole)
	_, err := io.WriteString(w, text)
	Expect(err).NotTo(HaveOccurred())
	body, err := w.Close()
	Expect(err).NotTo(HaveOccurred())
	e := &store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: b.smtp, Description: subject,
		Sending: state, Body: body, Size: body.Length, Flags: store.Complete}
	batch.Add(e)
	o := store.Outgoing{From: "ada@example.org"}
	if to == nil {
		to = []string{"bob@example.org"}
	}
	for _, address := range to {
		o.Recipients = append(o.Recipients, store.Recipient{Address: address})
	}
	batch.SetOutgoing(e, o)
	Expect(batch.Commit(context.Background())).To(Succeed())
	return e.ID
}

func (b *bench) run(o *autosend.Options) (autosend.Result, error) {
	if o == nil {
		o = &autosend.Options{Timeout: time.Minute}
	}
	return autosend.Run(context.Background(), b.store, b.smtp, o)
}

// fails runs and gives the error alone.
func (b *bench) fails(o *autosend.Options) error {
	_, err := b.run(o)
	return err
}

func (b *bench) entry(id store.ID) store.Entry {
	GinkgoHelper()
	e, err := b.store.Entry(context.Background(), id)
	Expect(err).NotTo(HaveOccurred())
	return e
}

func (b *bench) outgoing(id store.ID) store.Outgoing {
	GinkgoHelper()
	o, err := b.store.Outgoing(context.Background(), id)
	Expect(err).NotTo(HaveOccurred())
	return o
}

// subjects lists what the server has, by subject.
func (b *bench) subjects() []string {
	list := []string{}
	for _, m := range b.sink.Messages() {
		_, after, _ := strings.Cut(string(m.Data), "Subject: ")
		subject, _, _ := strings.Cut(after, "\r\n")
		list = append(list, subject)
	}
	return list
}

// on adds a rule that has to fire.
func (b *bench) on(verb, args string, edits ...edit.Edit) *fakeserver.Rule {
	return b.sink.On(fakeserver.Match{Verb: verb, Args: args}, fakeserver.Auto.With(edits...)).Must()
}
