package servermtm

import (
	"errors"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The committer", func() {
	It("runs jobs in their order and gives the first failure", func() {
		c := newCommitter()
		var ran []int
		for i := range 5 {
			Expect(c.add(job{func() error { ran = append(ran, i); return nil }, func() { Fail("dropped") }})).To(Succeed())
		}
		Expect(c.finish()).To(Succeed())
		Expect(ran).To(Equal([]int{0, 1, 2, 3, 4}))
	})

	It("lets go of every job after a failure", func() {
		c := newCommitter()
		broken := errors.New("broken")
		release := make(chan struct{})
		var dropped atomic.Int32
		late := job{func() error { Fail("ran after a failure"); return nil }, func() { dropped.Add(1) }}
		Expect(c.add(job{func() error { <-release; return broken }, func() { Fail("dropped") }})).To(Succeed())
		Expect(c.add(late)).To(Succeed())
		close(release)
		<-c.failed
		Expect(c.add(late)).To(Or(Succeed(), MatchError(broken))) // the queue may have had room
		Expect(c.finish()).To(MatchError(broken))
		Expect(dropped.Load()).To(BeEquivalentTo(2))
	})
})
