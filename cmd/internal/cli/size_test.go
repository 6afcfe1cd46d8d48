package cli_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/cli"
)

var _ = Describe("Size", func() {
	DescribeTable("reads octets with and without a unit, and writes them back",
		func(text string, octets int, short string) {
			var s cli.Size
			Expect(s.Set(text)).To(Succeed())
			Expect(s).To(BeEquivalentTo(octets))
			Expect(s.String()).To(Equal(short))
		},
		Entry(nil, "0", 0, "0"),
		Entry(nil, "4096", 4096, "4KiB"),
		Entry(nil, "1500 B", 1500, "1500"),
		Entry(nil, "8KiB", 8192, "8KiB"),
		Entry(nil, "3mib", 3<<20, "3MiB"),
		Entry(nil, "2MB", 2_000_000, "2000000"),
		Entry(nil, "9223372036854775807", 1<<63-1, "9223372036854775807"),
	)

	DescribeTable("refuses invalid sizes",
		func(text string) {
			s := cli.Size(7)
			Expect(s.Set(text)).To(MatchError(ContainSubstring("such as 4096, 8KiB or 2MB")))
			Expect(s).To(BeEquivalentTo(7))
		},
		Entry(nil, ""), Entry(nil, "KiB"), Entry(nil, "-1"), Entry(nil, "1.5MiB"), Entry(nil, "many"), Entry(nil, "8K"),
		Entry(nil, "9223372036854775808"), Entry(nil, "8388608TiB"), Entry(nil, "+1"),
	)
})
