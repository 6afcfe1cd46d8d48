package main_test

import (
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("pop3sim features", func() {
	It("runs the built-in suites and counts what passed", func() {
		r := run("features")
		Expect(r.status).To(Equal(0), r.out)
		Expect(r.errOut).To(BeEmpty())
		Expect(r.out).To(MatchRegexp(`(?m)^(\d+) scenarios \((\d+) passed\)$`))
	})

	It("runs anyone's files, and ends with 1 when a scenario fails", func() {
		dir := folder(map[string]string{
			"good.feature": "Feature: Mine\n  Scenario: Mine\n    Given the mailbox holds \"Lunch\"\n    When I connect\n    Then it succeeds\n",
			"bad.feature":  "Feature: Yours\n  Scenario: Yours\n    Given I connect\n    Then the mailbox shows \"Lunch\"\n",
		})
		good := run("features", filepath.Join(dir, "good.feature"))
		Expect(good.status).To(Equal(0), good.out)
		Expect(good.out).To(ContainSubstring("1 scenarios (1 passed)"))

		bad := run("features", dir)
		Expect(bad.status).To(Equal(1))
		Expect(bad.out).To(ContainSubstring("2 scenarios (1 passed, 1 failed)"))
		Expect(bad.errOut).To(BeEmpty())
	})

	It("drives another client", func() {
		dir := folder(map[string]string{
			"mine.feature": "Feature: Mine\n  Scenario: Mine\n    Given the mailbox holds \"Lunch\"\n    When I connect\n    Then it succeeds\n",
		})
		r := run("features", "--exec", "sh -c 'exit 1' {host} {port} {dir}", dir)
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(ContainSubstring("the client cannot be driven: from a correct server it fetches nothing; exit status 1"))
	})

	It("says in one line what cannot be run", func() {
		dir := folder(map[string]string{"odd.feature": "This is prose.\n"})
		for _, path := range []string{filepath.Join(dir, "odd.feature"), filepath.Join(dir, "none.feature")} {
			r := run("features", path)
			Expect(r.status).To(Equal(1))
			Expect(r.out).To(BeEmpty())
			Expect(r.errOut).To(MatchRegexp(`^pop3sim: [^\n]*` + filepath.Base(path) + `[^\n]*\n$`))
		}
	})
})
