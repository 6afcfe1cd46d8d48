package main

import (
	"encoding/json"
	"runtime"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/fakeserver/maildrop"
)

var _ = Describe("bench start", func() {
	It("says on one line what is wrong with a flag, and ends with 2", func() {
		r := bench("start", "--runs", "0")
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(Equal("bench: --runs takes 1 to 1000, not 0; see 'bench start --help'\n"))
	})

	It("tells when the first message has come, and the memory of the server", func() {
		r := bench("start", "--synthetic", "3000,size=table:office,mix=mail", "--runs", "2", "--json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found starts
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Starts).To(HaveLen(2))
		Expect(found.First.Least).To(BeNumerically(">", 0))
		if runtime.GOOS == "linux" {
			Expect(found.Peak).To(BeNumerically(">", 1<<20))
		}
	})

	It("refuses a listing with another row", func() {
		served, err := (&workload.Mailbox{Messages: 3, Size: 600, Seed: 7}).List()
		Expect(err).NotTo(HaveOccurred())
		compare := func(rows string) error {
			got := clients.NewSum()
			_, _ = got.Write([]byte(rows))
			return clients.SameListing("LIST", got.Sum, served, func(line []byte, m maildrop.Message) []byte { return strconv.AppendInt(line, m.Size(), 10) })
		}
		Expect(compare("1 600\r\n2 600\r\n3 600\r\n")).To(Succeed())
		Expect(compare("1 600\r\n2 601\r\n3 600\r\n")).To(MatchError(HavePrefix("LIST gave 21 octets with the CRC-32C ")))
		Expect(compare("1 600\r\n2 600\r\n")).To(MatchError(HavePrefix("LIST gave 14 octets ")))
	})
})
