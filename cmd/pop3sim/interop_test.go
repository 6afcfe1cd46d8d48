package main_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

// fetched returns what a client is expected to store, and the numbers of those that it refuses.
func fetched(client peer.Client, served [][]byte) (kept [][]byte, refused []string) {
	for i, m := range served {
		if client.Refuses(m) == "" {
			kept = append(kept, m)
			continue
		}
		refused = append(refused, strconv.Itoa(i+1))
	}
	return kept, refused
}

// writeEML writes each message to a file of a new folder, in order, and returns the folder and what
// a client gets of each.
func writeEML(mail []maildrop.Message) (dir string, served [][]byte) {
	GinkgoHelper()
	dir = GinkgoT().TempDir()
	for i, m := range mail {
		octets, err := maildrop.Read(m)
		Expect(err).NotTo(HaveOccurred())
		served = append(served, octets)
		r, err := m.Open()
		Expect(err).NotTo(HaveOccurred())
		raw, err := io.ReadAll(r)
		Expect(errors.Join(err, r.Close())).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.eml", i+1)), raw, 0o600)).To(Succeed())
	}
	return dir, served
}

func (p *process) account() peer.Account {
	GinkgoHelper()
	host, port, err := net.SplitHostPort(p.address)
	Expect(err).NotTo(HaveOccurred())
	number, err := strconv.Atoi(port)
	Expect(err).NotTo(HaveOccurred())
	return peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}
}

// fetch lets a client fetch everything and returns the refusals; a missing program skips
// the spec, but not in CI.
func fetch(ctx context.Context, client peer.Client, p *process, dir string) peer.Refused {
	GinkgoHelper()
	err := client.Fetch(ctx, p.account(), dir)
	if refused, ok := errors.AsType[peer.Refused](err); ok {
		return refused
	}
	peer.Need(GinkgoTB(), err)
	return nil
}

var _ = Describe("A mailbox of 1,000 messages, nasty ones among them", Ordered, func() {
	var eml string
	var served [][]byte
	var few string // 300 of them, for clients that start programs for each message
	var fewServed [][]byte
	BeforeAll(func() {
		all := fixtures.Thousand()
		eml, served = writeEML(all)
		few, fewServed = writeEML(withoutSynthetic(all, len(all)-300))
	})

	for _, client := range peer.Clients() {
		// What each client alters is said by its Alters and allowed for by its Check, octet
		// by octet (package peer).
		It("is what "+client.Name()+" stores after it fetched from pop3sim", func(ctx SpecContext) {
			eml, served := eml, served
			if startsPrograms(client) {
				eml, served = few, fewServed
			}
			server := start(GinkgoTB(), "--eml", eml)
			dir := GinkgoT().TempDir()
			refusals := fetch(ctx, client, server, dir)
			stored, err := client.Read(dir)
			Expect(err).NotTo(HaveOccurred())
			kept, refused := fetched(client, served)
			Expect(client.Check(ctx, kept, stored)).To(Succeed())
			checkRefusals(client, refused, refusals)
			Expect(server.stop(os.Interrupt)).To(Equal(0))
		}, SpecTimeout(5*time.Minute))
	}
})

// startsPrograms reports whether a client starts a program for each message, which takes it far
// longer than to fetch the message.
func startsPrograms(client peer.Client) bool {
	return client == peer.Client(peer.Getmail{}) || client == peer.Client(peer.Fetchmail{})
}

// withoutSynthetic leaves out the first of the synthetic messages, which are all alike.
func withoutSynthetic(mail []maildrop.Message, leave int) []maildrop.Message {
	return slices.DeleteFunc(slices.Clone(mail), func(m maildrop.Message) bool {
		n, err := strconv.Atoi(strings.TrimPrefix(m.UID(), "synthetic-"))
		return err == nil && n <= leave
	})
}

// checkRefusals holds what a client refused against what it is known to refuse, by name.
func checkRefusals(client peer.Client, numbers []string, got peer.Refused) {
	GinkgoHelper()
	var messages []string
	for _, r := range got {
		messages = append(messages, r.Message)
	}
	switch client.(type) {
	case peer.Poplib:
		// QUIRK 83: Python's poplib raises error_proto for any line of more than 2,048 octets.
		Expect(numbers).NotTo(BeEmpty())
		Expect(messages).To(Equal(numbers))
		for _, r := range got {
			Expect(r.Text).To(Equal("line too long"))
		}
	case peer.Getmail:
		// getmail raises the limit of poplib to 1 MiB. What it calls a message is the UID.
		Expect(numbers).NotTo(BeEmpty())
		Expect(messages).To(HaveLen(len(numbers)))
		Expect(got[0].Text).To(Equal("line too long"))
	default:
		Expect(numbers).To(BeEmpty())
		Expect(got).To(BeEmpty())
	}
}
