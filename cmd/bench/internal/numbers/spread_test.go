package numbers

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("a spread is the least, the median and the most",
	func(figures []float64, want Spread) { Expect(SpreadOf(figures)).To(Equal(want)) },
	Entry("of one", []float64{3}, Spread{3, 3, 3}),
	Entry("of two", []float64{4, 2}, Spread{2, 3, 4}),
	Entry("of three", []float64{9, 1, 4}, Spread{1, 4, 9}),
)
