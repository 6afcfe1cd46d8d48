package cli_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/cli"
)

var _ = Describe("Path", func() {
	It("refuses the empty path of a variable that is not set", func() {
		p := cli.Path("mail.store")
		Expect(p.Set("")).To(MatchError("the path is empty"))
		Expect(p.String()).To(Equal("mail.store"))
		Expect(p.Set("other")).To(Succeed())
		Expect(p.String()).To(Equal("other"))
	})
})
