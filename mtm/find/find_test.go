package find_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/find"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

func TestFind(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "find")
}

var _ = Describe("Finding text (behaviour section 14)", func() {
	ctx := context.Background()
	const text = "From: Anna <anna@example.org>\r\nTo: Bert <bert@example.org>\r\nCc: cilla@example.org\r\n" +
		"Bcc: dora@example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_Wien?=\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"Das M=E4dchen winkt.\r\n"

	DescribeTable("says in which parts it is", func(what string, parts symbian.PartList, o find.Options, want symbian.PartList) {
		st, id := storeOf(GinkgoTB(), []byte(text), store.BodyWhole)
		Expect(search(st, id, what, parts, o)).To(Equal(want))
	},
		Entry("body, decoded", "mädchen", symbian.PartBody, find.Options(0), symbian.PartBody),
		Entry("body, case", "mädchen", symbian.PartBody, find.CaseSensitive, symbian.PartList(0)),
		Entry("subject, decoded", "grüße", symbian.PartDescription, find.Options(0), symbian.PartDescription),
		Entry("subject by its newer bit", "WIEN", symbian.PartSubject|symbian.PartFrom, find.Options(0), symbian.PartSubject),
		Entry("recipient in Cc", "cilla", symbian.PartRecipient, find.Options(0), symbian.PartRecipient),
		Entry("Bcc is Bcc", "dora", symbian.PartCc|symbian.PartBcc, find.Options(0), symbian.PartBcc),
		Entry("originator", "anna@", symbian.PartOriginator|symbian.PartRecipient, find.Options(0), symbian.PartOriginator),
		Entry("nowhere", "zebra", symbian.PartBody|symbian.PartRecipient|symbian.PartOriginator|symbian.PartDescription, find.Options(0), symbian.PartList(0)),
		Entry("part of a word", "mäd", symbian.PartBody, find.WholeWord, symbian.PartList(0)),
		Entry("a whole word", "mädchen", symbian.PartBody, find.WholeWord, symbian.PartBody),
		Entry("wildcards", "m?dchen*kt", symbian.PartBody, find.Wildcard, symbian.PartBody),
		Entry("a star without wildcards", "m*dchen", symbian.PartBody, find.Options(0), symbian.PartList(0)),
	)

	It("searches a message of many parts once, and says what it leaves out", func() {
		st, id := storeOf(GinkgoTB(), manyParts(10_001), store.BodyWhole)
		f, err := find.New(st, "zebra", symbian.PartBody, 0)
		Expect(err).NotTo(HaveOccurred())
		found, err := f.Find(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.Parts).To(BeZero())
		Expect(found.Notice()).To(Equal("more than 10,000 parts"))
		Expect(search(st, id, "number 3000", symbian.PartBody, find.WholeWord)).To(Equal(symbian.PartBody))
	})

	It("refuses a text that is too long or not UTF-8", func() {
		for _, text := range []string{strings.Repeat("x", 1025), "\xff"} {
			_, err := find.New(nil, text, symbian.PartBody, 0)
			Expect(err).To(MatchError(symbian.ErrArgument))
		}
	})

	It("searches a header alone, and refuses to find nothing", func() {
		st, id := storeOf(GinkgoTB(), []byte("Subject: letter 1\r\n\r\n"), store.BodyHeader)
		Expect(search(st, id, "letter 1", symbian.PartDescription|symbian.PartBody, 0)).To(Equal(symbian.PartDescription))
		_, err := search(st, id, "", symbian.PartBody, 0)
		Expect(err).To(MatchError(symbian.ErrArgument))
		_, err = search(st, 999, "x", symbian.PartBody, 0)
		Expect(err).To(MatchError(symbian.ErrNotFound))
	})
})

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
				st, id := storeOf(b, raw, store.BodyWhole)
				b.StartTimer()
				found, err := search(st, id, "zebra", symbian.PartBody, 0)
				if err != nil || found != 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
}

// search is New and Find for one message.
func search(st *store.Store, id store.ID, text string, parts symbian.PartList, o find.Options) (symbian.PartList, error) {
	f, err := find.New(st, text, parts, o)
	if err != nil {
		return 0, err
	}
	found, err := f.Find(context.Background(), id)
	return found.Parts, err
}

// storeOf makes a store with one message, which nobody has taken apart yet.
func storeOf(t testing.TB, raw []byte, kind store.BodyKind) (*store.Store, store.ID) {
	t.Helper()
	st, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	batch := st.NewBatch()
	w := batch.Body(kind)
	if _, err = w.Write(raw); err != nil {
		t.Fatal(err)
	}
	e := store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Service: store.Local}
	if kind == store.BodyWhole {
		e.Flags = store.Complete
	}
	if e.Body, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	batch.Add(&e)
	if err := batch.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	return st, e.ID
}
