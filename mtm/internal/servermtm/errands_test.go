package servermtm

import (
	"math/rand/v2"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// errandsFor returns errands for messages 1 to n. Those for which new returns true are arrivals.
func errandsFor(n int, ascending bool, isNew func(number int) bool) errands {
	l := listed(make([]message, n), false, true)
	arrivals := &picks{of: l}
	var items []item
	for i := range n {
		l.numbers[i] = int32(i + 1)
		if isNew(i + 1) {
			arrivals.add(i)
		} else {
			items = append(items, item{id: store.ID(1000 + i), number: i + 1, size: int64(i)})
		}
	}
	if arrivals.order(ascending); !ascending {
		slices.Reverse(items)
	}
	return errandsOf(items, arrivals)
}

var _ = DescribeTable("The messages of a run", func(ascending bool) {
	random := rand.New(rand.NewPCG(13, 14))
	for range 100 {
		n, share := 1+random.IntN(60), random.IntN(4)
		e := errandsFor(n, ascending, func(int) bool { return random.IntN(3) < share })
		Expect(e.all.Len()).To(Equal(n))
		for range 100 {
			near, number := random.IntN(n+1), 1+random.IntN(n)
			is := e.item(near, number)
			Expect(is.number).To(Equal(number))
			Expect(is.id != 0).To(Equal(e.arrival(number) < 0))
		}
	}

	const many = 200_000 // a search through all for each would take minutes
	for _, arrivals := range []int{0, 2} {
		e, wrong := errandsFor(many, ascending, func(number int) bool { return arrivals > 0 && (number == many || number == 1) }), 0
		for k := range e.all.Len() {
			for _, near := range []int{k, k + 1} { // at the beginning and at the end of a reply
				if e.item(near, e.all.At(k)).number != e.all.At(k) {
					wrong++
				}
			}
		}
		Expect(wrong).To(BeZero())
	}
}, Entry("are found by number, the lowest first", true), Entry("or the highest first", false))
