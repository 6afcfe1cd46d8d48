package store_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("Flags", func() {
	It("have the original's bits", func() {
		Expect(store.New | store.Unread | store.Failed | store.Operation).To(BeEquivalentTo(0xF0))
		Expect(store.Invisible | store.InPreparation | store.Connected).To(BeEquivalentTo(0x1010200))
		Expect(store.Receipt | store.BodyTextComplete | store.OpMultiple).To(BeEquivalentTo(0xC84))
		Expect(store.PartialDownload | store.ICalendar).To(BeEquivalentTo(0x30000000))
		Expect(store.SendNotApplicable).To(BeEquivalentTo(9))
	})

	It("are set, cleared and named", func() {
		f := store.New.With(store.Unread | store.Complete).Without(store.New)
		Expect(f.Has(store.Unread | store.Complete)).To(BeTrue())
		Expect(f.Has(store.Unread | store.New)).To(BeFalse())
		Expect(f.String()).To(Equal("unread,complete"))
		Expect((store.New | 0x400).String()).To(Equal("new,0x400"))
		e := store.MHTML.With(store.Receipt).WithOperation(store.OpMoveTo)
		Expect(e.String()).To(Equal("receipt,mhtml,op=move-to"))
		Expect(e.WithOperation(store.OpNone).Operation()).To(Equal(store.OpNone))
		Expect(store.EmailFlags(0xF00).String()).To(Equal("op=0xf00"))
	})

	It("and enumerations have a name for every value", func() {
		for i := range 10 {
			Expect(store.SendingState(i).String()).NotTo(ContainSubstring("state-"))
		}
		Expect(store.SendingState(10).String()).To(Equal("sending-state-10"))
		Expect(store.TypeMessage.String() + store.TypeRoot.String()).To(Equal("messageroot"))
		Expect(store.Type(9).String() + store.BodyKind(9).String()).To(Equal("type-9body-9"))
	})
})
