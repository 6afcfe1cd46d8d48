package symbian_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/symbian"
)

func TestSymbian(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "symbian")
}

var _ = Describe("Queries (behaviour section 14)", func() {
	DescribeTable("about addresses", func(address string, valid bool) {
		if valid {
			Expect(symbian.ValidateAddress(address)).To(Succeed())
		} else {
			Expect(symbian.ValidateAddress(address)).To(MatchError(symbian.ErrArgument))
		}
	},
		Entry("plain", "a@b", true),
		Entry("with a name", `"A. B." <a@example.org>`, true),
		Entry("two dots in the mailbox", "a..b@example.org", true),
		Entry("a route", "@x,@y:a@b", true),
		Entry("a quoted mailbox", `"a b"@example.org`, true),
		Entry("a route to nowhere", "@x:", false),
		Entry("a route without a colon", "@b", false),
		Entry("empty", "", false),
		Entry("no @", "ab", false),
		Entry("nothing after", "a@", false),
		Entry("a leading dot", ".a@b", false),
		Entry("a trailing dot", "a.@b", false),
		Entry("a leading dot in the domain", "a@.b", false),
		Entry("a trailing dot in the domain", "a@b.", false),
		Entry("two dots in the domain", "a@b..c", false),
		Entry("brackets that do not pair", "<a@b", false),
		Entry("two pairs", "<a@b> <c@d>", false),
		Entry("a line break", "a@b\r\nBcc: x", false),
		Entry("a blank", "a b@c", false),
	)

	It("addressees are added with their alias and removed by index", func() {
		var list symbian.Addressees
		Expect(list.Add("a@b", "")).To(Succeed())
		Expect(list.Add("c@d", `The "C"`)).To(Succeed())
		Expect(list.Add("nobody", "")).To(MatchError(symbian.ErrArgument))
		Expect(list.Add("c@d", "a\r\nBcc: x")).To(MatchError(symbian.ErrArgument))
		Expect(list).To(Equal(symbian.Addressees{"a@b", `"The \"C\"" <c@d>`}))
		list.Remove(-1)
		list.Remove(2)
		list.Remove(0)
		Expect(list).To(Equal(symbian.Addressees{`"The \"C\"" <c@d>`}))
	})
})
