package mtm_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fixtures"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

var _ = Describe("a server that cuts what it sends into pieces", func() {
	It("makes no difference to what is fetched and kept", func() {
		var kept [][]string
		for _, fragment := range fakeserver.Fragments() {
			b := newBench(&fakeserver.Options{Fragment: fragment}, nil, fixtures.Mail())
			b.mustDo(mtm.GetMail{Which: mtm.All, Take: mtm.Move, Link: mtm.ThenDisconnect, Into: store.Inbox})
			var bodies []string
			for _, e := range b.inbox() {
				bodies = append(bodies, e.UID+"\n"+string(b.body(e.ID)))
			}
			Expect(b.drop.UIDs()).To(BeEmpty())
			b.sound()
			kept = append(kept, bodies)
		}
		Expect(kept[0]).To(HaveLen(len(fixtures.Mail())))
		Expect(kept[1:]).To(HaveEach(Equal(kept[0])))
	})
})
