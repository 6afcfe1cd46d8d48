package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/report"
	"pop3mtm/cmd/bench/internal/servers"
	"pop3mtm/cmd/bench/internal/workload"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/internal/need"
)

// compareSmall compares with the clients of others that are named, and with none when others is "".
func compareSmall(others string, more ...string) outcome {
	return bench(append([]string{"compare", "--messages", "40", "--size", "2KiB", "--runs", "2", "--clients", others, "--format", "json"}, more...)...)
}

var _ = Describe("bench compare", func() {
	DescribeTable("says on one line what is wrong with a flag, and ends with 2 before anything runs",
		func(want string, args ...string) {
			r := bench(append([]string{"compare"}, args...)...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(Equal("bench: " + want + "; see 'bench compare --help'\n"))
		},
		Entry("an unknown client", `--clients takes curl, fetchmail, fetchmail-bsmtp, getmail6, getmail6-mbox, mpop-maildir, mpop-mbox, poplib, not "outlook"`, "--clients", "mpop-mbox,outlook"),
		Entry("a client given twice", "--clients has curl twice", "--clients", "curl,curl"),
		Entry("a command without a name", `--client takes NAME=COMMAND, not "./fetch"`, "--client", "./fetch"),
		Entry("a name that is taken", "--client: the name curl is taken", "--client", "curl=x {host} {port} {dir}"),
		Entry("a command that cannot find the mailbox", "--client: the command of x lacks {port}: "+
			"it may use {host}, {port}, {user}, {password}, {dir} and {ca}", "--client", "x=fetch {host} {dir}"),
		Entry("an unknown server", `--server takes pop3sim, dovecot, not "exchange"`, "--server", "exchange"),
		Entry("a server given twice", "--server has pop3sim twice", "--server", "pop3sim,pop3sim"),
		Entry("two kinds of server", "--target and --server exclude each other", "--server", "dovecot", "--target", "here:1"),
		Entry("a client without STLS", "--clients: getmail6 does not support --tls stls: leave it out", "--clients", "curl,getmail6", "--tls", "stls"),
		Entry("a certificate for another host", "--tls-name: third-party clients check the certificate for the host that they connect to; leave it out",
			"--target", "here:1", "--tls", "stls", "--tls-name", "there"),
		Entry("a relay before a certificate", "--rtt and --bandwidth use a relay, for which the certificate of a --target is not valid: leave out them or --tls",
			"--target", "here:1", "--tls", "stls", "--rtt", "1ms"),
	)

	It("says before anything runs that a command does not exist", func() {
		r := compareSmall("", "--client", "mine=./no-such-fetch {host} {port} {dir}")
		Expect(r.status).To(Equal(1))
		Expect(r.out).To(BeEmpty())
		Expect(r.errOut).To(Equal("bench: the command of mine: ./no-such-fetch does not exist or cannot be run; check its path\n"))
	})

	It("says which clients a baseline can be", func() {
		r := compareSmall("", "--baseline", "curl")
		Expect(r.status).To(Equal(2))
		Expect(r.errOut).To(Equal("bench: --baseline takes one of mtm, bare POP3, not \"curl\"; see 'bench compare --help'\n"))
	})

	It("finds a command beside the user, compares all with a baseline, and takes files in the order of their numbers", func() {
		_, err := peer.Curl{}.Version(GinkgoT().Context())
		peer.Need(GinkgoTB(), err)
		dir := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(dir, "fetch"), []byte("#!/bin/sh\nexec curl -s -u \"$1:$2\" \"pop3://$3:$4/[1-40]\" -o \"$5/#1.eml\"\n"), 0o700)).To(Succeed())
		page := filepath.Join(dir, "page.html")
		r := benchIn(dir, "compare", "--messages", "40", "--size", "2KiB", "--runs", "2", "--clients", "", "--format", "json", "--html", page,
			"--client", "mine=./fetch {user} {password} {host} {port} {dir}", "--baseline", "mine")
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		var labels []string
		for _, v := range found.Ratios {
			labels = append(labels, v.Label)
		}
		Expect(labels).To(Equal([]string{"mine : mtm", "mine : bare POP3", "mine : bare TCP"}))
		text, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		checkPage(text, &found)
		Expect(string(text)).To(And(
			ContainSubstring(`<p class="warning" role="status">Only 2 runs: the medians are not reliable; use --runs 5 or more.</p>`),
			// Rates below 100 have a point: this machine may be busy.
			MatchRegexp(`<p class="result">mine: [0-9,.]+ messages a second \([0-9,.]+ to [0-9,.]+\), which is [0-9.]+ times the rate of mtm `),
			MatchRegexp(`<dt>Date</dt><dd>[0-9]{4}-[0-9]{2}-[0-9]{2}T`),
			MatchRegexp(`<dt>Command</dt><dd>bench\S* compare --messages 40 `)))
	})

	It("shows where a file differs that stands tenth, not second", func() {
		need.Program(GinkgoTB(), "cp")
		dir := GinkgoT().TempDir()
		script := "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cp " + dir + "/$i {dir}/$i; done; echo more >>{dir}/10; : {host} {port}"
		served, err := (&workload.Mailbox{Messages: 12, Size: 600, Seed: 1}).List()
		Expect(err).NotTo(HaveOccurred())
		for i := range served.Len() {
			raw, err := maildrop.Read(served.At(i))
			Expect(err).NotTo(HaveOccurred())
			Expect(os.WriteFile(filepath.Join(dir, strconv.Itoa(i+1)), raw, 0o600)).To(Succeed())
		}
		r := compareSmall("", "--messages", "12", "--size", "600", "--runs", "1", "--client", "mine="+script)
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(ContainSubstring("message 10 of those compared differs at octet 587 of 587"))
	})

	It("does not fail the bare client with mail that is cut by line ends of all kinds", func() {
		r := bench("compare", "--synthetic", "60,mix=nasty", "--runs", "1", "--clients", "", "--format", "json")
		Expect(r.errOut).To(BeEmpty())
		Expect(r.status).To(Equal(0))
	})

	It("takes your own client, shows the error output of one that fails, discards the figures of one that loses mail, and goes on", func() {
		_, err := peer.Curl{}.Version(GinkgoT().Context())
		peer.Need(GinkgoTB(), err)
		page := filepath.Join(GinkgoT().TempDir(), "page.html")
		r := compareSmall("", "--html", page,
			"--client", "mine=curl -s -u {user}:{password} pop3://{host}:{port}/[1-40] -o {dir}/#1",
			"--client", "loser=: {host} {port} {dir}",
			"--client", "broken=echo 'out of {host}' >&2; exit 3; : {port} {dir}")
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(HavePrefix("bench: without loser, broken, which failed: "))
		var found report.Results
		Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		Expect(found.Failures).To(HaveLen(2))
		Expect(found.Failures[0].What).To(Equal("loser"))
		Expect(found.Failures[0].Text).To(ContainSubstring("loser did not store what was served: 40 messages were served and 0 stored"))
		Expect(found.Failures[1].Text).To(ContainSubstring("exit status 3: out of 127.0.0.1"))
		rounds := map[string]int{}
		for _, m := range found.Trials {
			rounds[m.Client]++
			Expect(m.Messages).To(Equal(40))
		}
		Expect(rounds).To(Equal(map[string]int{clients.MTM: 2, "mine": 2, clients.BarePOP3Name: 2, clients.BareTCPName: 2}))
		text, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		checkPage(text, &found)
		for _, c := range found.Clients {
			Expect(c.Durability).NotTo(BeEmpty(), c.Name)
		}
	})
})

