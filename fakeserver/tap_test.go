package fakeserver_test

import (
	"bytes"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("what a judge needs to know of a session", func() {
	It("is which message of the maildrop a command is about, whatever number it has", func() {
		o := &fakeserver.Options{Views: []fakeserver.View{fakeserver.Reversed()}, Tap: func(int, []byte) {}}
		srv := fakeserver.New(three(), o)
		pipe(srv, "USER demo\r\nPASS demo\r\nRETR 1\r\nTOP 3 0\r\nDELE 2\r\nLIST 1\r\nRETR 9\r\nRETR x\r\nRETR\r\n")
		Expect(srv.Close()).To(Succeed())
		uids := three().UIDs()
		var named []string
		for _, c := range srv.Transcript(1).Commands[2:] {
			named = append(named, c.Message)
		}
		Expect(named).To(Equal([]string{uids[2], uids[0], uids[1], "", "", "", "", ""}))
	})

	It("is every octet that was sent, faults included", func() {
		var tapped bytes.Buffer
		o := &fakeserver.Options{TranscriptOctets: -1, Tap: func(session int, octets []byte) {
			Expect(session).To(Equal(1))
			tapped.Write(octets)
		}}
		srv := fakeserver.New(three(), o)
		srv.On(fakeserver.Match{Verb: "RETR"}, fakeserver.Auto.With(edit.CutAfter(9, edit.Close)))
		said := pipe(srv, "USER demo\r\nPASS demo\r\nRETR 1\r\n")
		Expect(srv.Close()).To(Succeed())
		Expect(tapped.String()).To(Equal(said))
		Expect(said).NotTo(BeEmpty())
	})
})
