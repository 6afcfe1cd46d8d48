package clients

import (
	"encoding/json"
	"os"
	"path/filepath"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("a bare client", func() {
	It("refuses the figures of mail that is not what was served", func(ctx SpecContext) {
		box := workload.Mailbox{Messages: 3, Size: 600, Seed: 7}
		served, err := box.List()
		Expect(err).NotTo(HaveOccurred())
		dir := GinkgoT().TempDir()
		verify := func(change func(*Sum)) error {
			sum := newSum()
			for i := range served.Len() {
				Expect(sum.Add(served.At(i))).To(Succeed())
			}
			change(&sum.Sum)
			text, err := json.Marshal(sum.Sum)
			Expect(err).NotTo(HaveOccurred())
			Expect(os.WriteFile(filepath.Join(dir, "mail"), text, 0o600)).To(Succeed())
			_, err = (&Bare{Sum: true}).Verify(ctx, &Visit{Dir: dir}, served)
			return err
		}
		Expect(verify(func(*Sum) {})).To(Succeed())
		Expect(verify(func(s *Sum) { s.CRC++ })).To(MatchError(MatchRegexp("^received 1800 octets with the CRC-32C [0-9a-f]{8}, but 1800 with [0-9a-f]{8} were served$")))
		Expect(verify(func(s *Sum) { s.Octets-- })).To(MatchError(HavePrefix("received 1799 octets")))
	})

	It("refuses a listing with another row", func() {
		served, err := (&workload.Mailbox{Messages: 3, Size: 600, Seed: 7}).List()
		Expect(err).NotTo(HaveOccurred())
		compare := func(rows string) error {
			got := newSum()
			_, _ = got.Write([]byte(rows))
			return sameListing("LIST", got.Sum, served, func(line []byte, m maildrop.Message) []byte { return strconv.AppendInt(line, m.Size(), 10) })
		}
		Expect(compare("1 600\r\n2 600\r\n3 600\r\n")).To(Succeed())
		Expect(compare("1 600\r\n2 601\r\n3 600\r\n")).To(MatchError(HavePrefix("LIST returned 21 octets with the CRC-32C ")))
		Expect(compare("1 600\r\n2 600\r\n")).To(MatchError(HavePrefix("LIST returned 14 octets ")))
	})
})
