package main_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/internal/need"
)

// pythonView is what testdata/read.py finds in a message.
type pythonView struct {
	Defects    []string    `json:"defects"`
	Type       string      `json:"type"`
	From       [][2]string `json:"from"`
	To         [][2]string `json:"to"`
	Cc         [][2]string `json:"cc"`
	Fields     []string    `json:"fields"`
	Subject    string      `json:"subject"`
	InReplyTo  string      `json:"in_reply_to"`
	References string      `json:"references"`
	Text       string      `json:"text"`
	Page       string      `json:"page"`
	Files      [][3]string `json:"files"`
}

func sum(octets string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(octets))) }

// kinds makes one message of every kind, and gives their octets by name.
func kinds(u *user, ids map[string]string) map[string]string {
	GinkgoHelper()
	u.writes("page.html", "<p>Grüße</p>\n")
	u.writes("Übersicht (1).bin", "\x00\xff.\r\n.\n")
	long := strings.Repeat("a very long line ", 100)
	all := map[string]string{}
	for name, args := range map[string][]string{
		"plain": {"compose", "--to", "ben@example.org", "--subject", "Lunch", "--text", "At noon?\n.\nFrom here  \n" + long},
		"letters": {"compose", "--to", `"Rejón, Tomás" <tomas@example.org>`, "--cc", "由紀 <yuki@example.net>, ben@bücher.example", "--bcc", "eve@example.org",
			"--subject", "Grüße aus 東京, " + strings.Repeat("レンズ", 30), "--text", "Schöne Grüße, 灯台\n"},
		"page and file": {"compose", "--to", "ben@example.org", "--subject", "x", "--text", "Grüße\n", "--html", "page.html", "--attach", "Übersicht (1).bin"},
		"reply":         {"reply", ids["latin1"], "--all", "--original", "--text", "Danke"},
		"forward":       {"forward", ids["attachments"], "--to", "ben@example.org", "--text", "For you"},
		"forward page":  {"forward", ids["html"], "--page", "--to", "ben@example.org"},
		"embedded":      {"forward", ids["utf8"], "--as-attachment", "--to", "ben@example.org"},
		"receipt":       {"receipt", ids["receipt"]},
	} {
		all[name] = u.raw(u.makes(args...).ID)
	}
	return all
}

var _ = Describe("What compose, reply, forward and receipt write", func() {
	names := []string{"latin1", "attachments", "html", "utf8", "receipt"}

	It("is read by Python's email package without a defect, as it was meant", func(ctx SpecContext) {
		python := need.Program(GinkgoTB(), "python3")
		u, ids := newWriter(names...)
		all := kinds(u, ids)
		order := slices.Sorted(maps.Keys(all))
		args := []string{"testdata/read.py"}
		for i, name := range order {
			u.writes(fmt.Sprint(i), all[name])
			args = append(args, u.path(fmt.Sprint(i)))
		}
		c := exec.CommandContext(ctx, python, args...)
		c.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
		out, err := c.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		got := map[string]pythonView{}
		for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			var v pythonView
			Expect(json.Unmarshal([]byte(line), &v)).To(Succeed())
			Expect(v.Defects).To(BeEmpty(), order[i])
			Expect(v.From).To(Equal([][2]string{{"Demo", "demo@example.org"}}), order[i])
			Expect(v.Fields).NotTo(ContainElement("bcc"))
			got[order[i]] = v
		}
		Expect(got["plain"].Text).To(Equal("At noon?\n.\nFrom here  \n" + strings.Repeat("a very long line ", 100) + "\n"))
		letters := got["letters"]
		Expect(letters.To).To(Equal([][2]string{{"Rejón, Tomás", "tomas@example.org"}}))
		Expect(letters.Cc).To(Equal([][2]string{{"由紀", "yuki@example.net"}, {"", "ben@xn--bcher-kva.example"}}))
		Expect(letters.Subject).To(Equal("Grüße aus 東京, " + strings.Repeat("レンズ", 30)))
		Expect(letters.Text).To(Equal("Schöne Grüße, 灯台\n"))
		both := got["page and file"]
		Expect([]string{both.Type, both.Text, both.Page}).To(Equal([]string{"multipart/mixed", "Grüße\n", "<p>Grüße</p>\n"}))
		Expect(both.Files).To(Equal([][3]string{{"Übersicht (1).bin", "application/octet-stream", sum("\x00\xff.\r\n.\n")}}))
		Expect(got["reply"].Subject).To(HavePrefix("Re: "))
		Expect(got["reply"].References).To(HaveSuffix(got["reply"].InReplyTo))
		Expect(got["reply"].InReplyTo).NotTo(BeEmpty())
		Expect(got["forward"].Text).To(HavePrefix("For you\n\n----- Forward Header -----\n"))
		Expect(got["forward"].Files).To(HaveLen(strings.Count(u.succeeds("show", ids["attachments"]), "  attachment")))
		for _, part := range got["forward"].Files {
			path := partNamed(u, ids["attachments"], part[0])
			Expect(part[2]).To(Equal(sum(u.succeeds("show", ids["attachments"], "--part", path))), part[0])
		}
		Expect(got["forward page"].Page).To(ContainSubstring("<hr>"))
		Expect(got["embedded"].Files).To(HaveLen(1))
		Expect(got["embedded"].Files[0][:2]).To(Equal([]string{"message.eml", "message/rfc822"}))
		Expect(got["receipt"].Type).To(Equal("multipart/report"))
		Expect(got["receipt"].To).To(Equal([][2]string{{"Harbour Office", "office@example.net"}}))
	}, SpecTimeout(patience))

	It("is delivered by Dovecot, and fetched again, octet for octet", func(ctx SpecContext) {
		u, ids := newWriter(names...)
		all := kinds(u, ids)
		var files [][]byte
		for _, raw := range all {
			files = append(files, []byte(raw))
		}
		d, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
		peer.Need(tb(), err)
		DeferCleanup(d.Stop)
		reader := newUser()
		reader.addDovecot(d)
		reader.succeeds("get", "work")
		sameOctets(reader.bodies(reader.lists("Inbox")), files)
	}, SpecTimeout(patience))
})

// partNamed returns the path of the part that is a file of that name.
func partNamed(u *user, id, name string) string {
	GinkgoHelper()
	var v struct {
		Parts []struct {
			Path     string `json:"path"`
			Filename string `json:"filename"`
		} `json:"parts"`
	}
	fromJSON(u.succeeds("show", id, "--json"), &v)
	for _, p := range v.Parts {
		if p.Filename == name {
			return p.Path
		}
	}
	Fail("no part is named " + name)
	return ""
}
