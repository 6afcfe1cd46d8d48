package servermtm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/pop3"
)

// messagesOf returns all messages of a listing.
func messagesOf(l *listing) (list []message) {
	for i := range l.count {
		list = append(list, l.at(i))
	}
	return list
}

// taken returns the listing that an intake makes of rows.
func taken(sizes []pop3.Listing, uids []pop3.UID, withUIDs bool) *listing {
	var t intake
	for _, row := range sizes {
		t.size(row)
	}
	for _, row := range uids {
		t.uid(row.Number, []byte(row.UID))
	}
	return t.listing(withUIDs)
}

// rowsOf returns n rows of LIST and UIDL in order. Most unique-ids differ in a few octets.
func rowsOf(n int) (sizes []pop3.Listing, uids []pop3.UID) {
	for i := 1; i <= n; i++ {
		size := int64(i) * 977 % 100_000
		if i%7 == 0 {
			size = math.MaxUint32 - 3 + int64(i)
		}
		sizes = append(sizes, pop3.Listing{Number: i, Octets: size})
		uids = append(uids, pop3.UID{Number: i, UID: fmt.Sprintf("%08x5e3c1a2f", i)})
	}
	return sizes, uids
}

var _ = Describe("The listing of a mailbox", func() {
	It("has the same messages from rows in order as from other rows", func() {
		random := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			sizes, uids := rowsOf(random.IntN(100))
			for range random.IntN(3) { // an odd row in some place
				odd := pop3.Listing{Number: random.IntN(120), Octets: int64(random.IntN(5)) - 1}
				sizes = slices.Insert(sizes, random.IntN(len(sizes)+1), odd)
			}
			for range random.IntN(3) {
				odd := pop3.UID{Number: random.IntN(120) + 1, UID: []string{"", "x", "00000001"}[random.IntN(3)]}
				uids = slices.Insert(uids, random.IntN(len(uids)+1), odd)
			}
			if random.IntN(4) == 0 {
				uids = uids[:random.IntN(len(uids)+1)]
			}
			got, want := taken(sizes, uids, true), join(sizes, uids, true)
			Expect(messagesOf(got)).To(Equal(messagesOf(want)))
			Expect(got.complete).To(Equal(want.complete))
			for _, m := range messagesOf(want) {
				Expect(got.find(m.number)).To(Equal(m))
			}
			Expect(got.index(4711)).To(Equal(-1))
			Expect(got.index(0)).To(Equal(-1))
		}
	})

	It("does not keep more than a million rows that are not in order", func() {
		var t intake
		for i := range mostOddRows + 10 {
			t.size(pop3.Listing{Number: i + 2, Octets: 1})
		}
		Expect(t.sizes).To(HaveLen(mostOddRows))
		Expect(t.listing(false)).To(BeNil())

		t = intake{}
		for i := range mostOddRows + 1 {
			t.size(pop3.Listing{Number: i + 1, Octets: 1})
		}
		t.size(pop3.Listing{})
		Expect(t.sizes).To(BeEmpty())
		Expect(t.listing(false)).To(BeNil())

		t = intake{}
		long := make([]byte, 1<<20)
		for range 80 {
			t.uid(7, long)
		}
		Expect(t.ids).To(HaveLen(70))
		Expect(t.listing(true)).To(BeNil())
	})

	It("gives names in any order", func() {
		var l names
		var reader nameReader
		var want []string
		random := rand.New(rand.NewPCG(3, 4))
		for i := range 1000 {
			name := fmt.Sprint(i, "-", random.IntN(1000))
			switch random.IntN(10) {
			case 0:
				name = ""
			case 1:
				name = fmt.Sprintf("%0*d", random.IntN(300), i)
			}
			l.add([]byte(name))
			want = append(want, name)
		}
		for i := range want {
			Expect(string(reader.at(&l, i))).To(Equal(want[i]))
		}
		for range 1000 {
			i := random.IntN(len(want))
			Expect(string(reader.at(&l, i))).To(Equal(want[i]))
		}
	})

	It("takes less than 16 octets for each of many messages", func() {
		Expect(heldFor(100_000)).To(BeNumerically("<", 16))
	})
})

// heap returns the octets of memory that are in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// heldFor returns how many octets of memory a listing of n messages holds for each, with all of
// them picked.
func heldFor(n int) float64 {
	before := heap()
	var t intake
	for i := 1; i <= n; i++ {
		t.size(pop3.Listing{Number: i, Octets: int64(i) * 977 % 100_000})
	}
	for i := 1; i <= n; i++ {
		t.uid(i, fmt.Appendf(nil, "%08x5e3c1a2f", i))
	}
	l := t.listing(true)
	p := &picks{of: l}
	for i := range l.count {
		p.add(i)
	}
	held := (heap() - before) / float64(n)
	runtime.KeepAlive(p)
	return held
}

func BenchmarkListing(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(heldFor(1_000_000), "B/msg")
	}
}

var _ = DescribeTable("Picked messages", func(ascending bool) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		l := listed(make([]message, 1+random.IntN(400)), false, true)
		for i := range l.numbers {
			l.numbers[i] = int32(3*i + 1)
		}
		p, chosen := &picks{of: l}, make(map[int]bool)
		for range random.IntN(300) {
			i := random.IntN(l.count)
			p.add(i)
			chosen[i] = true
		}
		p.order(ascending)
		var want []int
		for i := range l.count {
			Expect(p.has(i)).To(Equal(chosen[i]))
			if chosen[i] {
				want = append(want, l.number(i))
			}
		}
		if !ascending {
			slices.Reverse(want)
		}
		Expect(p.Len()).To(Equal(len(want)))
		for i := range want {
			Expect(p.At(i)).To(Equal(want[i]))
		}
		for range len(want) {
			i := random.IntN(len(want))
			Expect(p.At(i)).To(Equal(want[i]))
		}
	}
}, Entry("come in the order of their numbers", true), Entry("or in the reverse order", false))
