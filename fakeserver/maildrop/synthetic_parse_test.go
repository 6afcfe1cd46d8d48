package maildrop_test

import (
	"testing"

	"pop3mtm/fakeserver/maildrop"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the text that describes synthetic mail", func() {
	It("says all that the options say", func() {
		o, err := maildrop.ParseSynthetic("10,size=lognormal:8KiB:1.5:4096:1MB,seed=7,mix=nested,arrive=3,expire=2%,shuffle")
		Expect(err).NotTo(HaveOccurred())
		Expect(o).To(Equal(maildrop.SyntheticOptions{
			Count: 10, Size: 8192, Sigma: 1.5, Least: 4096, Most: 1_000_000, Seed: 7, Mix: "nested", Arrive: 3, ExpirePercent: 2, Shuffle: true,
		}))
		Expect(o.String()).To(Equal("10,size=lognormal:8KiB:1.5:4KiB:1000000,seed=7,mix=nested,arrive=3,expire=2%,shuffle"))
	})

	It("needs no more than a count", func() {
		o, err := maildrop.ParseSynthetic("2147483647")
		Expect(err).NotTo(HaveOccurred())
		Expect(o.String()).To(Equal("2147483647,size=8KiB,seed=1"))
		Expect(o.Mix).To(Equal("plain"))
	})

	DescribeTable("is refused with the place and what is allowed",
		func(text, want string) {
			_, err := maildrop.ParseSynthetic(text)
			Expect(err).To(MatchError(want))
		},
		Entry(nil, "", "column 1: write COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle] with a count of 0 to 2147483647"),
		Entry(nil, "-1", "column 1: write COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle] with a count of 0 to 2147483647"),
		Entry(nil, "2147483648", "column 1: write COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle] with a count of 0 to 2147483647"),
		Entry(nil, "5,colour=red", `column 3: unknown option "colour"; write size, seed, mix, arrive, expire or shuffle`),
		Entry(nil, "5,", `column 3: unknown option ""; write size, seed, mix, arrive, expire or shuffle`),
		Entry(nil, "5,seed=1,seed=2", "column 10: seed is given twice"),
		Entry(nil, "5,seed=-1", `column 8: invalid seed "-1": write a whole number`),
		Entry(nil, "5,size=big", "column 8: a size is a whole number of octets such as 4096, 8KiB or 2MB"),
		Entry(nil, "5,size", "column 3: a size is a whole number of octets such as 4096, 8KiB or 2MB"),
		Entry(nil, "5,size=511", "column 8: a size is at least 512 octets and at most 1TiB"),
		Entry(nil, "5,size=2TiB", "column 8: a size is at least 512 octets and at most 1TiB"),
		Entry(nil, "5,size=1e30", "column 8: a size is a whole number of octets such as 4096, 8KiB or 2MB"),
		Entry(nil, "5,size=uniform:1:2", `column 8: invalid size "uniform:1:2": write 8KiB, lognormal:8KiB:1.5, table:office or table:FILE`),
		Entry(nil, "5,size=lognormal:8KiB", "column 8: write lognormal:MEDIAN:SIGMA or lognormal:MEDIAN:SIGMA:LEAST:MOST"),
		Entry(nil, "5,size=lognormal:8KiB:NaN", `column 8: invalid sigma "NaN": write a number above 0, at most 8`),
		Entry(nil, "5,size=lognormal:8KiB:9", `column 8: invalid sigma "9": write a number above 0, at most 8`),
		Entry(nil, "5,size=lognormal:8KiB:1:2KiB:1KiB", "column 1: invalid sizes 2048 to 1024: the mix plain takes 512 to 1TiB"),
		Entry(nil, "5,size=table:", "column 8: table needs a name: write table:office or table:FILE"),
		Entry(nil, "5,size=1KiB,mix=nested", "column 1: invalid size 1024: messages of the mix nested have at least 4096 octets"),
		Entry(nil, "5,mix=fruit", `column 7: unknown mix "fruit"; write one of plain, mail, text, html, attachments, nested, headers, threads, lines, nasty, everything`),
		Entry(nil, "5,arrive=x", `column 10: invalid arrive "x": write a whole number of messages, at most 2147483647`),
		Entry(nil, "5,expire=101%", "column 10: expire takes 1% to 100%"),
		Entry(nil, "5,shuffle=1", "column 11: shuffle takes no value"),
	)

	It("refuses more octets than can be counted, and options that contradict each other", func() {
		for want, o := range map[string]maildrop.SyntheticOptions{
			"exceeds 64 bits":          {Count: maildrop.MostSynthetic, Size: maildrop.MaxSyntheticSize},
			"exclude each other":       {Count: 1, Sigma: 1, Table: "office"},
			"a number or a percentage": {Count: 1, Expire: 1, ExpirePercent: 1},
			"unknown mix":              {Count: 1, Mix: "fruit"},
			"must not be negative":     {Count: 1, Arrive: -1},
			"at most 100%":             {Count: 1, ExpirePercent: 101},
			"octets to 1TiB":           {Count: 1, Size: maildrop.MaxSyntheticSize + 1},
			"sigma -1":                 {Count: 1, Sigma: -1},
		} {
			Expect(refusal(maildrop.Synthetic(o)).Error()).To(ContainSubstring(want))
		}
	})
})

// What is read can be written and read again, and makes a mailbox unless it names a file.
func FuzzParseSynthetic(f *testing.F) {
	for _, text := range []string{
		"1", "10000,size=8KiB,seed=7", "5,size=lognormal:8KiB:1.5:512:1MiB,mix=mail", "3,size=table:office,arrive=1,expire=2%,shuffle",
		"2147483647,size=1TiB", "1,size=1.5KiB", "1,size=,seed=", ",,", "5,expire=5,mix=nasty", "7,size=lognormal:1TiB:8",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := maildrop.ParseSynthetic(text)
		if err != nil {
			return
		}
		again, err := maildrop.ParseSynthetic(o.String())
		if err != nil || again != o {
			t.Fatalf("%q is %+v, written as %q it is %+v, %v", text, o, o.String(), again, err)
		}
		if o.Table != "" && o.Table != "office" {
			return
		}
		s, err := maildrop.Synthetic(o)
		if err != nil {
			return
		}
		list, err := s.List()
		if err != nil || list.Len() != o.Count || list.Octets() < int64(o.Count)*maildrop.MinSyntheticSize {
			t.Fatalf("%q: %d messages of %d octets, %v", text, list.Len(), list.Octets(), err)
		}
		if m := list.At(o.Count - 1); m.Size() < 1<<20 {
			if _, err := maildrop.Read(m); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
