package main

import (
	"encoding/json"
	"os"
	"runtime"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/internal/need"
)

var _ = Describe("bench servers", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2 before anything runs",
		func(want string, args ...string) {
			r := bench(append([]string{"servers"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench servers --help'\n"))
		},
		Entry("a pipeline of one", "--window takes 2 to 10000, not 1", "--window", "1"),
		Entry("an unknown form", `--from takes synthetic, eml, mbox, maildir, not "pst"`, "--from", "eml,pst"),
		Entry("a form twice", "--from has eml twice", "--from", "eml,eml"),
		Entry("an unknown server", `--server takes pop3sim, dovecot, not "mailpit"`, "--server", "mailpit"),
	)

	It("serves one mailbox from all that it can, one message at a time too, beside the bare sender, and sums up what came", func() {
		dir := GinkgoT().TempDir()
		r := bench("servers", "--synthetic", "60,size=lognormal:2KiB:1,mix=text", "--runs", "2", "--server", "pop3sim",
			"--from", "synthetic,eml,mbox,maildir", "--dir", dir, "--format", "json")
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		var labels []string
		for _, s := range found.Summary {
			labels = append(labels, s.Label)
			Expect(s.Octets).To(BeNumerically(">", 0), s.Label)
		}
		Expect(labels).To(Equal([]string{
			"pipelined from pop3sim", "pipelined from pop3sim (eml)", "pipelined from pop3sim (mbox)", "pipelined from pop3sim (maildir)",
			"one at a time from pop3sim", "one at a time from pop3sim (eml)", "one at a time from pop3sim (mbox)", "one at a time from pop3sim (maildir)",
			"bare sender",
		}))
		Expect(found.Ratios).To(HaveLen(4))
		Expect(found.Ratios[1].Label).To(Equal("pipelined from pop3sim (eml) : bare sender"))
		Expect(os.ReadDir(dir)).To(BeEmpty())
	})

	It("compares over TLS with a bare sender over TLS", func() {
		r := bench("servers", "--messages", "50", "--runs", "1", "--server", "pop3sim", "--from", "synthetic", "--tls", "stls", "--format", "json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Failures).To(BeEmpty())
		Expect(found.Ratios).To(ContainElement(HaveField("Label", "pipelined : bare sender")))
	})

	It("sets Dovecot beside it, which serves the same mail from an mdbox, and accounts for its processes", func(ctx SpecContext) {
		_, err := new(peer.Dovecot).Version(ctx)
		peer.Need(GinkgoTB(), err)
		need.Program(GinkgoTB(), "doveadm") // it fills the mdbox
		r := bench("servers", "--messages", "300", "--runs", "1", "--from", "eml", "--format", "json")
		Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Ratios).To(ContainElement(HaveField("Label", "one at a time from pop3sim (eml) : one at a time from dovecot")))
		Expect(found.Servers[1].Version).To(ContainSubstring(", mdbox;"))
		for _, m := range found.Trials {
			if m.Server == servers.DovecotName && runtime.GOOS == "linux" {
				Expect(m.Serving.Peak).To(BeNumerically(">", 1<<20))
			}
		}
	})

})

var _ = Describe("bench sessions beside Mailpit", func() {
	It("says how to get a server that is not installed", func() {
		r := bench("sessions", "--server", "mailpit", "--mailpit", "./no-mailpit")
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^bench: \./no-mailpit is not installed; 'go install github\.com/axllent/mailpit@\S+' builds it\n$`))
	})

	It("opens sessions there, all in one mailbox", func() {
		_, err := peer.MailpitProgram("")
		peer.Need(GinkgoTB(), err)
		r := bench("sessions", "--server", "pop3sim,mailpit", "--runs", "1", "--time", "50ms", "--at-once", "2", "--idle", "3")
		Expect(r.status).To(Equal(0), r.errOut)
		Expect(r.out).To(MatchRegexp(`(?m)^sessions from pop3sim, 2 at once : sessions from mailpit, 2 at once( +[0-9.]+){3}$`))
	})
})
