package servermtm

import (
	"math/rand/v2"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("The numbers of entries", func() {
	It("are those that were set last", func() {
		random := rand.New(rand.NewPCG(7, 8))
		for range 200 {
			var local roster
			for id := range store.ID(random.IntN(20)) {
				local.add(&store.Ref{ID: 10 + 2*id})
			}
			n, want := numberingOf(&local), make(map[store.ID]int)
			for range random.IntN(60) { // rows of ids, up or down, and single ones
				id, number, step := store.ID(1+random.IntN(150)), random.IntN(200), 2*random.IntN(2)-1
				for k := range random.IntN(10) {
					now := max(0, number+k*step)
					n.set(id+store.ID(k), now)
					want[id+store.ID(k)] = now
				}
			}
			for id := range store.ID(200) {
				number, listed := n.of(id)
				Expect(number).To(Equal(want[id]))
				Expect(listed).To(Equal(want[id] != 0))
				if listed {
					same, _ := n.of(n.entry(number))
					Expect(same).To(Equal(number))
				}
			}
		}
	})

	It("take one stretch for messages that were stored in the order of their numbers", func() {
		var n numbering
		for i := range 1000 {
			n.set(store.ID(100+i), 2000-i)
			n.set(store.ID(5000-i), 3000-i) // the lowest number first, in a batch that is sorted the other way
		}
		Expect(n.later).To(HaveLen(2))
	})
})
