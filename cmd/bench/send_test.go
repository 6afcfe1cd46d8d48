package main

import (
	"encoding/json"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("bench send", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"send"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench send --help'\n"))
		},
		Entry("no run", "--runs takes 1 to 1000, not 0", "--runs", "0"),
		Entry("a line that is too long", "--rtt takes 0 to 1m, not 2m0s", "--rtt", "2m"),
		Entry("no folder", "--dir takes a directory that exists, not /nowhere", "--dir", "/nowhere"),
	)

	It("sends everything in both ways, over a line with a delay too, and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := bench("send", "--messages", "20", "--size", "1KiB", "--runs", "2", "--rtt", "1ms", "--dir", dir, "--json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found sends
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Autosend).To(HaveLen(2))
		Expect(found.Loop).To(HaveLen(2))
		Expect(found.Faster.Median).To(BeNumerically(">", 0))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})
})
