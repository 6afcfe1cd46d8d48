package maildrop_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("sizes of synthetic mail", func() {
	sorted := func(list maildrop.List) []int64 {
		all := make([]int64, list.Len())
		for i := range all {
			all[i] = list.At(i).Size()
		}
		slices.Sort(all)
		return all
	}

	It("follow a lognormal distribution within its bounds", func() {
		all := sorted(drawn("40960,size=lognormal:8KiB:1.5:600:1MiB,seed=3"))
		Expect(float64(all[len(all)/2])).To(BeNumerically("~", 8192, 50))
		above := all[len(all)*8413/10000] // one sigma
		Expect(math.Log(float64(above) / 8192)).To(BeNumerically("~", 1.5, 0.01))
		Expect(all[0]).To(Equal(int64(600)))
		Expect(all[len(all)-1]).To(BeNumerically("<=", 1<<20))
		Expect(all[len(all)-1]).To(BeNumerically(">", 1<<19))
	})

	It("are as frequent as in a table, which may be the reply to LIST", func() {
		path := filepath.Join(GinkgoT().TempDir(), "sizes")
		write(path, "# recorded\n1 600\n2 700\n\n3 700\r\n800\n5 90000\n")
		all := sorted(drawn("5000,size=table:" + path))
		Expect(slices.Compact(slices.Clone(all))).To(Equal([]int64{600, 700, 800, 90000}))
		Expect(strings.Count(fmt.Sprint(all), " 700")).To(Equal(2000))
	})

	It("come from the table that is built in", func() {
		all := sorted(drawn("8192,size=table:office,mix=mail"))
		Expect(all[0]).To(BeNumerically(">=", 900))
		Expect(all[4096]).To(BeNumerically("~", 8700, 100))
		Expect(all[8191]).To(BeNumerically(">", 10<<20))
	})

	It("stand in another order for each seed and each block", func() {
		order := func(text string, from, count int) string {
			list, all := drawn(text), make([]int64, count)
			for i := range all {
				all[i] = list.At(from + i).Size()
			}
			return fmt.Sprint(all)
		}
		Expect(order("9000,size=lognormal:8KiB:1,seed=1", 0, 50)).NotTo(Equal(order("9000,size=lognormal:8KiB:1,seed=2", 0, 50)))
		Expect(order("9000,size=lognormal:8KiB:1,seed=1", 0, 50)).NotTo(Equal(order("9000,size=lognormal:8KiB:1,seed=1", 4096, 50)))
		Expect(order("9000,size=lognormal:8KiB:1,seed=1", 4096, 50)).To(Equal(order("5000,size=lognormal:8KiB:1,seed=1", 4096, 50)))
	})

	It("have a sum that is the same however it is found, around ten million too", func() {
		path := filepath.Join(GinkgoT().TempDir(), "sizes")
		write(path, "600\n1000\n5000\n")
		for _, size := range []string{"8KiB", "lognormal:8KiB:2", "table:office", "table:" + path} {
			sum, list := int64(0), drawn("9000,size="+size)
			for i := range list.Len() {
				sum += list.At(i).Size()
			}
			Expect(list.Octets()).To(Equal(sum), size)
			for _, n := range []int{4095, 4096, 4097, 9_999_999, 10_000_000, 10_000_001, maildrop.MostSynthetic} {
				with, without := drawn(fmt.Sprintf("%d,size=%s", n, size)), drawn(fmt.Sprintf("%d,size=%s", n-1, size))
				Expect(with.Octets()-without.Octets()).To(Equal(with.At(n-1).Size()), "%s, %d", size, n)
			}
		}
	})

	DescribeTable("refuses invalid tables",
		func(content, want string) {
			path := filepath.Join(GinkgoT().TempDir(), "sizes")
			write(path, content)
			o, err := maildrop.ParseSynthetic("5,size=table:" + path)
			Expect(err).NotTo(HaveOccurred())
			Expect(refusal(maildrop.Synthetic(o)).Error()).To(And(HavePrefix(path+": "), ContainSubstring(want)))
		},
		Entry(nil, "", "has no sizes"),
		Entry(nil, "# none\n\n", "has no sizes"),
		Entry(nil, "+OK 3 messages\n1 600\n", "line 1: not a size"),
		Entry(nil, "600\n-1\n", "line 2: not a size"),
		Entry(nil, "0\n", "line 1"),
		Entry(nil, "99999999999999999999\n", "line 1"),
		Entry(nil, strings.Repeat("600\n", 1<<16+1), "line 65537: too many sizes: a table has at most 65536"),
		Entry(nil, strings.Repeat("6", 1<<20), "not a table"),
	)

	It("refuses a missing table, a directory and a device", func() {
		for _, path := range []string{filepath.Join(GinkgoT().TempDir(), "nowhere"), GinkgoT().TempDir(), os.DevNull} {
			Expect(refusal(maildrop.Synthetic(maildrop.SyntheticOptions{Count: 1, Table: path})).Error()).To(HavePrefix(path + ": "))
		}
	})
})
