package main_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	_ "modernc.org/sqlite"
)

// damage flips one octet in the middle of the last stored message.
func damage(u *user) {
	GinkgoHelper()
	segments, err := filepath.Glob(u.path("mail.store/bodies/*"))
	Expect(err).NotTo(HaveOccurred())
	slices.SortFunc(segments, func(a, b string) int { return int(length(b) - length(a)) })
	f, err := os.OpenFile(segments[0], os.O_RDWR, 0)
	Expect(err).NotTo(HaveOccurred())
	const at = 200 // in the first message; behind the last one stands its header
	octet := make([]byte, 1)
	_, err = f.ReadAt(octet, at)
	Expect(err).NotTo(HaveOccurred())
	octet[0] ^= 0x20
	_, err = f.WriteAt(octet, at)
	Expect(err).NotTo(HaveOccurred())
	Expect(f.Close()).To(Succeed())
}

func length(path string) int64 {
	GinkgoHelper()
	info, err := os.Stat(path)
	Expect(err).NotTo(HaveOccurred())
	return info.Size()
}

// index opens the index of the user's store beside mtm.
func index(u *user) *sql.Conn {
	GinkgoHelper()
	db, err := sql.Open("sqlite", u.path("mail.store/index.db"))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(db.Close)
	c, err := db.Conn(context.Background())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(c.Close)
	return c
}

func execute(c *sql.Conn, statement string) {
	GinkgoHelper()
	_, err := c.ExecContext(context.Background(), statement)
	Expect(err).NotTo(HaveOccurred())
}

var _ = Describe("the store", func() {
	var u *user
	BeforeEach(func() { u = newUser() })

	It("is checked, byte by byte", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		Expect(u.succeeds("check-store")).To(MatchRegexp(`^11 entries, 4 bodies of .* in 1 segment, 0 B no longer used: no problems\n$`))
		damage(u)
		r := u.types("check-store")
		Expect(r.status).To(Equal(1))
		Expect(r.err).To(BeEmpty())
		Expect(r.out).To(And(MatchRegexp(`(?m)^entry \d+: segment 1, offset \d+: `), MatchRegexp(`: \d problems?\n$`)))
		var v struct {
			Problems []struct {
				ID      int64  `json:"id"`
				Problem string `json:"problem"`
			} `json:"problems"`
		}
		r = u.types("check-store", "--json")
		Expect(r.status).To(Equal(1))
		fromJSON(r.out, &v)
		Expect(v.Problems).To(ContainElement(HaveField("ID", BeNumerically(">", 6))))
	})

	It("gives back the room of removed messages", func() {
		s, _ := serve(letters("a1", "a2")...)
		u.addAccount(s)
		u.succeeds("get", "work", "--headers-only")
		u.succeeds("account", "remove", "work")
		Expect(u.succeeds("reclaim")).To(MatchRegexp(`^\d+ B freed, 1 segment rewritten\n$`))
		Expect(u.succeeds("reclaim", "--json")).To(Equal(`{"segments":0,"busy":0,"freed":0}` + "\n"))
	})

	It("is dumped as a tree", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		Expect(u.succeeds("dump")).To(And(HavePrefix("1 root\n  2 service name=\"Local\""), ContainSubstring(`uid="a1"`)))
		var nodes []struct {
			ID, Parent int
			Type, Name string
		}
		Expect(json.Unmarshal([]byte(u.succeeds("dump", "--json")), &nodes)).To(Succeed())
		Expect(nodes).To(HaveLen(strings.Count(u.succeeds("dump"), "\n")))
		Expect(nodes[0].Type).To(Equal("root"))
		Expect(nodes[2].Name).To(Equal("Inbox"))
	})

	It("refuses what cannot be written as asked", func() {
		s, _ := serve(letters("a1")...)
		u.addAccount(s)
		u.succeeds("get", "work")
		Expect(u.misuses("export", "Inbox", "--format", "mbox", "--out", "-")).To(ContainSubstring("--out takes a path"))
		wrong := u.types("show", "9", "--raw", "--json")
		Expect(wrong.status).To(Equal(2))
		Expect(wrong.err).To(ContainSubstring("leave out --json"))
		Expect(u.files()).To(Equal([]string{"mail.store"}))
	})

	DescribeTable("is asked for when it is missing, and nothing is made",
		func(args ...string) {
			Expect(u.fails(args...)).To(Equal(
				"mtm: there is no message store at mail.store: name one with --store, or create one with 'mtm account add'"))
			Expect(u.files()).To(BeEmpty())
		},
		Entry("list", "list"), Entry("show", "show", "9"), Entry("dump", "dump"), Entry("check-store", "check-store"),
		Entry("reclaim", "reclaim"), Entry("shell", "shell", "work"), Entry("account list", "account", "list"),
		Entry("account set", "account", "set", "work", "--user", "x"), Entry("export", "export", "Inbox", "--format", "eml", "--out", "x"),
	)

	It("is not made where something else is", func() {
		Expect(os.WriteFile(u.path("letter.txt"), []byte("keep me"), 0o600)).To(Succeed())
		for _, args := range [][]string{{"list"}, {"account", "add", "work", "--pop3", "h", "--user", "u", "--password", "p"}} {
			Expect(u.fails(append(args, "--store", "letter.txt")...)).To(ContainSubstring("it is a file, but a store is a directory"))
			Expect(u.fails(append(args, "--store", ".")...)).To(ContainSubstring(`not a message store: it contains "letter.txt"`))
		}
		Expect(u.files()).To(Equal([]string{"letter.txt"}))
	})

	It("is refused when a newer version wrote it", func() {
		u.succeeds("account", "add", "work", "--pop3", "h", "--user", "u", "--password", "p")
		execute(index(u), "PRAGMA user_version = 1000")
		for _, args := range [][]string{{"list"}, {"get", "work"}, {"account", "set", "work", "--user", "x"}} {
			Expect(u.fails(args...)).To(ContainSubstring("message store of a newer version"))
		}
	})

	It("is waited for, and then reported, when another program has locked it", func() {
		u.succeeds("account", "add", "work", "--pop3", "h", "--user", "u", "--password", "p")
		other := index(u)
		execute(other, "BEGIN IMMEDIATE")
		Expect(u.succeeds("list")).To(ContainSubstring("Inbox"), "reading goes on")
		Expect(u.fails("account", "remove", "work")).To(ContainSubstring("message store is locked"))
		execute(other, "ROLLBACK")
		u.succeeds("account", "remove", "work")
	})
})
