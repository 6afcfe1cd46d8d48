package fakeserver_test

import (
	"context"
	"strings"
	"sync"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the transcript of a long session", func() {
	const count = 3000

	It("has every line, command and rule, and a follower who reads while it grows gets the same", func() {
		srv := fakeserver.New(three(), &fakeserver.Options{Timed: true})
		srv.On(fakeserver.Match{Verb: "NOOP", Args: "x*", From: 2}, fakeserver.Auto.With(edit.Raw("-ERR no\r\n"))).Named("r1", "refuse")
		f := srv.Follow("demo")
		var lines []string
		var reading sync.WaitGroup
		reading.Go(func() {
			for ended := false; !ended; {
				events, err := f.Next(context.Background())
				if err != nil {
					return
				}
				for _, e := range events {
					ended = e.Kind == fakeserver.SessionEnded
					if e.Kind == fakeserver.LineSent {
						lines = append(lines, e.Text)
					}
				}
			}
		})
		pipe(srv, "USER demo\r\nPASS demo\r\n"+strings.Repeat("NOOP\r\nRETR 1\r\nNOOP x\\y\r\n", count))
		reading.Wait()
		all, _ := srv.UserTranscripts("demo")
		Expect(all).To(HaveLen(1))
		t := all[0]
		Expect(lines).To(Equal(t.Lines))
		Expect(t.LeftOut).To(BeZero())
		Expect(len(t.Commands)).To(Equal(3 + 3*count))
		last := t.Commands[len(t.Commands)-2]
		Expect(last).To(And(HaveField("Verb", "NOOP"), HaveField("Args", `x\y`), HaveField("User", "demo"), HaveField("State", fakeserver.Transaction)))
		Expect(t.Lines[last.Line()]).To(Equal(`C: NOOP x\\y`))
		Expect(t.Lines[last.Line()+1]).To(Equal("S: -ERR no"))
		Expect(srv.UserVisits("demo")).To(HaveExactElements(And(HaveField("Number", 1), HaveField("Commands", len(t.Commands)), HaveField("Rules", count-1))))
		one, kept := srv.UserTranscript("demo", 1)
		Expect(kept).To(BeTrue())
		Expect(one.Lines).To(Equal(t.Lines))
		Expect(srv.Close()).To(Succeed())
	})
})
