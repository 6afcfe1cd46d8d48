package mtm_test

import (
	"context"
	"io"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	gomail "github.com/emersion/go-message/mail"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// canSend gives the account what it needs to send.
func canSend(p *account.POP3) {
	p.SMTP.Host, p.SMTP.From = "127.0.0.1", "Demo <demo@example.org>"
}

// desk is an account that sends, and messages to answer.
type desk struct{ *bench }

func newDesk(changes ...change) desk {
	GinkgoHelper()
	return desk{newBench(nil, nil, nil, append([]change{canSend}, changes...)...)}
}

// holds puts a message into the Inbox, complete to the given kind.
func (d desk) holds(raw string, kind store.BodyKind) store.ID {
	GinkgoHelper()
	b := d.store.NewBatch()
	w := b.Body(kind)
	_, err := io.WriteString(w, strings.ReplaceAll(raw, "\n", "\r\n"))
	Expect(err).NotTo(HaveOccurred())
	body, err := w.Close()
	Expect(err).NotTo(HaveOccurred())
	header, err := gomail.CreateReader(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")))
	subject := ""
	if err == nil { // a header that is too long has none
		subject, err = header.Header.Subject()
		Expect(err).NotTo(HaveOccurred())
	}
	e := store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Service: d.id, Description: subject, Body: body, Size: body.Length, Flags: store.Complete}
	if kind == store.BodyPartial {
		e.Email = store.PartialDownload
		e.Size = 4096
	}
	b.Add(&e)
	Expect(b.Commit(context.Background())).To(Succeed())
	return e.ID
}

// makes runs a command and gives the entry, its octets and its envelope.
func (d desk) makes(cmd mtm.Command) (store.Entry, string, store.Outgoing) {
	GinkgoHelper()
	op := d.mustDo(cmd)
	Expect(op.Result().Messages).To(HaveLen(1))
	id := op.Result().Messages[0]
	Expect(op.Progress()).To(Equal(progress.Snapshot{
		Phase: progress.Composing, SubPhase: progress.Composing, Service: int64(d.id), Message: int64(id), BytesDone: op.Result().Octets,
	}))
	e, err := d.store.Entry(context.Background(), id)
	Expect(err).NotTo(HaveOccurred())
	o, err := d.store.Outgoing(context.Background(), id)
	Expect(err).NotTo(HaveOccurred())
	d.sound()
	return e, string(d.body(id)), o
}

// refuses runs a command, which must fail and leave nothing.
func (d desk) refuses(cmd mtm.Command) error {
	GinkgoHelper()
	op, err := d.box.InvokeAsync(context.Background(), cmd)
	if err == nil {
		err = op.Wait()
		Expect(op.Progress().Message).To(BeZero())
	}
	Expect(err).To(HaveOccurred())
	for _, folder := range []store.ID{store.Outbox, store.Drafts} {
		Expect(d.children(folder)).To(BeEmpty())
	}
	d.sound()
	return err
}

// fieldsOf reads the header of a message.
func fieldsOf(raw string) *gomail.Header {
	GinkgoHelper()
	r, err := gomail.CreateReader(strings.NewReader(raw))
	Expect(err).NotTo(HaveOccurred())
	return &r.Header
}

// partsOf lists the parts of a message: type and what is in it.
func partsOf(raw string) []string {
	GinkgoHelper()
	r, err := gomail.CreateReader(strings.NewReader(raw))
	Expect(err).NotTo(HaveOccurred())
	var list []string
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return list
		}
		Expect(err).NotTo(HaveOccurred())
		text, err := io.ReadAll(p.Body)
		Expect(err).NotTo(HaveOccurred())
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		list = append(list, kind+": "+strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
}

const original = `From: Ben <ben@example.org>
To: Demo <demo@example.org>, cleo@example.org
Cc: dora@example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Wed, 01 May 2024 09:00:00 +0200
Message-ID: <2@example.org>
References: <1@example.org>
Disposition-Notification-To: desk@example.org
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus Wien

--in
Content-Type: text/html

<p>Gruesse</p>
--in--
--cut
Content-Type: application/pdf; name="../plan.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="../plan.pdf"

JVBERg==
--cut
Content-Type: message/rfc822

Subject: within

deep
--cut--
`
