package features

import (
	"net"
	"net/textproto"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// dialogue returns what a server says to commands, to each with the edit.
func dialogue(drop *fakeserver.Maildrop, change edit.Edit, commands ...string) (replies []string) {
	GinkgoHelper()
	server := fakeserver.New(drop, nil)
	near, far := net.Pipe()
	go server.ServeConn(far)
	defer func() { Expect(near.Close()).To(Succeed()) }()
	c := textproto.NewConn(near)
	_, err := c.ReadLine()
	Expect(err).NotTo(HaveOccurred())
	for _, login := range []string{"USER demo", "PASS demo"} {
		Expect(c.PrintfLine("%s", login)).To(Succeed())
		_, err = c.ReadLine()
		Expect(err).NotTo(HaveOccurred())
	}
	if change != nil {
		for _, verb := range []string{"LIST", "UIDL", "STAT"} {
			server.On(fakeserver.Match{Verb: verb}, fakeserver.Auto.With(change))
		}
	}
	for _, command := range commands {
		Expect(c.PrintfLine("%s", command)).To(Succeed())
		reply, err := c.ReadLine()
		Expect(err).NotTo(HaveOccurred())
		if command == "LIST" || command == "UIDL" {
			rows, err := c.ReadDotBytes()
			Expect(err).NotTo(HaveOccurred())
			reply += "\n" + string(rows)
		}
		replies = append(replies, reply)
	}
	return replies
}

var _ = Describe("An answer to a list that a step scripts", func() {
	DescribeTable("leaves replies of one line and empty lists alone", func(answer string) {
		empty := []string{"LIST", "UIDL"}
		Expect(dialogue(fakeserver.NewMaildrop(), answers()[answer], empty...)).To(Equal(dialogue(fakeserver.NewMaildrop(), nil, empty...)))
		full := func() *fakeserver.Maildrop {
			return fakeserver.NewMaildrop(maildrop.Bytes("a", []byte("Subject: Lunch\r\n\r\nHi.\r\n")))
		}
		short := []string{"LIST 1", "UIDL 1", "LIST 2", "STAT"}
		Expect(dialogue(full(), answers()[answer], short...)).To(Equal(dialogue(full(), nil, short...)))
		if answer != "the messages in another order" {
			Expect(dialogue(full(), answers()[answer], empty...)).NotTo(Equal(dialogue(full(), nil, empty...)))
		}
	},
		Entry(nil, "one message missing"),
		Entry(nil, "one message twice"),
		Entry(nil, "a row that cannot be read"),
		Entry(nil, "the messages in another order"),
	)
})
