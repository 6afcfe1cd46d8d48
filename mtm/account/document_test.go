package account_test

import (
	"os"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/account"
)

var _ = Describe("docs/settings.md", func() {
	It("has a row for every setting, in order, with its default", func() {
		text, err := os.ReadFile("../../docs/settings.md")
		Expect(err).NotTo(HaveOccurred())
		defaults := account.Defaults().Map()
		var names []string
		for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| `(.*?)` \\|").FindAllStringSubmatch(string(text), -1) {
			names = append(names, row[1])
			Expect(row[2]).To(Equal(defaults[row[1]]), row[1])
		}
		Expect(names).To(Equal(account.Names()))
	})

	It("shows which list each combination of the original's flags is", func() {
		text, err := os.ReadFile("../../docs/settings.md")
		Expect(err).NotTo(HaveOccurred())
		rows := regexp.MustCompile(`(?m)^\| (off|on) \| (off|on|any) \| (off|on|any) \| ([a-z0-9,-]+) \|$`).FindAllStringSubmatch(string(text), -1)
		covered := 0
		for _, row := range rows {
			for _, fallBack := range values(row[2]) {
				for _, apop := range values(row[3]) {
					covered++
					Expect(account.OriginalAuth(row[1] == "on", fallBack, apop)).To(BeEquivalentTo(row[4]), row[0])
				}
			}
		}
		Expect(covered).To(Equal(8))
	})
})

func values(word string) []bool {
	if word == "any" {
		return []bool{false, true}
	}
	return []bool{word == "on"}
}
