package servermtm

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// refsOf returns entries with some gaps between their ids. With doubles some have the same UID.
func refsOf(random *rand.Rand, n int, doubles bool) (list []store.Ref) {
	id := store.ID(7)
	for i := range n {
		id += store.ID(1 + random.IntN(3)/2)
		uid := fmt.Sprintf("%04d-x", i)
		if doubles {
			uid = fmt.Sprint(random.IntN(n))
		}
		list = append(list, store.Ref{ID: id, UID: uid, Size: int64(random.IntN(5)), Flags: store.Flags(random.IntN(4)) * store.New,
			Kind: store.BodyKind(random.IntN(4))})
	}
	return list
}

func rosterOf(list []store.Ref) *roster {
	var r roster
	for _, ref := range list {
		r.add(&ref)
	}
	return &r
}

var _ = Describe("The entries of a mailbox", func() {
	It("are given as they were added", func() {
		random := rand.New(rand.NewPCG(9, 10))
		for range 100 {
			list := refsOf(random, random.IntN(200), false)
			r, ids := rosterOf(list), make(map[store.ID]int)
			for i, ref := range list {
				Expect(r.ref(i)).To(Equal(ref))
				ids[ref.ID] = i
			}
			for id := range r.next() + 3 {
				i, found := r.index(id)
				want, is := ids[id]
				Expect(found).To(Equal(is))
				if found {
					Expect(i).To(Equal(want))
				}
			}
		}
	})

	DescribeTable("are found by UID, each once, in their order", func(doubles bool) {
		random := rand.New(rand.NewPCG(11, 12))
		for range 100 {
			list := refsOf(random, 1+random.IntN(100), doubles)
			t, taken := newUIDTable(rosterOf(list)), make(map[int]bool)
			with := func(uid string, size int64) (found []int) {
				for i, ref := range list {
					if ref.UID == uid && !taken[i] && (size < 0 || ref.Size == size) {
						found = append(found, i)
					}
				}
				return found
			}
			near := 0
			for range 200 {
				uid := list[random.IntN(len(list))].UID
				if random.IntN(4) == 0 {
					uid = "another"
				}
				size := int64(random.IntN(6)) - 1
				first := slices.IndexFunc(list, func(ref store.Ref) bool { return ref.UID == uid })
				Expect(t.head([]byte(uid))).To(BeEquivalentTo(first))
				Expect(t.headNear([]byte(uid), near)).To(BeEquivalentTo(first))
				Expect(t.left([]byte(uid))).To(HaveExactElements(with(uid, -1)))
				want := append(with(uid, size), -1)[0]
				Expect(t.takeIf([]byte(uid), func(i int) bool { return size < 0 || list[i].Size == size })).To(Equal(want))
				taken[want] = true
				near = max(0, first)
			}
			rest := t.untaken()
			slices.Sort(rest)
			var want []int
			for i := range list {
				if !taken[i] {
					want = append(want, i)
				}
			}
			Expect(rest).To(Equal(want))
		}
	}, Entry("when each has its own", false), Entry("when some have the same", true))

	It("take less than 40 octets each, with the table of their UIDs and their numbers", func() {
		const n = 100_000
		before := heap()
		var r roster
		for i := range n {
			id := store.ID(7 + i + i/1000*1000) // copies stand between the batches
			r.add(&store.Ref{ID: id, UID: fmt.Sprintf("%08x5e3c1a2f", i), Size: int64(i) * 977 % 100_000, Flags: store.Unread, Kind: store.BodyHeader})
		}
		t, numbers := newUIDTable(&r), numberingOf(&r)
		Expect((heap() - before) / n).To(BeNumerically("<", 40))
		runtime.KeepAlive(t)
		runtime.KeepAlive(numbers)
	})
})
