package mtm_test

import (
	"context"
	"math"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/email"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

var _ = Describe("Queries (behaviour section 14)", func() {
	DescribeTable("about capabilities", func(c symbian.Capability, want int64, code int) {
		got, err := symbian.Query(c)
		Expect(mtm.Code(err)).To(Equal(code))
		Expect(got).To(Equal(want))
	},
		Entry("MaxBodySize", symbian.MaxBodySize, int64(math.MaxInt32), 0),
		Entry("MaxTotalSize", symbian.MaxTotalSize, int64(math.MaxInt32), 0),
		Entry("EditorUID", symbian.EditorUID, int64(0x10003C53), 0),
		Entry("SupportedBody", symbian.SupportedBody, int64(15), 0),
		Entry("SupportAttachments", symbian.SupportAttachments, int64(0), 0),
		Entry("CanReceive", symbian.CanReceive, int64(0), 0),
		Entry("CanSend", symbian.CanSend, int64(0), -5),
		Entry("MaxRecipients", symbian.MaxRecipients, int64(0), -5),
		Entry("an unknown one", symbian.Capability(99), int64(0), -5),
	)
})

var _ = Describe("An e-mail entry (behaviour section 11)", func() {
	ctx := context.Background()

	It("has the flags that the message calls for", func() {
		names := []string{"plain", "html", "attachments", "calendar", "vcard"}
		b := newBench(nil, nil, fixtures.Mail(names...))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		flags := map[string]store.EmailFlags{"html": store.MHTML, "calendar": store.ICalendar, "vcard": store.VCard}
		slices.Reverse(names) // the newest is first
		for i, name := range names {
			e, err := email.Read(ctx, b.store, b.inbox()[i].ID)
			Expect(err).NotTo(HaveOccurred())
			for _, bit := range []store.EmailFlags{store.MHTML, store.ICalendar, store.VCard} {
				if bit != store.MHTML || name == "html" || name == "plain" {
					Expect(e.Entry.Email.Has(bit)).To(Equal(flags[name] == bit), name)
				}
			}
			if name == "attachments" || name == "plain" {
				Expect(e.Flags.Has(store.Attachment)).To(Equal(name == "attachments"), name)
			}
			Expect(e.PartialNotice()).To(BeEmpty())
		}
	})

	DescribeTable("shows in the store what the message carries, as soon as it is whole", func(without string, fetch ...mtm.Command) {
		names := []string{"plain", "html", "attachments", "calendar", "vcard", "forward", "inline-image", "digest"}
		b := newBench(&fakeserver.Options{Without: strings.Fields(without)}, nil, fixtures.Mail(names...))
		for _, cmd := range fetch {
			b.mustDo(cmd)
		}
		whole := 0
		for _, e := range append(b.inbox(), b.mailbox()...) {
			if e.Body.Kind != store.BodyWhole {
				continue
			}
			whole++
			told, err := email.Read(ctx, b.store, e.ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(e.Flags).To(Equal(told.Flags), e.Description)
			Expect(e.Email).To(Equal(told.Entry.Email), e.Description)
		}
		Expect(whole).To(BeNumerically(">=", len(names)))
	},
		Entry("get", "", get(mtm.All, mtm.Copy, mtm.ThenDisconnect)),
		Entry("move", "", get(mtm.All, mtm.Move, mtm.ThenDisconnect)),
		Entry("get after a refresh", "", mtm.Connect{}, get(mtm.All, mtm.Copy, mtm.WhileConnected)),
		Entry("populate", "", mtm.Connect{}, mtm.Populate{Which: mtm.All}),
		Entry("populate, then get", "", mtm.Connect{}, mtm.Populate{Which: mtm.All}, get(mtm.All, mtm.Copy, mtm.WhileConnected)),
		Entry("a refresh without TOP", "TOP", mtm.Connect{}),
		Entry("a refresh without TOP, then get", "TOP", mtm.Connect{}, get(mtm.All, mtm.Copy, mtm.WhileConnected)),
	)

	It("of a header alone has no parts", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(mtm.Connect{})
		e, err := email.Read(ctx, b.store, b.mailbox()[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(e.Parts).To(BeEmpty())
		_, err = email.Read(ctx, b.store, b.id)
		Expect(err).To(MatchError(store.ErrNotFound))
	})

	DescribeTable("of a message complete in part says how much is left",
		func(message maildrop.Message, lines int, want string, parts int) {
			b := newBench(nil, nil, []maildrop.Message{message}, stay)
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Populate{Which: mtm.All, Top: true, Lines: lines})
			e, err := email.Read(ctx, b.store, b.mailbox()[0].ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(e.PartialNotice()).To(Equal(want))
			Expect(e.Parts).To(HaveLen(parts))
		},
		Entry("in KB, rounded down", long(500), 10, "[12 KB of this message are still on the server]", 1),
		Entry("at least 1 KB", long(500), 495, "[1 KB of this message are still on the server]", 1),
		Entry("nothing when it is whole", long(5), 5, "", 1),
		Entry("with a cut attachment, which is left out", withAttachment(), 12, "[25 KB of this message are still on the server]", 1),
	)
})

// withAttachment returns a letter with an attachment of 26,000 octets, from its line 9 on.
func withAttachment() maildrop.Message {
	text := "From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n" +
		"--xx\r\nContent-Type: text/plain\r\n\r\nHello\r\n" +
		"--xx\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n" +
		strings.Repeat("0123456789abcdef0123456\r\n", 1040) + "--xx--\r\n"
	return maildrop.Bytes("attached", []byte(text))
}
