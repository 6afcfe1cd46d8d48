package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/hosts"
	"pop3mtm/cmd/bench/internal/report"
)

var _ = Describe("bench k6", func() {
	// written writes what a host measured.
	written := func(dir, host string, messages int) string {
		p := new(hosts.Part)
		p.Begin(host, time.Unix(1_800_000_000, 0))
		for i := range messages {
			p.Took("RETR", time.Duration(i+1)*time.Millisecond)
		}
		p.Seconds, p.Messages, p.Octets, p.Iterations, p.Passed = 2, int64(messages), int64(messages)*2048, 1, 1
		p.Errors["closed"] = 1
		text, err := json.Marshal(p)
		Expect(err).NotTo(HaveOccurred())
		path := filepath.Join(dir, host+".json")
		Expect(os.WriteFile(path, text, 0o600)).To(Succeed())
		return path
	}

	It("shows the sum of what several hosts measured, as a table, as JSON and as a page", func() {
		dir := GinkgoT().TempDir()
		files := written(dir, "a", 1000) + "," + written(dir, "b", 3000)
		r := bench("k6", "--merge", files, "--out", filepath.Join(dir, "out"))
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(r.out).To(ContainSubstring("2,000"), "4,000 messages in 2 seconds")
		Expect(r.out).To(ContainSubstring("each RETR"))
		Expect(r.out).To(ContainSubstring("Hosts: a, b; 2 iterations by 0 virtual users; 4,000 messages, 8,192,000 octets; checks: 2 passed, 0 failed.\nErrors: closed 2.\n"))
		text, err := os.ReadFile(filepath.Join(dir, "out", "results.json"))
		Expect(err).NotTo(HaveOccurred())
		var found report.Results
		Expect(json.Unmarshal(text, &found)).To(Succeed())
		Expect(found.Trials[0].Messages).To(Equal(4000))
		Expect(found.Trials[0].Verbs[0].At(50)).To(BeNumerically("~", 1, 0.002))
		page, err := os.ReadFile(filepath.Join(dir, "out", "results.html"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(page)).To(ContainSubstring("Errors: closed 2."))
	})

	It("refuses files that no host wrote, and one host twice", func() {
		dir := GinkgoT().TempDir()
		one := written(dir, "a", 10)
		r := bench("k6", "--merge", one+","+one)
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(ContainSubstring("two parts are of the host a"))
		other := filepath.Join(dir, "other.json")
		Expect(os.WriteFile(other, []byte(`{"metrics":{}}`), 0o600)).To(Succeed())
		r = bench("k6", "--merge", other)
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(ContainSubstring("is not a result of k6 run --out hdr=FILE"))
	})

	DescribeTable("refuses wrong usage", func(line, want string) {
		r := bench(append([]string{"k6"}, strings.Fields(line)...)...)
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(ContainSubstring(want))
	},
		Entry(nil, "nowhere", "the script nowhere is neither a file nor one of large_mailbox, login_storm, soak, spike, steady"),
		Entry(nil, "--users 0", "--users takes 1 to 100000, not 0"),
		Entry(nil, "--users 2 --hosts 3", "--hosts takes 1 to 64, and not more than --users, not 3"),
		Entry(nil, "--rate -1", "--rate takes 0 to 1000000, not -1"),
		Entry(nil, "--duration 1ms", "--duration takes 1s to 168h0m0s, not 1ms"),
		Entry(nil, "--set X", `--set takes NAME=VALUE, not "X"`),
		Entry(nil, "--target 127.0.0.1:110", "--users above 1 needs a user for each"),
		Entry(nil, "steady --merge a.json", "--merge runs nothing: leave out the script"),
		Entry(nil, "--merge a.json --messages 3", "--merge runs nothing: leave out --messages"),
		Entry(nil, "--merge a.json --users 3", "--merge runs nothing: leave out --users"),
	)

	It("says how to build k6, also when another k6 is there", func() {
		r := bench("k6", "--k6", filepath.Join(GinkgoT().TempDir(), "k6"))
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(ContainSubstring("build it with 'go build -C cmd/bench/k6 -o ../../../bin/k6 .'"))
	})
})
