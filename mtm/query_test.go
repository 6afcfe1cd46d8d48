package mtm_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
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

	DescribeTable("about addresses", func(address string, valid bool) {
		if valid {
			Expect(mtm.ValidateAddress(address)).To(Succeed())
		} else {
			Expect(mtm.ValidateAddress(address)).To(MatchError(mtm.ErrArgument))
		}
	},
		Entry("plain", "a@b", true),
		Entry("with a name", `"A. B." <a@example.org>`, true),
		Entry("two dots in the mailbox", "a..b@example.org", true),
		Entry("a route", "@x,@y:a@b", true),
		Entry("a quoted mailbox", `"a b"@example.org`, true),
		Entry("a route to nowhere", "@x:", false),
		Entry("a route without a colon", "@b", false),
		Entry("empty", "", false),
		Entry("no @", "ab", false),
		Entry("nothing after", "a@", false),
		Entry("a leading dot", ".a@b", false),
		Entry("a trailing dot", "a.@b", false),
		Entry("a leading dot in the domain", "a@.b", false),
		Entry("a trailing dot in the domain", "a@b.", false),
		Entry("two dots in the domain", "a@b..c", false),
		Entry("brackets that do not pair", "<a@b", false),
		Entry("two pairs", "<a@b> <c@d>", false),
		Entry("a line break", "a@b\r\nBcc: x", false),
		Entry("a blank", "a b@c", false),
	)

	It("addressees are added with their alias and removed by index", func() {
		var list mtm.Addressees
		Expect(list.Add("a@b", "")).To(Succeed())
		Expect(list.Add("c@d", `The "C"`)).To(Succeed())
		Expect(list.Add("nobody", "")).To(MatchError(mtm.ErrArgument))
		Expect(list.Add("c@d", "a\r\nBcc: x")).To(MatchError(mtm.ErrArgument))
		Expect(list).To(Equal(mtm.Addressees{"a@b", `"The \"C\"" <c@d>`}))
		list.Remove(-1)
		list.Remove(2)
		list.Remove(0)
		Expect(list).To(Equal(mtm.Addressees{`"The \"C\"" <c@d>`}))
	})
})

var _ = Describe("Finding text (behaviour section 14)", func() {
	ctx := context.Background()
	const text = "From: Anna <anna@example.org>\r\nTo: Bert <bert@example.org>\r\nCc: cilla@example.org\r\n" +
		"Bcc: dora@example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_Wien?=\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"Das M=E4dchen winkt.\r\n"

	DescribeTable("says in which parts it is", func(what string, parts mtm.PartList, o mtm.FindOption, want mtm.PartList) {
		b := newBench(nil, nil, []maildrop.Message{maildrop.Bytes("a", []byte(text))})
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		Expect(mtm.Find(ctx, b.store, b.inbox()[0].ID, what, parts, o)).To(Equal(want))
	},
		Entry("body, decoded", "mädchen", mtm.PartBody, mtm.FindOption(0), mtm.PartBody),
		Entry("body, case", "mädchen", mtm.PartBody, mtm.FindCaseSensitive, mtm.PartList(0)),
		Entry("subject, decoded", "grüße", mtm.PartDescription, mtm.FindOption(0), mtm.PartDescription),
		Entry("subject by its newer bit", "WIEN", mtm.PartSubject|mtm.PartFrom, mtm.FindOption(0), mtm.PartSubject),
		Entry("recipient in Cc", "cilla", mtm.PartRecipient, mtm.FindOption(0), mtm.PartRecipient),
		Entry("Bcc is Bcc", "dora", mtm.PartCc|mtm.PartBcc, mtm.FindOption(0), mtm.PartBcc),
		Entry("originator", "anna@", mtm.PartOriginator|mtm.PartRecipient, mtm.FindOption(0), mtm.PartOriginator),
		Entry("nowhere", "zebra", mtm.PartBody|mtm.PartRecipient|mtm.PartOriginator|mtm.PartDescription, mtm.FindOption(0), mtm.PartList(0)),
		Entry("part of a word", "mäd", mtm.PartBody, mtm.FindWholeWord, mtm.PartList(0)),
		Entry("a whole word", "mädchen", mtm.PartBody, mtm.FindWholeWord, mtm.PartBody),
		Entry("wildcards", "m?dchen*kt", mtm.PartBody, mtm.FindWildcard, mtm.PartBody),
		Entry("a star without wildcards", "m*dchen", mtm.PartBody, mtm.FindOption(0), mtm.PartList(0)),
	)

	It("searches a message of many parts once, and says what it leaves out", func() {
		b := newBench(nil, nil, []maildrop.Message{maildrop.Bytes("a", manyParts(10_001))})
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		f, err := mtm.NewFinder("zebra", mtm.PartBody, 0)
		Expect(err).NotTo(HaveOccurred())
		found, err := f.Find(ctx, b.store, b.inbox()[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.Parts).To(BeZero())
		Expect(found.Notice()).To(Equal("more than 10,000 parts"))
		Expect(mtm.Find(ctx, b.store, b.inbox()[0].ID, "number 3000", mtm.PartBody, mtm.FindWholeWord)).To(Equal(mtm.PartBody))
	})

	It("refuses a text that is too long or not UTF-8", func() {
		for _, text := range []string{strings.Repeat("x", 1025), "\xff"} {
			_, err := mtm.NewFinder(text, mtm.PartBody, 0)
			Expect(err).To(MatchError(mtm.ErrArgument))
		}
	})

	It("searches a header alone, and refuses to find nothing", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(mtm.Connect{})
		id := b.mailbox()[0].ID
		Expect(mtm.Find(ctx, b.store, id, "letter 1", mtm.PartDescription|mtm.PartBody, 0)).To(Equal(mtm.PartDescription))
		_, err := mtm.Find(ctx, b.store, id, "", mtm.PartBody, 0)
		Expect(err).To(MatchError(mtm.ErrArgument))
		_, err = mtm.Find(ctx, b.store, 999, "x", mtm.PartBody, 0)
		Expect(err).To(MatchError(mtm.ErrNotFound))
	})
})

