package servermtm

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("The progress of a message larger than 16 KiB has ten steps at least",
	func(size int64) { Expect(size / stepOf(size)).To(BeNumerically(">=", 10)) },
	Entry("a little larger", int64(16<<10+1)),
	Entry("some KiB", int64(60<<10)),
	Entry("a MiB", int64(1<<20)),
	Entry("a GiB", int64(1<<30)),
)
