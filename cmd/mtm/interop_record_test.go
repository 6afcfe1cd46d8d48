package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fixtures"
	"pop3mtm/internal/gobuild"
)

// simulator is a running pop3sim.
type simulator struct {
	POP3, POP3S string
	command     *exec.Cmd
}

// pop3sim is the path of the pop3sim that specs run, built when the first one does.
var pop3sim = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(filepath.Dir(binary), "pop3sim.exe")
	return path, gobuild.Programs(context.Background(), path, "../pop3sim")
})

// simulate runs pop3sim until the spec ends.
func simulate(args ...string) *simulator {
	GinkgoHelper()
	sim, err := pop3sim()
	Expect(err).NotTo(HaveOccurred())
	s := &simulator{command: exec.Command(sim, append(args, "--pop3", "127.0.0.1:0", "--json", "--quiet")...)}
	s.command.Stderr = GinkgoWriter
	stdout, err := s.command.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(s.command.Start()).To(Succeed())
	DeferCleanup(func() { _ = s.command.Process.Kill() }) // it may have ended long ago
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	Expect(err).NotTo(HaveOccurred())
	Expect(json.Unmarshal(line, s)).To(Succeed())
	return s
}

// curl gets all mail with curl, and gives it message by message.
func curl(ctx context.Context, address string) [][]byte {
	GinkgoHelper()
	host, port, err := net.SplitHostPort(address)
	Expect(err).NotTo(HaveOccurred())
	number, err := strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	dir := GinkgoT().TempDir()
	Expect(peer.Curl{}.Fetch(ctx, peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}, dir)).To(Succeed())
	all, err := peer.Curl{}.Read(dir)
	Expect(err).NotTo(HaveOccurred())
	return all
}

// recordedMode is a way to speak TLS to the recorder, and to the server behind it.
type recordedMode struct {
	upstream, tls, auth string
	transcript          string
	scenario            string
	authority           string // of what mtm connects to: each program makes its own
	fetched             [][]byte
}

// flags let a program speak TLS.
func (m *recordedMode) flags(more ...string) []string {
	return append(more, "--pop3s", "127.0.0.1:0", "--tls-ca-out", m.authority)
}

// gets lets mtm get all mail from a program, and compares it octet for octet.
func (m *recordedMode) gets(s *simulator, want [][]byte) {
	GinkgoHelper()
	account := []string{"account", "add", "work", "--user", "demo", "--password", "demo", "--auth", m.auth, "--tls", m.tls}
	address := s.POP3
	if m.tls == "implicit" {
		address = s.POP3S
	}
	if m.tls != "none" {
		account = append(account, "--tls-ca", m.authority)
	}
	u := newUser()
	u.succeeds(append(account, "--pop3", address)...)
	u.succeeds("get", "work")
	u.exports(want)
}

var _ = Describe("A recording of a real Dovecot", Ordered, func() {
	modes := []*recordedMode{
		{upstream: "none", tls: "stls", auth: "userpass"},
		{upstream: "stls", tls: "none", auth: "apop"},
		{upstream: "implicit", tls: "implicit", auth: "plain"},
	}
	var want [][]byte

	BeforeAll(func(ctx SpecContext) {
		_, err := peer.Curl{}.Version(ctx)
		peer.Need(GinkgoTB(), err)
		files, _ := octets(fixtures.Nasty())
		files = slices.DeleteFunc(files, dovecotSpoils)
		for _, m := range files {
			want = append(want, dovecotForm(m))
		}
		ca := fixtures.NewCA()
		certificate, key := ca.KeyPair()
		server, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, &peer.DovecotOptions{Certificate: certificate, Key: key})
		peer.Need(GinkgoTB(), err)
		stop := sync.OnceValue(server.Stop)
		DeferCleanup(stop)
		dir := GinkgoT().TempDir()
		authority := filepath.Join(dir, "ca.pem")
		Expect(os.WriteFile(authority, ca.PEM(), 0o600)).To(Succeed())
		for _, m := range modes {
			m.transcript, m.scenario = filepath.Join(dir, m.upstream+".txt"), filepath.Join(dir, m.upstream+".yaml")
			m.authority = filepath.Join(dir, m.upstream+".pem")
			a := server.Account("demo")
			if m.upstream == "implicit" {
				a = server.SecureAccount("demo")
			}
			r := simulate(m.flags("record", "--upstream", fmt.Sprintf("%s:%d", a.Host, a.Port), "--tls", m.upstream, "--tls-ca", authority,
				"--out", m.transcript, "--scenario", m.scenario)...)
			m.gets(r, want)
			m.fetched = curl(ctx, r.POP3)
			Expect(peer.Curl{}.Check(ctx, want, m.fetched)).To(Succeed())
			Expect(r.command.Process.Signal(os.Interrupt)).To(Succeed())
			Expect(r.command.Wait()).To(Succeed())
		}
		Expect(stop()).To(Succeed())
	}, NodeTimeout(5*time.Minute))

	for _, m := range modes {
		It(fmt.Sprintf("gives mtm and curl the same when Dovecot is gone, and so does its scenario: --tls %s, mtm's %s", m.upstream, m.tls), func(ctx SpecContext) {
			p := simulate(m.flags("replay", m.transcript)...)
			m.gets(p, want)
			Expect(curl(ctx, p.POP3)).To(Equal(m.fetched))
			Expect(p.command.Wait()).To(Succeed(), "all as recorded")

			played := simulate(m.flags("serve", "--scenario", m.scenario)...)
			Expect(curl(ctx, played.POP3)).To(Equal(m.fetched), "in another order")
			m.gets(played, want)
		}, SpecTimeout(5*time.Minute))
	}
})
