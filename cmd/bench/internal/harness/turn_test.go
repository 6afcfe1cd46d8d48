package harness

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = DescribeTable("the time left is that of the last runs",
	func(p pace, running time.Duration, want string, labels ...string) {
		Expect(p.left(labels, running)).To(Equal(want))
	},
	Entry("which nobody knows at first", pace{}, time.Second, "", "a", "b"),
	Entry("of those that are left", pace{"a": 2 * time.Second, "b": 5 * time.Second}, 0*time.Second, "; about 9s left", "a", "b", "a"),
	Entry("less what has passed", pace{"a": 2 * time.Second, "b": 5 * time.Second}, time.Second, "; about 6s left", "a", "b"),
	Entry("but never less than nothing", pace{"a": 2 * time.Second, "b": 5 * time.Second}, time.Minute, "; about 5s left", "a", "b"),
	Entry("as long as the others for one that has not run yet", pace{"a": 2 * time.Second, "b": 4 * time.Second}, 0*time.Second, "; about 5s left", "c", "a"),
	Entry("roughly when it is long", pace{"a": 47 * time.Second}, 0*time.Second, "; about 2m20s left", "a", "a", "a"),
)
