package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/bench/internal/clients"
	"pop3mtm/cmd/bench/internal/verify"
	"pop3mtm/cmd/internal/mailfiles"
	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm/store"
)

const servedSpec = "60,size=lognormal:5KiB:0.7,seed=4,mix=everything"

func servedMail(t testing.TB, spec string) (maildrop.Source, maildrop.List) {
	t.Helper()
	o, err := maildrop.ParseSynthetic(spec)
	if err != nil {
		t.Fatal(err)
	}
	source, err := maildrop.Synthetic(o)
	if err != nil {
		t.Fatal(err)
	}
	list, err := source.List()
	if err != nil {
		t.Fatal(err)
	}
	return source, list
}

// raw is message n as it was served.
func raw(list maildrop.List, n int) []byte {
	GinkgoHelper()
	b, err := maildrop.Read(list.At(n - 1))
	Expect(err).NotTo(HaveOccurred())
	return b
}

var _ = Describe("bench verify", func() {
	var list maildrop.List
	var dir string
	BeforeEach(func() {
		_, list = servedMail(GinkgoTB(), servedSpec)
		dir = GinkgoT().TempDir()
	})

	// keep writes all messages in a format, backwards, each as alter makes it.
	keep := func(format string, alter func(n int, raw []byte) [][]byte) string {
		path := filepath.Join(dir, "kept")
		if format == "eml" {
			Expect(os.Mkdir(path, 0o700)).To(Succeed())
		}
		w, err := mailfiles.NewWriter(format, path)
		Expect(err).NotTo(HaveOccurred())
		for n := list.Len(); n >= 1; n-- {
			for i, b := range alter(n, raw(list, n)) {
				Expect(w.Add(mailfiles.Message{Name: fmt.Sprint(n, "-", i)}, bytes.NewReader(b))).To(Succeed())
			}
		}
		Expect(w.Close()).To(Succeed())
		return path
	}
	same := func(_ int, raw []byte) [][]byte { return [][]byte{raw} }
	judged := func(path string, more ...string) outcome {
		return bench(append([]string{"verify", "--synthetic", servedSpec, path}, more...)...)
	}

	for _, format := range mailfiles.Formats() {
		It("accepts what was served, in any order: "+format, func() {
			Expect(judged(keep(format, same))).To(Equal(outcome{0, "60 of 60 messages are right\n", ""}))
		})
	}

	It("accepts a store", func(ctx SpecContext) {
		st, err := store.Open(filepath.Join(dir, "st"), nil)
		Expect(err).NotTo(HaveOccurred())
		b := st.NewBatch()
		for n := 1; n <= 60; n++ {
			w := b.Body(store.BodyWhole)
			_, err := w.Write(raw(list, n))
			Expect(err).NotTo(HaveOccurred())
			body, err := w.Close()
			Expect(err).NotTo(HaveOccurred())
			b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Body: body})
		}
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(st.Close()).To(Succeed())
		Expect(judged(filepath.Join(dir, "st"))).To(Equal(outcome{0, "60 of 60 messages are right\n", ""}))
	})

	damage := func(n int, raw []byte) [][]byte {
		switch n {
		case 5, 20, 21, 22, 60:
			return nil
		case 7:
			return [][]byte{raw, raw}
		case 9:
			raw[len(raw)-100] ^= 1
		case 11:
			raw = raw[:len(raw)-2]
		case 13:
			return [][]byte{raw, []byte("Subject: no message\r\n\r\nof this\r\n"), bytes.ReplaceAll(raw, []byte(".4@synthetic"), []byte(".5@synthetic"))}
		}
		return [][]byte{raw}
	}

	It("tells what is missing, doubled, changed and extra", func() {
		path := keep("eml", damage)
		at := list.At(8).Size() - 100
		end := list.At(10).Size() - 2
		r := judged(path)
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(BeEmpty())
		Expect(r.out).To(And(
			HavePrefix("53 of 60 messages are right\nmissing: 5: 5, 20-22, 60\n"),
			MatchRegexp(`(?m)^doubled: message 7: .*/7-[01]\.eml: is stored more than once$`),
			ContainSubstring(fmt.Sprintf("changed: message 9: %s/9-0.eml: octet %d differs from what was served\n", path, at)),
			ContainSubstring(fmt.Sprintf("changed: message 11: %s/11-0.eml: octet %d differs from what was served\n", path, end)),
			ContainSubstring("extra: "+path+"/13-1.eml: not from this mailbox\n"),
			ContainSubstring("extra: "+path+"/13-2.eml: not from this mailbox\n"),
		))
	})

	It("tells it to programs too", func() {
		var v verify.Verdict
		r := judged(keep("eml", damage), "--json")
		Expect(r.status).To(Equal(1))
		Expect(json.Unmarshal([]byte(r.out), &v)).To(Succeed())
		Expect(v.Verified).To(BeFalse())
		Expect([]int{v.Expected, v.Kept, v.Right, v.Missing.Count, v.Doubled.Count, v.Changed.Count, v.Extra.Count}).To(Equal([]int{60, 58, 53, 5, 1, 2, 2}))
		Expect(v.Missing.First).To(Equal([]string{"5", "20-22", "60"}))
		Expect(v.Changed.First).To(ContainElement(HaveField("Message", 9)))
	})

	It("allows for what --as and --lenient name, and for no more", func() {
		path := keep("eml", func(_ int, raw []byte) [][]byte {
			return [][]byte{bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))}
		})
		Expect(judged(path).status).To(Equal(1))
		Expect(judged(path, "--as", "lf").status).To(Equal(0))
		Expect(judged(path, "--as", "mpop-maildir").status).To(Equal(0))
		Expect(os.RemoveAll(path)).To(Succeed())
		path = keep("eml", func(n int, raw []byte) [][]byte {
			b := bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
			b = bytes.ReplaceAll(b, []byte("\nFrom "), []byte("\n>From "))
			return [][]byte{append([]byte("Return-Path: <a@b>\nDelivered-To: me\nReceived: from here\n by there\n"), append(b, '\n')...)}
		})
		Expect(judged(path, "--as", "mbox").status).To(Equal(1))
		Expect(judged(path, "--lenient")).To(Equal(outcome{0, "60 of 60 messages are right\n", ""}))
		Expect(os.RemoveAll(path)).To(Succeed())
		path = keep("eml", func(n int, raw []byte) [][]byte {
			return [][]byte{bytes.Replace(raw, []byte("\r\nMessage-ID"), []byte("\r\nX-Mine: a\r\nMessage-ID"), 1)}
		})
		Expect(judged(path, "--lenient").out).To(HavePrefix("0 of 60 "))
	})

	It("expects what any of several sessions offered", func() {
		spec := "50,seed=4,mix=mail,arrive=10,expire=3,shuffle"
		_, list = servedMail(GinkgoTB(), "70,seed=4,mix=mail")
		path := keep("maildir", same)
		Expect(bench("verify", "--synthetic", spec, "--sessions", "3", path)).To(Equal(outcome{0, "70 of 70 messages are right\n", ""}))
		Expect(bench("verify", "--synthetic", spec, "--sessions", "4", path).out).To(ContainSubstring("missing: 10: 71-80\n"))
	})

	DescribeTable("refuses wrong usage",
		func(args, want string) {
			path := filepath.Join(dir, "mbox")
			Expect(os.WriteFile(path, []byte("From x\nSubject: a\n\nb\n\n"), 0o600)).To(Succeed())
			r := bench(strings.Fields(strings.ReplaceAll(args, "MBOX", path))...)
			Expect(r.status).To(Equal(2))
			Expect(r.errOut).To(ContainSubstring(want))
		},
		Entry(nil, "verify MBOX", "--synthetic is missing: it describes the mailbox that was served"),
		Entry(nil, "verify --synthetic 5", "an argument is missing"),
		Entry(nil, "verify --synthetic 5,size=1 MBOX", "--synthetic: column 8: a size is at least 512"),
		Entry(nil, "verify --synthetic 5 --sessions 0 MBOX", "--sessions takes 1 or more"),
		Entry(nil, "verify --synthetic 5,arrive=9999999 --sessions 9 MBOX", "more than 10000000 messages"),
		Entry(nil, "verify --synthetic 5 --as fruit MBOX", `--as takes curl, exact, fetchmail, fetchmail-bsmtp, getmail6, getmail6-mbox, lenient, lf, mbox, mpop-maildir, mpop-mbox, poplib, not "fruit"`),
		Entry(nil, "verify --synthetic 5 --as exact MBOX", "use --as mbox"),
		Entry(nil, "verify --synthetic 5 --as lf --lenient MBOX", "exclude each other"),
	)

	It("says that a path is not there", func() {
		Expect(judged(filepath.Join(dir, "nowhere"))).To(Equal(outcome{1, "", "bench: " + filepath.Join(dir, "nowhere") + " does not exist; check the path\n"}))
	})
})

