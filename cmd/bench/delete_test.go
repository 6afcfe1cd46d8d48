package main

import (
	"encoding/json"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/report"
)

var _ = Describe("bench delete", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2",
		func(want string, args ...string) {
			r := bench(append([]string{"delete"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench delete --help'\n"))
		},
		Entry("a window of crowds", "--window takes 0 to 10000, not 10001", "--window", "10001"),
		Entry("more arguments than a program can take", "with --mtm at most 100000 messages can be deleted, since each is an argument of the program: use fewer, or leave out --mtm",
			"--mtm", "mtm", "--messages", "100001"),
	)

	It("deletes the mailbox with ours and with bare clients, checks that it is empty, and leaves nothing behind", func() {
		dir := GinkgoT().TempDir()
		r := bench("delete", "--messages", "150", "--runs", "2", "--rtt", "1ms", "--dir", dir, "--format", "json", "--html", dir+"/page/delete.html")
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.What).To(Equal("150 messages of 2KiB, deleted"))
		runs := map[string]int{}
		for _, m := range found.Trials {
			runs[m.Client]++
			Expect(m.Messages).To(Equal(150))
		}
		Expect(runs).To(Equal(map[string]int{"mtm": 2, "bare DELE": 2, "bare DELE, one at a time": 2}))
		for _, m := range found.Traces {
			Expect(m.Latency.Of).To(Equal("DELE"), m.Client)
			Expect(m.Latency.Count).To(BeEquivalentTo(150), m.Client)
		}
		Expect(found.Traces).To(HaveLen(3))
		page, err := os.ReadFile(dir + "/page/delete.html")
		Expect(err).NotTo(HaveOccurred())
		checkPage(page, &found)
		Expect(os.RemoveAll(dir + "/page")).To(Succeed())
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})
})
