package numbers

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the confidence of a difference", func() {
	const near = 1e-9
	DescribeTable("is that of Wilcoxon's signed-rank test",
		func(differences []float64, want float64) {
			Expect(Confidence(differences)).To(BeNumerically("~", want, near))
		},
		Entry("of nothing", nil, 0.5),
		Entry("of no difference", []float64{0, 0}, 0.5),
		Entry("of one", []float64{2}, 0.5),
		Entry("of one that is less", []float64{-2}, 0.0),
		Entry("of three alike", []float64{1, 2, 3}, 1-1.0/8),
		Entry("of three, the least the other way", []float64{-1, 2, 3}, 1-2.0/8),
		Entry("of three, the largest the other way", []float64{1, 2, -3}, 1-5.0/8),
		Entry("with ties", []float64{1, 1, 1, -1}, 1-5.0/16),
		Entry("of ten", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1-1.0/1024),
	)

	It("is alike by both methods", func() {
		var differences []float64
		for i := range 50 {
			differences = append(differences, float64(i)-19.5)
		}
		exact := Confidence(differences)
		ranks, positive, all := doubledRanks(differences), 0, 0
		for i, r := range ranks {
			all += r
			if differences[i] > 0 {
				positive += r
			}
		}
		Expect(normal(ranks, positive, all)).To(BeNumerically("~", exact, 0.002))
		Expect(Confidence(append(differences, 31))).To(BeNumerically(">", exact-0.01))
	})
})
