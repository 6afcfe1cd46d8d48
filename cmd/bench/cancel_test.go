package main

import (
	"encoding/json"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("bench cancel", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"cancel"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench cancel --help'\n"))
		},
		Entry("one message", "--messages takes 2 or more: a copy of one message has no middle", "--messages", "1"),
		Entry("no cancel", "--cancels takes 1 to 10000, not 0", "--cancels", "0"),
		Entry("no folder", "--dir takes a directory that exists, not /nowhere", "--dir", "/nowhere"),
	)

	It("cancels where the seed says, checks what is left, and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := bench("cancel", "--messages", "3000", "--size", "1KiB", "--cancels", "4", "--dir", dir, "--json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found stops
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Cancels).To(HaveLen(4))
		for _, c := range found.Cancels {
			Expect(c.Position).To(BeNumerically(">", 0))
			Expect(c.Stored).To(BeNumerically("<=", 3000))
			Expect(c.Seconds).To(BeNumerically(">", 0))
		}
		Expect(found.Seconds.Median).To(And(BeNumerically(">=", found.Seconds.Least), BeNumerically("<=", found.Ninety)))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})
})
