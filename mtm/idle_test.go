package mtm_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

var _ = Describe("A line that drops while idle (behaviour section 3)", func() {
	It("is noticed without a command, and a new connect works", func() {
		b := newBench(nil, nil, mails(2))
		b.mustDo(mtm.Connect{})
		Expect(b.box.Err()).NotTo(HaveOccurred())
		Expect(b.srv.Close()).To(Succeed())
		Eventually(b.box.Connected).WithTimeout(patience).Should(BeFalse())
		Eventually(b.box.Err).WithTimeout(patience).Should(MatchError(mtm.ErrDisconnected))
		Eventually(func() store.Flags { return b.mailbox()[0].Flags }).WithTimeout(patience).Should(Equal(store.New | store.Invisible))
		_, err := b.do(mtm.Connect{})
		Expect(err).To(MatchError(mtm.ErrCannotConnect), "the server is gone")
		Expect(b.box.Err()).NotTo(HaveOccurred(), "a connect starts afresh")
	})

	It("does not disturb commands that come one after the other", func() {
		b := newBench(nil, nil, mails(3))
		for range 5 {
			b.mustDo(mtm.Connect{})
			b.mustDo(get(mtm.All, mtm.Copy, mtm.WhileConnected))
			b.mustDo(mtm.Populate{Which: mtm.All})
			b.mustDo(mtm.Disconnect{})
		}
		Expect(b.box.Err()).NotTo(HaveOccurred())
	})
})

func TestAConnectionWithoutTrafficEndsAfterHalfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := fakeserver.New(fakeserver.NewMaildrop(mails(1)...), &fakeserver.Options{IdleTimeout: 24 * time.Hour})
		st, box := pipeClient(t, srv)
		if err := box.InvokeSync(t.Context(), mtm.Connect{}); err != nil {
			t.Fatal(err)
		}
		<-time.After(29 * time.Minute)
		synctest.Wait()
		if !box.Connected() {
			t.Error("dropped too early")
		}
		<-time.After(2 * time.Minute)
		synctest.Wait()
		if box.Connected() || !errors.Is(box.Err(), mtm.ErrTimedOut) {
			t.Errorf("connected %v, %v; want a timeout", box.Connected(), box.Err())
		}
		for _, close := range []func() error{box.Close, srv.Close, st.Close} {
			if err := close(); err != nil {
				t.Error(err)
			}
		}
	})
}