var _ = Describe("An e-mail entry (behaviour section 11)", func() {
	ctx := context.Background()

	It("has the flags that the message calls for", func() {
		names := []string{"plain", "html", "attachments", "calendar", "vcard"}
		b := newBench(nil, nil, fixtures.Mail(names...))
		b.mustDo(get(mtm.All, mtm.Copy, mtm.ThenDisconnect))
		flags := map[string]store.EmailFlags{"html": store.MHTML, "calendar": store.ICalendar, "vcard": store.VCard}
		for i, name := range names {
			e, err := mtm.Email(ctx, b.store, b.inbox()[i].ID)
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

	DescribeTable("tells in the store what the message carries, as soon as it is whole", func(without string, fetch ...mtm.Command) {
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
			told, err := mtm.Email(ctx, b.store, e.ID)
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

	It("of a header alone has no parts, and no entry is none", func() {
		b := newBench(nil, nil, mails(1))
		b.mustDo(mtm.Connect{})
		e, err := mtm.Email(ctx, b.store, b.mailbox()[0].ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(e.Parts).To(BeEmpty())
		_, err = mtm.Email(ctx, b.store, b.id)
		Expect(err).To(MatchError(store.ErrNotFound))
	})

	DescribeTable("of a message complete in part says how much is left",
		func(message maildrop.Message, lines int, want string, parts int) {
			b := newBench(nil, nil, []maildrop.Message{message}, stay)
			b.mustDo(mtm.Connect{})
			b.mustDo(mtm.Populate{Which: mtm.All, Top: true, Lines: lines})
			e, err := mtm.Email(ctx, b.store, b.mailbox()[0].ID)
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

// withAttachment is a letter with an attachment of 26,000 octets, from its line 9 on.
func withAttachment() maildrop.Message {
	text := "From: a@example.org\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n" +
		"--xx\r\nContent-Type: text/plain\r\n\r\nHello\r\n" +
		"--xx\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n" +
		strings.Repeat("0123456789abcdef0123456\r\n", 1040) + "--xx--\r\n"
	return maildrop.Bytes("attached", []byte(text))
}

// manyParts makes a message of n small text parts.
func manyParts(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	for i := range n {
		fmt.Fprintf(&b, "--b\r\nContent-Type: text/plain\r\n\r\nnumber %d\r\n", i)
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// BenchmarkFind searches messages of 3,000 parts and of 6,000: twice the parts, twice the time.
func BenchmarkFind(b *testing.B) {
	for _, parts := range []int{3_000, 6_000} {
		b.Run(strconv.Itoa(parts), func(b *testing.B) {
			raw := manyParts(parts)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				b.StopTimer()
				st, id := storeOf(b, raw)
				b.StartTimer()
				found, err := mtm.Find(context.Background(), st, id, "zebra", mtm.PartBody, 0)
				if err != nil || found != 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}

// storeOf makes a store with one message, which nobody has taken apart yet.
func storeOf(b *testing.B, raw []byte) (*store.Store, store.ID) {
	b.Helper()
	st, err := store.Open(b.TempDir(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	batch := st.NewBatch()
	w := batch.Body(store.BodyWhole)
	_, err = w.Write(raw)
	if err != nil {
		b.Fatal(err)
	}
	e := store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Service: store.Local, Flags: store.Complete}
	e.Body, err = w.Close()
	if err != nil {
		b.Fatal(err)
	}
	batch.Add(&e)
	if err := batch.Commit(context.Background()); err != nil {
		b.Fatal(err)
	}
	return st, e.ID
}
