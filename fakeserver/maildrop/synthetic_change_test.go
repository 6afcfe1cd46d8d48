package maildrop_test

import (
	"iter"
	"runtime"
	"slices"
	"testing"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("synthetic mail that changes between sessions", func() {
	source := func(text string) maildrop.Source {
		o, err := maildrop.ParseSynthetic(text)
		Expect(err).NotTo(HaveOccurred())
		return opened(maildrop.Synthetic(o))
	}
	uids := func(s maildrop.Source) []string {
		all, _ := listed(s)
		return all
	}
	next := func(s maildrop.Source) []string {
		s.(maildrop.Changing).SessionEnded()
		return uids(s)
	}

	It("grows at the end and loses the oldest", func() {
		s := source("4,size=600,seed=2,arrive=2,expire=1")
		Expect(uids(s)).To(Equal([]string{"2-1", "2-2", "2-3", "2-4"}))
		Expect(next(s)).To(Equal([]string{"2-2", "2-3", "2-4", "2-5", "2-6"}))
		Expect(s.Remove([]string{"2-3", "2-6"})).To(Succeed())
		Expect(next(s)).To(Equal([]string{"2-4", "2-5", "2-7", "2-8"}))
		Expect(next(s)).To(Equal([]string{"2-4", "2-5", "2-7", "2-8", "2-9", "2-10"}), "the third oldest number was deleted before")
	})

	It("loses a share that the seed and the session choose", func() {
		s, same, other := source("10000,size=600,seed=2,expire=10%"), source("10000,size=600,seed=2,expire=10%"), source("10000,size=600,seed=3,expire=10%")
		first := next(s)
		Expect(len(first)).To(BeNumerically("~", 9000, 100))
		Expect(next(same)).To(Equal(first))
		Expect(len(next(other))).NotTo(Equal(len(first)))
		second := next(s)
		Expect(len(second)).To(BeNumerically("~", 8100, 100))
		Expect(uids(s)).To(Equal(second))
	})

	It("has every message once in another order in each session", func() {
		s := source("1000,size=lognormal:2KiB:1,shuffle,arrive=1")
		first := uids(s)
		second := next(s)
		third := next(s)
		Expect(second).NotTo(Equal(append(slices.Clone(first), "1-1001")))
		Expect(third[:1001]).NotTo(Equal(second))
		slices.Sort(third)
		Expect(slices.Compact(third)).To(HaveLen(1002))
		Expect(s.Remove(second[:900])).To(Succeed())
		left := uids(s)
		slices.Sort(left)
		Expect(slices.Compact(left)).To(HaveLen(102))
	})

	It("removes what a list had at the positions, not what stands there now", func() {
		s := source("5000,size=lognormal:2KiB:1,shuffle")
		next(s)
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		gone := []string{list.At(0).UID(), list.At(4321).UID()}
		Expect(s.Remove([]string{"1-1"})).To(Succeed())
		Expect(s.(maildrop.PositionRemover).RemoveAt(list, slices.Values([]int{0, 4321}))).To(Succeed())
		Expect(uids(s)).NotTo(ContainElements(gone))
		other, err := source("5").List()
		Expect(err).NotTo(HaveOccurred())
		Expect(s.(maildrop.PositionRemover).RemoveAt(other, slices.Values([]int{0}))).To(MatchError(maildrop.ErrOtherList))
	})

	It("finds what is left after any removals", func() {
		s := source("20000,size=lognormal:2KiB:1")
		var want, gone []string
		for i, uid := range uids(s) {
			if i%7 == 3 || i > 4000 && i < 13000 || i > 19990 {
				gone = append(gone, uid)
			} else {
				want = append(want, uid)
			}
		}
		Expect(s.Remove(gone)).To(Succeed())
		Expect(uids(s)).To(Equal(want))
	})

	It("takes a bit a message at most, with half of ten million gone", func() {
		s := source("10000000,size=lognormal:8KiB:1.5,mix=mail,arrive=1000000")
		grown := growth(func() {
			list, err := s.List()
			Expect(err).NotTo(HaveOccurred())
			Expect(s.(maildrop.PositionRemover).RemoveAt(list, every(2, list.Len()))).To(Succeed())
			s.(maildrop.Changing).SessionEnded()
		})
		list, err := s.List()
		Expect(err).NotTo(HaveOccurred())
		Expect(list.Len()).To(Equal(6_000_000))
		Expect(list.At(5_999_999).UID()).To(Equal("1-11000000"))
		Expect(list.At(4_999_999).UID()).To(Equal("1-10000000"))
		Expect(grown).To(BeNumerically("<", 4<<20))
	})
})

func every(step, below int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < below; i += step {
			if !yield(i) {
				return
			}
		}
	}
}

// growth returns the memory that work leaves in use.
func growth(work func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	work()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// BenchmarkSyntheticList finds sizes of a mailbox of ten million, every third message gone.
func BenchmarkSyntheticList(b *testing.B) {
	for _, text := range []string{"10000000", "10000000,size=lognormal:8KiB:1.5", "10000000,size=table:office,mix=mail"} {
		o, err := maildrop.ParseSynthetic(text)
		if err != nil {
			b.Fatal(err)
		}
		s, err := maildrop.Synthetic(o)
		if err != nil {
			b.Fatal(err)
		}
		list, err := s.List()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text+"/size", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				_ = list.At(i * 997 % 10_000_000).Size()
			}
		})
		b.Run(text+"/sum", func(b *testing.B) {
			for b.Loop() {
				_ = list.Octets()
			}
		})
		if err := s.(maildrop.PositionRemover).RemoveAt(list, every(3, list.Len())); err != nil {
			b.Fatal(err)
		}
		if list, err = s.List(); err != nil {
			b.Fatal(err)
		}
		b.Run(text+"/size after removals", func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				_ = list.At(i * 997 % 6_000_000).Size()
			}
		})
	}
}
