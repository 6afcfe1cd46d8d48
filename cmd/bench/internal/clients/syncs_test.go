package clients

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("syncs", func() {
	It("are those that strace counts", func() {
		Expect(countSyncs([]byte(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 90.00    0.009000         900        10           fdatasync
 10.00    0.001000         500         2         1 fsync
------ ----------- ----------- --------- --------- ----------------
100.00    0.010000         833        12         1 total
`))).To(Equal(12))
		Expect(SyncText(0, 10)).To(Equal("none"))
		Expect(SyncText(20, 10)).To(Equal("2 a message"))
		Expect(SyncText(2, 1000)).To(Equal("2 syncs, one for 500 messages"))
	})
})