// Each program of others fetches a mailbox, and what it keeps verifies by its name.
func TestVerifyKnowsWhatOtherProgramsChange(t *testing.T) {
	places := map[string]string{"mpop-maildir": "maildir", "mpop-mbox": "mbox", "fetchmail-bsmtp": "batch", "getmail6-mbox": "mbox"}
	for name, client := range clients.Peers() {
		t.Run(name, func(t *testing.T) {
			_, err := client.Version(t.Context())
			peer.Need(t, err)
			g := NewWithT(t)
			spec := "12,size=lognormal:5KiB:0.7,seed=8,mix=mail"
			source, _ := servedMail(t, spec)
			srv := fakeserver.Start(t, fakeserver.MaildropOf(source), nil)
			host, port, err := net.SplitHostPort(srv.Addr())
			g.Expect(err).NotTo(HaveOccurred())
			number, err := strconv.Atoi(port)
			g.Expect(err).NotTo(HaveOccurred())
			dir := t.TempDir()
			g.Expect(client.Fetch(t.Context(), peer.Account{Host: host, Port: number, User: "demo", Password: "demo"}, dir)).To(Succeed())
			place := places[name]
			if place == "" {
				place = "messages"
			}
			g.Expect(bench("verify", "--synthetic", spec, "--as", name, filepath.Join(dir, place))).To(Equal(outcome{0, "12 of 12 messages are right\n", ""}))
		})
	}
}