func TestOtherClientsTakeTurnsWithOursAtOtherServers(t *testing.T) {
	g := NewWithT(t)
	_, err := peer.Mpop{}.Version(t.Context())
	peer.Need(t, err)
	_, err = new(peer.Dovecot).Version(t.Context())
	peer.Need(t, err)
	r := compareSmall("mpop-maildir,mpop-mbox", "--server", "pop3sim,dovecot")
	g.Expect(r.status).To(Equal(0), r.errOut)
	var found report.Results
	g.Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
	var order []string
	for _, m := range found.Trials {
		order = append(order, m.Client+" from "+m.Server)
		g.Expect(m.Seconds).To(BeNumerically(">", 0))
	}
	var round []string
	for _, server := range []string{servers.Simulator, servers.DovecotName} {
		for _, client := range []string{clients.MTM, "mpop-maildir", "mpop-mbox", clients.BarePOP3Name} {
			round = append(round, client+" from "+server)
		}
	}
	round = append(round, clients.BareTCPName+" from "+servers.Limit)
	g.Expect(order).To(Equal(append(round, round...)))
	g.Expect(found.Clients[1].Version).To(ContainSubstring("mpop"))
	g.Expect(string(found.Table())).To(MatchRegexp(`(?m)^mtm from dovecot : mpop-mbox from dovecot( +[0-9.]+){3}$`))
}

func TestOtherClientsProtectTheirLinesByTheirOwnOptions(t *testing.T) {
	g := NewWithT(t)
	for name, c := range clients.Peers() {
		_, err := c.Version(t.Context())
		peer.Need(t, err)
		g.Expect(c.Encrypts(peer.Implicit)).To(BeTrue(), name)
	}
	_, err := new(peer.Dovecot).Version(t.Context())
	peer.Need(t, err)
	for tls, args := range map[string][]string{
		"stls":     {"curl,fetchmail,fetchmail-bsmtp,mpop-mbox,poplib", "--server", "pop3sim"}, // which refuses a password without TLS
		"implicit": {"getmail6,getmail6-mbox,mpop-mbox", "--server", "dovecot"},
	} {
		r := compareSmall(args[0], append(args[1:], "--tls", tls, "--messages", "10", "--runs", "1")...)
		g.Expect(r.status).To(Equal(0), r.errOut)
		var found report.Results
		g.Expect(json.Unmarshal([]byte(r.out), &found)).To(Succeed())
		g.Expect(found.TLS).To(Equal(tls))
		g.Expect(found.Failures).To(BeEmpty())
	}
}
