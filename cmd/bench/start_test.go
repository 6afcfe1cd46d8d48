package main

import (
	"encoding/json"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("bench start", func() {
	It("says on one line what is wrong with a flag, and ends with 2", func() {
		r := bench("start", "--runs", "0")
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(Equal("bench: --runs takes 1 to 1000, not 0; see 'bench start --help'\n"))
	})

	It("tells when the first message has come, and the memory of the server", func() {
		r := bench("start", "--synthetic", "3000,size=table:office,mix=mail", "--runs", "2", "--json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found starts
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Starts).To(HaveLen(2))
		Expect(found.First.Least).To(BeNumerically(">", 0))
		if runtime.GOOS == "linux" {
			Expect(found.Peak).To(BeNumerically(">", 1<<20))
		}
	})
})
