package mtm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

var _ = Describe("Making a message (behaviour section 12)", func() {
	ctx := context.Background()

	It("new: entry, envelope and header; who is in Bcc stands in the envelope only", func() {
		d := newDesk()
		before := time.Now().Add(-time.Second)
		e, raw, o := d.makes(mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{
			To: []string{"Ben Müller <ben@example.org>"}, Cc: []string{"cleo@example.org, dora@example.org"},
			Bcc: []string{"Eve <eve@example.org>", "BEN@example.org"}, Subject: "Grüße", Text: "At noon?",
		}})
		h := fieldsOf(raw)
		Expect(h.MessageID()).To(Equal(e.MessageID))
		Expect(e.MessageID).To(MatchRegexp(`^[a-z0-9]{26}@example\.org$`))
		Expect(h.Date()).To(BeTemporally(">=", before.Truncate(time.Second)))
		Expect(h.Subject()).To(Equal("Grüße"))
		Expect(strings.ToLower(raw)).NotTo(Or(ContainSubstring("bcc"), ContainSubstring("eve")))
		Expect(partsOf(raw)).To(Equal([]string{"text/plain: At noon?\n"}))
		Expect(o).To(Equal(store.Outgoing{From: "demo@example.org", Recipients: []store.Recipient{
			{Address: "ben@example.org"}, {Address: "cleo@example.org"}, {Address: "dora@example.org"}, {Address: "eve@example.org"},
		}}))
		smtp, err := mtm.FindAccount(ctx, d.store, "work")
		Expect(err).NotTo(HaveOccurred())
		Expect(e).To(Equal(store.Entry{
			ID: e.ID, Parent: store.Drafts, Type: store.TypeMessage, Service: smtp.SMTP, Details: "Ben Müller <ben@example.org>", Description: "Grüße",
			Date: e.Date, Size: int64(len(raw)), Flags: store.New | store.Complete | store.MultipleRecipients, Email: store.BodyTextComplete,
			Sending: store.SendWaiting, MessageID: e.MessageID, Body: e.Body,
		}))
	})

	DescribeTable("has the sending state and the flags that are asked for",
		func(send account.Send, types symbian.TypeList, state store.SendingState, flags store.Flags) {
			d := newDesk(func(p *account.POP3) { p.SMTP.Send = send })
			e, _, _ := d.makes(mtm.CreateNew{Into: store.Outbox, CreateOptions: mtm.CreateOptions{To: []string{"ben@example.org"}, Types: types}})
			Expect(e.Sending).To(Equal(state))
			Expect(e.Flags).To(Equal(store.New | store.Complete | flags))
		},
		Entry("immediately", account.Immediately, symbian.TypeList(0), store.SendWaiting, store.Flags(0)),
		Entry("on the next connection", account.OnNextConnection, symbian.TypeList(0), store.SendWaiting, store.Flags(0)),
		Entry("on request", account.OnRequest, symbian.TypeList(0), store.SendUponRequest, store.Flags(0)),
		Entry("invisible", account.Immediately, symbian.TypeInvisible, store.SendWaiting, store.Invisible),
		Entry("in preparation", account.Immediately, symbian.TypeInPreparation, store.SendWaiting, store.InPreparation),
	)

	DescribeTable("a reply goes to whom the part list says", func(parts symbian.PartList, to, cc string) {
		d := newDesk()
		_, raw, _ := d.makes(mtm.CreateReply{Into: store.Drafts, Original: d.holds(original, store.BodyWhole), CreateOptions: mtm.CreateOptions{Parts: parts}})
		h := fieldsOf(raw)
		Expect([]string{h.Get("To"), h.Get("Cc")}).To(Equal([]string{to, cc}))
	},
		Entry("the originator only", symbian.PartOriginator, `"Ben" <ben@example.org>`, ""),
		Entry("all", symbian.PartOriginator|symbian.PartRecipient, `"Ben" <ben@example.org>`, "<cleo@example.org>, <dora@example.org>"),
		Entry("the recipients only", symbian.PartRecipient, `"Demo" <demo@example.org>, <cleo@example.org>`, "<dora@example.org>"),
		Entry("neither", symbian.PartList(0), `"Demo" <demo@example.org>, <cleo@example.org>`, "<dora@example.org>"),
	)

	It("a reply names its thread, quotes nothing, and has the signature below the text", func() {
		d := newDesk(func(p *account.POP3) { p.SMTP.Signature = "Demo\nGull Rock" })
		e, raw, _ := d.makes(mtm.CreateReply{Into: store.Outbox, Original: d.holds(original, store.BodyHeader),
			CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyParts, Text: "Thanks!\n\n"}})
		h := fieldsOf(raw)
		Expect(h.Get("In-Reply-To")).To(Equal("<2@example.org>"))
		Expect(h.Get("References")).To(Equal("<1@example.org> <2@example.org>"))
		Expect(h.Subject()).To(Equal("Re: Grüße"))
		Expect(partsOf(raw)).To(Equal([]string{"text/plain: Thanks!\n\n-- \nDemo\nGull Rock\n"}))
		Expect(e.Details).To(Equal("Ben <ben@example.org>"))
	})

	It("a reply without a subject bit has none, and what the caller gives counts", func() {
		d := newDesk()
		id := d.holds(original, store.BodyWhole)
		e, raw, o := d.makes(mtm.CreateReply{Into: store.Outbox, Original: id, CreateOptions: mtm.CreateOptions{Parts: symbian.PartOriginator, To: []string{"ben@example.org, x@example.org"}}})
		Expect(e.Description).To(BeEmpty())
		Expect(raw).NotTo(ContainSubstring("Subject"))
		Expect(o.Recipients).To(HaveLen(2))
		e, _, _ = d.makes(mtm.CreateReply{Into: store.Outbox, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyParts, Subject: "New"}})
		Expect(e.Description).To(Equal("New"))
	})

	DescribeTable("what is sent on has a few lines of header, the text as it is, and its attachments",
		func(parts symbian.PartList, types symbian.TypeList, limit int, want ...string) {
			d := newDesk(func(p *account.POP3) { p.SMTP.ToCcIncludeLimit, p.SMTP.Signature = limit, "Demo" })
			e, raw, _ := d.makes(mtm.CreateForward{Into: store.Drafts, Original: d.holds(original, store.BodyWhole),
				CreateOptions: mtm.CreateOptions{Parts: parts, Types: types, Text: "See below."}})
			date := time.Date(2024, 5, 1, 7, 0, 0, 0, time.UTC).Local().Format(time.RFC1123Z)
			for i := range want {
				want[i] = strings.NewReplacer("HEAD", "----- Forward Header -----\nSubject: Grüße\nAuthor: Ben <ben@example.org>\n", "DATE", "Date: "+date).Replace(want[i])
			}
			Expect(partsOf(raw)).To(Equal(want))
			Expect(fieldsOf(raw).Subject()).To(Equal("Fwd: Grüße"))
			Expect(raw).NotTo(Or(ContainSubstring("In-Reply-To"), ContainSubstring("References")))
			Expect(e.Flags.Has(store.Attachment)).To(Equal(len(want) > 2))
			Expect(e.Email.Has(store.MHTML)).To(Equal(types == symbian.TypeMHTML))
			Expect(e.Details).To(BeEmpty(), "it goes to nobody yet")
			if len(want) > 2 {
				Expect(raw).To(ContainSubstring("filename=.._plan.pdf"))
			}
		},
		Entry("text and attachments", mtm.ForwardParts, symbian.TypeList(0), 0,
			"text/plain: See below.\n\n-- \nDemo\n\nHEADDATE\n\nGrüße aus Wien\n", "application/pdf: %PDF", "message/rfc822: Subject: within\n\ndeep"),
		Entry("the text alone", symbian.PartBody|symbian.PartDescription, symbian.TypeList(0), 0, "text/plain: See below.\n\n-- \nDemo\n\nHEADDATE\n\nGrüße aus Wien\n"),
		Entry("with the recipients, cut at the limit", symbian.PartBody|symbian.PartDescription, symbian.TypeList(0), 20,
			"text/plain: See below.\n\n-- \nDemo\n\nHEADTo: Demo <demo@example.o...\nCC: dora@example.org\nDATE\n\nGrüße aus Wien\n"),
		Entry("with its page", symbian.PartBody|symbian.PartDescription, symbian.TypeMHTML, 0, "text/plain: See below.\n\n-- \nDemo\n\nHEADDATE\n\nGrüße aus Wien\n",
			"text/html: <div style=\"white-space: pre-wrap\">See below.\n\n-- \nDemo\n\n----- Forward Header -----\nSubject: Grüße\nAuthor: Ben &lt;ben@example.org&gt;\nDATE</div>\n<hr>\n<p>Gruesse</p>"),
	)

	It("all texts of a message are sent on, and only alternatives are left out", func() {
		d := newDesk()
		id := d.holds("From: ben@example.org\nSubject: x\nContent-Type: multipart/mixed; boundary=cut\n\n--cut\nContent-Type: text/html\n\n<p>Your <b>plan</b></p>\n"+
			"--cut\nContent-Type: multipart/alternative; boundary=in\n\n--in\n\none\n--in\nContent-Type: text/html\n\n<p>one</p>\n--in--\n"+
			"--cut\nContent-Type: text/plain; name=a.log\nContent-Disposition: inline\n\nlog\n--cut--\n", store.BodyWhole)
		forward := d.mustDo(mtm.CreateForward{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ForwardParts}}).Result()
		parts := partsOf(string(d.body(forward.Messages[0])))
		Expect(parts[0]).To(HaveSuffix("\n\nYour plan\n\none\n\n----- a.log -----\n\nlog"))
		Expect(parts[1:]).To(Equal([]string{"text/html: <p>Your <b>plan</b></p>", "text/plain: log"}))
		Expect(forward.LeftOut).To(Equal([]mtm.LeftOut{{Path: "2.2", MediaType: "text/html", Size: 10}}))
		reply := d.mustDo(mtm.CreateReply{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyParts | symbian.PartBody}}).Result()
		Expect(partsOf(string(d.body(reply.Messages[0])))[0]).To(HaveSuffix("\n\nYour plan\n\none\n\n----- a.log -----\n\nlog"))
	})

	It("a reply goes to an internationalized address", func() {
		d := newDesk()
		id := d.holds("From: J\u00f6rg <j\u00f6rg@b\u00fccher.example>\nSubject: x\n\nx\n", store.BodyWhole)
		_, raw, o := d.makes(mtm.CreateReply{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyParts}})
		Expect(o.Recipients).To(Equal([]store.Recipient{{Address: "j\u00f6rg@xn--bcher-kva.example"}}))
		Expect(raw).To(ContainSubstring("<j\u00f6rg@xn--bcher-kva.example>"))
	})

	It("a page without a text is sent on as an attachment", func() {
		d := newDesk()
		id := d.holds("From: ben@example.org\nSubject: x\nContent-Type: text/html\n\n<p>Hi</p>\n", store.BodyWhole)
		e, raw, _ := d.makes(mtm.CreateForward{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: symbian.PartBody}})
		Expect(partsOf(raw)[1]).To(Equal("text/html: <p>Hi</p>\n"))
		Expect(raw).To(ContainSubstring("filename=message.html"))
		Expect(e.Flags.Has(store.Attachment)).To(BeTrue())
	})

	It("of what is here in part the text is sent on with its notice, and what is cut is not", func() {
		d := newDesk()
		cut := original[:strings.Index(original, "JVBE")+4]
		id := d.holds(cut, store.BodyPartial)
		_, raw, _ := d.makes(mtm.CreateForward{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ForwardParts}})
		Expect(partsOf(raw)).To(HaveLen(1))
		Expect(partsOf(raw)[0]).To(HaveSuffix("Grüße aus Wien\n\n[3 KB of this message are still on the server]\n"))
	})

	It("a message is embedded whole, every octet of it", func() {
		d := newDesk()
		id := d.holds(original, store.BodyWhole)
		e, raw, _ := d.makes(mtm.CreateForwardAsAttachment{Into: store.Outbox, Original: id,
			CreateOptions: mtm.CreateOptions{Parts: symbian.PartBody, To: []string{"ben@example.org"}, Text: "Look:"}})
		Expect(raw).To(ContainSubstring("Content-Type: message/rfc822\r\n"))
		Expect(raw).To(ContainSubstring("\r\n\r\n" + string(d.body(id)) + "\r\n--"))
		Expect(e.Flags.Has(store.Attachment)).To(BeTrue())
	})

	It("has what the account adds: card, reply address, receipt request, copy to self", func() {
		card := filepath.Join(GinkgoT().TempDir(), "demo.vcf")
		Expect(os.WriteFile(card, []byte("BEGIN:VCARD\r\nEND:VCARD\r\n"), 0o600)).To(Succeed())
		for kind, field := range map[account.CopyToSelf]string{account.CopyTo: "To", account.CopyCc: "Cc", account.CopyBcc: ""} {
			d := newDesk(func(p *account.POP3) {
				p.SMTP.VCard, p.SMTP.ReplyTo, p.SMTP.RequestReceipts, p.SMTP.CopyToSelf = card, "desk@example.org", true, kind
			})
			e, raw, o := d.makes(mtm.CreateNew{Into: store.Outbox, CreateOptions: mtm.CreateOptions{To: []string{"ben@example.org"}, Text: "Hi"}})
			h := fieldsOf(raw)
			Expect(h.Get("Reply-To")).To(Equal("<desk@example.org>"))
			Expect(h.Get("Disposition-Notification-To")).To(Equal("<desk@example.org>"))
			Expect(partsOf(raw)).To(Equal([]string{"text/plain: Hi\n", "text/vcard: BEGIN:VCARD\nEND:VCARD\n"}))
			Expect(e.Email).To(Equal(store.BodyTextComplete | store.VCard | store.Receipt))
			Expect(o.Recipients[len(o.Recipients)-1].Address).To(Equal("demo@example.org"))
			if field != "" {
				Expect(h.Get(field)).To(HaveSuffix(`"Demo" <demo@example.org>`))
			}
			Expect(strings.Count(raw, "demo@example.org>")).To(Equal(map[bool]int{true: 2, false: 1}[field != ""]), "From, and where it is asked for")
		}
	})

	It("a receipt goes to whom the message asks, always waits, and nobody hears of its failure", func() {
		d := newDesk(func(p *account.POP3) { p.SMTP.Send, p.SMTP.Signature = account.OnRequest, "Demo" })
		id := d.holds(original, store.BodyHeader)
		e, raw, o := d.makes(mtm.CreateReceipt{Into: store.Outbox, Original: id})
		h := fieldsOf(raw)
		Expect(h.Get("To")).To(Equal("<desk@example.org>"))
		Expect(h.Subject()).To(Equal("Receipt of message: Grüße"))
		Expect(h.Get("In-Reply-To")).To(Equal("<2@example.org>"))
		Expect(h.Get("Content-Type")).To(HavePrefix("multipart/report; "))
		Expect(h.Get("Content-Type")).To(ContainSubstring("report-type=disposition-notification"))
		parts := partsOf(raw)
		Expect(parts[0]).To(And(HavePrefix(`text/plain: The message "Grüße" was displayed on `), Not(ContainSubstring("-- "))))
		Expect(parts[1]).To(Equal("message/disposition-notification: Reporting-Ua: pop3mtm\nFinal-Recipient: rfc822; demo@example.org\n" +
			"Original-Message-Id: <2@example.org>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n"))
		Expect(e.Sending).To(Equal(store.SendWaiting))
		Expect(o.From).To(BeEmpty())
	})

	It("a receipt goes to the writer when the message asks for none; never for a receipt", func() {
		d := newDesk()
		_, raw, _ := d.makes(mtm.CreateReceipt{Into: store.Outbox, Original: d.holds("From: ben@example.org\nSubject: x\n\n", store.BodyWhole)})
		Expect(fieldsOf(raw).Get("To")).To(Equal("<ben@example.org>"))
		_, err := d.box.CreateReceipt(ctx, mtm.CreateReceipt{Into: store.Outbox, Original: d.holds(strings.ReplaceAll(raw, "\r\n", "\n"), store.BodyWhole)})
		Expect(err).To(MatchError(ContainSubstring("no receipt is sent for a receipt")))
	})

	DescribeTable("refuses what would not be a message, and leaves nothing", func(code symbian.Code, want string, cmd func(d desk) mtm.Command) {
		err := newDesk().refusesThis(cmd)
		Expect(err).To(MatchError(code))
		Expect(err).To(MatchError(ContainSubstring(want)))
		Expect(err.Error()).NotTo(ContainSubstring("\n"))
	},
		Entry("an address with a field", mtm.ErrArgument, "recipient (bcc)", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Bcc: []string{"a@b\r\nX: y"}}}
		}),
		Entry("a subject with a field", mtm.ErrArgument, "U+000A", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Subject: "x\nBcc: eve@example.org"}}
		}),
		Entry("a subject that is too long", mtm.ErrArgument, "longer than 900", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Subject: strings.Repeat("x", 901)}}
		}),
		Entry("a file in a folder", mtm.ErrArgument, "contains a directory", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Attachments: []mtm.AttachmentFile{{Name: "a/b", Reader: strings.NewReader("")}}}}
		}),
		Entry("a file that cannot be read", mtm.ErrUnknown, "the disk is gone", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Attachments: []mtm.AttachmentFile{{Name: "a", Reader: io.MultiReader(strings.NewReader("abc"), broken{})}}}}
		}),
		Entry("a text that is not UTF-8", mtm.ErrArgument, "UTF-8", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Text: "\xff"}}
		}),
		Entry("to the Outbox for nobody", mtm.ErrArgument, "needs a recipient", func(desk) mtm.Command { return mtm.CreateNew{Into: store.Outbox} }),
		Entry("a folder that is not there", mtm.ErrNotFound, "destination", func(desk) mtm.Command { return mtm.CreateNew{Into: 99} }),
		Entry("an entry that is not a folder", mtm.ErrNotSupported, "not a folder", func(d desk) mtm.Command { return mtm.CreateNew{Into: d.id} }),
		Entry("an original that is not there", mtm.ErrNotFound, "99", func(desk) mtm.Command {
			return mtm.CreateReply{Into: store.Drafts, Original: 99}
		}),
		Entry("an original that names nobody", mtm.ErrArgument, "has no address", func(d desk) mtm.Command {
			return mtm.CreateReply{Into: store.Drafts, Original: d.holds("Subject: x\n\n", store.BodyWhole), CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyParts}}
		}),
		Entry("an original that names more than a message may go to", mtm.ErrArgument, "has 10001 addresses", func(d desk) mtm.Command {
			crowd := strings.Repeat("a@example.org,\n ", 10_000)
			return mtm.CreateReply{Into: store.Drafts, Original: d.holds("From: ada@example.org\nTo: "+crowd+"b@example.org\n\n", store.BodyWhole), CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyAllParts &^ symbian.PartOriginator}}
		}),
		Entry("an original whose header is too long", mtm.ErrArgument, "longer than 1 MiB", func(d desk) mtm.Command {
			id := d.holds("From: ada@example.org\nX: "+strings.Repeat("x\n ", 300_000)+"\nTo: ben@example.org\n\n", store.BodyWhole)
			return mtm.CreateReply{Into: store.Drafts, Original: id, CreateOptions: mtm.CreateOptions{Parts: mtm.ReplyAllParts}}
		}),
		Entry("to send on parts that nobody takes apart", mtm.ErrArgument, "nested more than 50 deep", func(d desk) mtm.Command {
			var deep strings.Builder
			for i := range 60 {
				fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
			}
			return mtm.CreateForward{Into: store.Drafts, Original: d.holds("From: ada@example.org\n"+deep.String(), store.BodyWhole), CreateOptions: mtm.CreateOptions{Parts: mtm.ForwardParts}}
		}),
		Entry("to send on what is not here", mtm.ErrNotFound, "get it first", func(d desk) mtm.Command {
			return mtm.CreateForward{Into: store.Drafts, Original: d.holds(original, store.BodyHeader), CreateOptions: mtm.CreateOptions{Parts: mtm.ForwardParts}}
		}),
		Entry("to embed what is here in part", mtm.ErrNotFound, "not whole", func(d desk) mtm.Command {
			return mtm.CreateForwardAsAttachment{Into: store.Drafts, Original: d.holds(original, store.BodyPartial), CreateOptions: mtm.CreateOptions{Parts: symbian.PartBody}}
		}),
		Entry("to embed nothing", mtm.ErrArgument, "neither", func(d desk) mtm.Command {
			return mtm.CreateForwardAsAttachment{Into: store.Drafts, Original: d.holds(original, store.BodyWhole)}
		}),
		Entry("an entry that is not a service", mtm.ErrNotFound, "smtp-host", func(desk) mtm.Command {
			return mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{Service: 99}}
		}),
		Entry("a card that is not there", mtm.ErrNotFound, "smtp-vcard", func(d desk) mtm.Command {
			a, err := mtm.FindAccount(ctx, d.store, "work")
			Expect(err).NotTo(HaveOccurred())
			a.POP3.SMTP.VCard = "/nowhere/me.vcf"
			Expect(mtm.SetAccount(ctx, d.store, d.id, a.POP3)).To(Succeed())
			return mtm.CreateNew{Into: store.Drafts}
		}),
	)

	It("needs an account that sends", func() {
		d := desk{newBench(nil, nil, nil)}
		Expect(d.refuses(mtm.CreateNew{Into: store.Drafts})).To(MatchError(mtm.ErrNotFound))
	})

	It("belongs to the service that is given, else to the original's, else to the first that sends", func() {
		d := desk{newBench(nil, nil, nil)}
		other, err := mtm.AddAccount(ctx, d.store, "home", func() account.POP3 {
			p := account.Defaults()
			p.Host, p.LoginName = "127.0.0.1", "home"
			canSend(&p)
			p.SMTP.From = "home@example.net"
			return p
		}())
		Expect(err).NotTo(HaveOccurred())
		_, raw, _ := d.makes(mtm.CreateNew{Into: store.Drafts})
		Expect(fieldsOf(raw).Get("From")).To(Equal("<home@example.net>"), "the first that there is")
		a, err := mtm.FindAccount(ctx, d.store, "work")
		Expect(err).NotTo(HaveOccurred())
		canSend(&a.POP3)
		Expect(mtm.SetAccount(ctx, d.store, d.id, a.POP3)).To(Succeed())
		_, raw, _ = d.makes(mtm.CreateReply{Into: store.Drafts, Original: d.holds(original, store.BodyWhole), CreateOptions: mtm.CreateOptions{Service: other}})
		Expect(fieldsOf(raw).Get("From")).To(Equal("<home@example.net>"), "the given one")
		_, raw, _ = d.makes(mtm.CreateReply{Into: store.Drafts, Original: d.holds(original, store.BodyWhole)})
		Expect(fieldsOf(raw).Get("From")).To(ContainSubstring("demo@example.org"), "the original's")
	})

	It("goes on beside a command that uses the line, and a cancel leaves nothing", func() {
		d := newDesk()
		d.mustDo(mtm.Connect{})
		reading, writing := io.Pipe()
		op, err := d.box.InvokeAsync(ctx, mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{
			Attachments: []mtm.AttachmentFile{{Name: "slow", Reader: reading}},
		}})
		Expect(err).NotTo(HaveOccurred())
		Expect(writing.Write(bytes.Repeat([]byte("x"), 100_000))).To(Equal(100_000))
		Expect(d.box.Busy()).To(BeFalse())
		d.mustDo(mtm.Disconnect{})
		Expect(op.Progress().Message).To(BeZero())
		op.Cancel()
		Expect(writing.Close()).To(Succeed())
		Expect(op.Wait()).To(MatchError(mtm.ErrCancelled))
		Expect(op.Progress().Message).To(BeZero())
		Expect(d.children(store.Drafts)).To(BeEmpty())
		d.sound()
	})

	It("holds no attachment in memory", func() {
		const size = 16 << 20
		d := newDesk()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := d.box.CreateNew(ctx, mtm.CreateNew{Into: store.Drafts, CreateOptions: mtm.CreateOptions{
			Attachments: []mtm.AttachmentFile{{Name: "large", Reader: io.LimitReader(zeros{}, size)}},
		}})
		Expect(err).NotTo(HaveOccurred())
		runtime.ReadMemStats(&after)
		Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", size/2), "all that was ever allocated")
	})
})

func (d desk) refusesThis(cmd func(desk) mtm.Command) error {
	GinkgoHelper()
	return d.refuses(cmd(d))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
