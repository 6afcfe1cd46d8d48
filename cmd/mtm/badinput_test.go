package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// memoryLimit bounds what a refresh may take whatever a server sends, in KiB.
const memoryLimit = 256 << 10

// endless writes rows until nobody reads them any more, or so many.
type endless struct {
	row   func(i int) string
	count int
}

func (e endless) WriteTo(w io.Writer) (int64, error) {
	out := bufio.NewWriterSize(w, 1<<20)
	var n int64
	for i := 1; i <= e.count; i++ {
		written, err := out.WriteString(e.row(i))
		n += int64(written)
		if err != nil {
			return n, err
		}
	}
	return n, out.Flush()
}

// streams returns a reply without an end that comes within reach.
func streams(row func(i int) string) edit.Edit {
	return func(edit.Reply) edit.Reply {
		return edit.Reply{{Bytes: []byte("+OK\r\n"), Body: endless{row, 1 << 40}}}
	}
}

// rows returns a reply of "+OK", these rows and a dot.
func rows(lines ...string) edit.Edit {
	return edit.Raw("+OK\r\n" + strings.Join(lines, "\r\n") + "\r\n.\r\n")
}

// attempt is what one get did whose server sent nonsense.
type attempt struct {
	result
	memory int // KiB at most
}

// tries runs words in a shell, to look at its memory before it ends. The time-out is short only for
// a server that falls silent: others may be slow because the machine is busy.
func (u *user) tries(words string, silent bool) attempt {
	GinkgoHelper()
	timeout := patience
	if silent {
		timeout = 2 * time.Second
	}
	c := u.command("shell", "work", "--keep-going", "--timeout", timeout.String())
	in, err := c.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err := c.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	var errOut strings.Builder
	c.Stderr = &errOut
	Expect(c.Start()).To(Succeed())
	_, err = io.WriteString(in, words+"\nstatus --json\n")
	Expect(err).NotTo(HaveOccurred())
	var said strings.Builder
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		if strings.HasPrefix(line, "{") {
			break
		}
		said.WriteString(line)
	}
	a := attempt{memory: peak(c.Process.Pid)}
	Expect(in.Close()).To(Succeed())
	_ = c.Wait() // the status is looked at
	a.result = result{c.ProcessState.ExitCode(), said.String(), errOut.String()}
	return a
}

var _ = Describe("a refresh that gets nonsense", func() {
	var (
		u    *user
		s    *fakeserver.Server
		drop *fakeserver.Maildrop
	)
	// a1 and a2 are here, in the mailbox's list and in the Inbox; a3 has come since.
	BeforeEach(func() {
		u = newUser()
		s, drop = serve(letters("a1", "a2")...)
		u.addAccount(s, "--disconnected-mode")
		Expect(u.feeds("populate\nget --which all\n", "shell", "work").status).To(Equal(0))
		Expect(drop.Deliver(letter("a3", "Hello a3, you are late.\r\n"))).To(Succeed())
	})

	// here is what the Inbox and the mailbox's list hold.
	here := func() (inbox, mailbox []message) {
		GinkgoHelper()
		r := u.feeds("list Inbox --json\nlist work --json\n", "shell", "work")
		Expect(r.status).To(Equal(0), r.err)
		lists := strings.SplitAfter(r.out, "]\n")
		fromJSON(lists[0], &inbox)
		fromJSON(lists[1], &mailbox)
		return inbox, mailbox
	}
	// holds makes sure that nothing that was here is gone, and returns what the Inbox holds.
	holds := func() []message {
		GinkgoHelper()
		inbox, mailbox := here()
		Expect(uids(inbox)).To(ContainElements("a1", "a2"))
		for _, uid := range []string{"a1", "a2"} {
			Expect(mailbox).To(ContainElement(And(HaveField("UID", uid), HaveField("Body", "whole"))))
		}
		return inbox
	}
	// settles waits until the server has noticed that the last session is over, and so
	// let go of its mailbox.
	settles := func() {
		GinkgoHelper()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		Expect(s.Wait(ctx)).To(Succeed())
	}
	// heals is the next get, of a server that has come to its senses: nothing is missing,
	// nothing is there twice.
	heals := func() {
		GinkgoHelper()
		settles()
		u.succeeds("get", "work")
		inbox, mailbox := here()
		Expect(uids(inbox)).To(ConsistOf("a1", "a2", "a3"))
		Expect(uids(mailbox)).To(ConsistOf("a1", "a2", "a3"))
	}
	breaks := func(verb string, edit edit.Edit) {
		GinkgoHelper()
		settles()
		s.On(fakeserver.Match{Verb: verb, Session: len(s.Transcripts()) + 1}, fakeserver.Auto.With(edit)).Must()
	}

	DescribeTable("ends in one clear line, loses nothing, and is forgotten by the next get",
		func(verb string, edit edit.Edit, want string) {
			breaks(verb, edit)
			a := u.tries("get", want == "timed out")
			Expect(a.status).To(Equal(1))
			Expect(a.out).To(BeEmpty())
			Expect(strings.Count(a.err, "\n")).To(Equal(1), a.err)
			Expect(len(a.err)).To(BeNumerically("<", 1000))
			Expect(a.err).To(And(HavePrefix("mtm: get mail, listing the mailbox: "), ContainSubstring(want)))
			Expect(a.memory).To(BeNumerically("<", memoryLimit))
			holds()
			heals()
		},
		Entry("no number in STAT", "STAT", edit.Raw("+OK many mails\r\n"), `STAT`),
		Entry("a negative count", "STAT", edit.Raw("+OK -1 100\r\n"), `STAT`),
		Entry("a count beyond all numbers", "STAT", edit.Raw("+OK 99999999999999999999 1\r\n"), `STAT`),
		Entry("STAT refused", "STAT", edit.Refuse("no"), `STAT`),
		Entry("LIST refused", "LIST", edit.Refuse("no"), `LIST`),
		Entry("no rows though STAT counts messages", "LIST", edit.Raw("+OK\r\n.\r\n"), "LIST"),
		Entry("LIST without an end", "LIST", edit.Raw("+OK\r\n1 120\r\n2 120\r\n"), "timed out"),
		Entry("UIDL without an end", "UIDL", edit.Raw("+OK\r\n1 a1\r\n2 a2\r\n"), "timed out"),
		Entry("half a row", "LIST", edit.CutAfter(12, edit.Close), "closed"),
		Entry("a row of 1 MiB", "LIST", rows("1 120"+strings.Repeat(" ", 1<<20)), "LIST"),
		Entry("a UID of 1 MiB", "UIDL", rows("1 a1", "2 "+strings.Repeat("u", 1<<20), "3 a3"), "UIDL"),
		Entry("a row that never ends", "LIST", streams(func(int) string { return strings.Repeat("1", 1<<10) }), "LIST"),
		Entry("rows of LIST that never end", "LIST", streams(func(i int) string { return fmt.Sprintf("%d 120\r\n", i) }), "LIST"),
		Entry("rows of UIDL that never end", "UIDL", streams(func(i int) string { return fmt.Sprintf("%d uid-number-%d\r\n", i, i) }), "UIDL"),
		Entry("long UIDs that never end", "UIDL", streams(func(i int) string { return fmt.Sprintf("%d %08000d\r\n", i, i) }), "UIDL"),
		Entry("rows of nothing that never end", "UIDL", streams(func(int) string { return "\r\n" }), "UIDL"),
	)

	DescribeTable("has a right result all the same, and loses nothing",
		func(verb string, edit edit.Edit, fetched ...string) {
			breaks(verb, edit)
			words := "get"
			if verb == "TOP" { // get asks for no header that comes with its message
				words = "connect\nget"
			}
			a := u.tries(words, verb == "TOP")
			Expect(a.result).To(Equal(result{out: a.out}))
			Expect(a.memory).To(BeNumerically("<", memoryLimit))
			Expect(uids(holds())).To(ConsistOf(append([]string{"a1", "a2"}, fetched...)))
			heals()
		},
		Entry("rows out of order", "LIST", rows("3 122", "1 122", "2 122"), "a3"),
		Entry("UIDs out of order", "UIDL", rows("3 a3", "1 a1", "2 a2"), "a3"),
		Entry("STAT with fewer than LIST", "STAT", edit.Raw("+OK 1 122\r\n"), "a3"),
		Entry("STAT with more than LIST", "STAT", edit.Raw("+OK 2147483647 122\r\n"), "a3"),
		Entry("a row too few", "LIST", rows("1 122", "3 122"), "a3"),
		Entry("a row twice", "LIST", rows("1 122", "2 122", "2 122"), "a3"),
		Entry("a row twice, with another size", "LIST", rows("1 122", "2 122", "3 122", "2 900"), "a3"),
		Entry("a UID row twice", "UIDL", rows("1 a1", "2 a2", "2 a2", "3 a3"), "a3"),
		Entry("two UIDs for one message", "UIDL", rows("1 a1", "2 a2", "2 a3", "3 a3"), "a3"),
		Entry("an empty row", "LIST", rows("", "1 122", "2 122", "3 122"), "a3"),
		Entry("UIDs that are empty", "UIDL", rows("1", "2 ", "3 a3"), "a3"),
		Entry("a UID row too few", "UIDL", rows("1 a1", "3 a3"), "a3"),
		Entry("a UID that nobody lists", "UIDL", rows("1 a1", "2 a2", "3 a3", "4 a4"), "a3"),
		Entry("a header of other octets", "TOP", rows(strings.Repeat("\x00\xff", 1000)), "a3"),
		Entry("a header without an end", "TOP", edit.Raw("+OK\r\nSubject: x\r\n"), "a3"),
		Entry("a header of nothing", "TOP", edit.Raw("+OK\r\n.\r\n"), "a3"),
		Entry("a header of 100 MB", "TOP", func(edit.Reply) edit.Reply {
			field := endless{func(int) string { return "Received: " + strings.Repeat("x", 990) + "\r\n" }, 100_000}
			return edit.Reply{{Bytes: []byte("+OK\r\n"), Body: field}, {Bytes: []byte(".\r\n")}}
		}, "a3"),
		Entry("a UID of 7,000 octets", "UIDL", rows("1 a1", "2 a2", "3 a3", "4 "+strings.Repeat("u", 7000)), "a3"),
	)

	// Without a size and a Message-ID nothing says that a message is the one that is known: it is
	// fetched, and equal octets are kept once.
	DescribeTable("keeps one copy of each message when sizes prove nothing",
		func(verb string, edit edit.Edit) {
			breaks(verb, edit)
			a := u.tries("get", false)
			Expect(a.result).To(Equal(result{out: a.out}))
			Expect(a.memory).To(BeNumerically("<", memoryLimit))
			inbox, _ := here()
			Expect(uids(inbox)).To(ContainElements("a1", "a2"))
			Expect(slices.Compact(slices.Sorted(slices.Values(uids(inbox))))).To(HaveLen(len(inbox)))
			heals()
		},
		Entry("a negative size", "LIST", rows("1 120", "2 -120", "3 120")),
		Entry("a negative number", "LIST", rows("1 120", "-2 120", "3 120")),
		Entry("message 0", "LIST", rows("0 120", "1 120", "2 120")),
		Entry("a number beyond all numbers", "LIST", rows("1 120", "2 120", "99999999999999999999 120")),
		Entry("a size beyond all numbers", "LIST", rows("1 120", "2 99999999999999999999999")),
		Entry("words for sizes", "LIST", rows("1 small", "2 large")),
		Entry("sizes that are wrong", "LIST", rows("1 5", "2 5", "3 5")),
		Entry("sizes beyond all disks", "LIST", rows("1 122", "2 9223372036854775807", "3 9223372036854775807")),
	)

	DescribeTable("gives up on a header or an answer that does not end",
		func(verb string, how edit.Edit, want string) {
			breaks(verb, how)
			words := "get"
			if verb == "TOP" { // another connection would bring it
				words = "connect"
				s.On(fakeserver.Match{Verb: "CONNECT", Session: len(s.Transcripts()) + 2}, fakeserver.Auto.With(edit.Refuse("no more today"))).Must()
			}
			a := u.tries(words, false)
			Expect(a.status).To(Equal(1))
			Expect(strings.Count(a.err, "\n")).To(Equal(1), a.err)
			Expect(a.err).To(ContainSubstring(want))
			Expect(a.memory).To(BeNumerically("<", memoryLimit))
			holds()
			heals()
		},
		Entry("half a header", "TOP", edit.CutAfter(30, edit.Reset), "the connection broke"),
		Entry("capabilities", "CAPA", streams(func(int) string { return "X-NONSENSE\r\n" }), "at most 1000 rows"),
		Entry("a greeting", "CONNECT", streams(func(int) string { return "welcome " }), "asking for capabilities: "),
	)

	DescribeTable("tells messages apart by their headers when there are no UIDs",
		func(edit edit.Edit) {
			breaks("UIDL", edit)
			a := u.tries("get", false)
			Expect(a.result).To(Equal(result{out: a.out}))
			inbox := holds()
			Expect(inbox).To(HaveLen(3))
			Expect(inbox).To(ContainElement(HaveField("Subject", "About a3")))
			u.succeeds("check-store")
		},
		Entry("UIDL without rows", edit.Raw("+OK\r\n.\r\n")),
	)

	It("stops when UIDL is refused by a server that lists it, and says how to do without", func() {
		breaks("UIDL", edit.Refuse("no"))
		Expect(u.fails("get", "work")).To(HaveSuffix("or set ignore-uidl; 'mtm account set work --ignore-uidl' is for a server that no longer has unique-ids"))
		u.succeeds("account", "set", "work", "--ignore-uidl")
		u.succeeds("get", "work")
		Expect(holds()).To(HaveLen(3))
	})

	It("takes the headers of a server that shifts its numbers", func() {
		drop = fakeserver.NewMaildrop(append([]maildrop.Message{letter("a0", "x\r\n")}, letters("a1", "a2", "a3")...)...)
		s = fakeserver.Start(tb(), drop, nil)
		u.succeeds("account", "set", "work", "--pop3", s.Addr())
		u.succeeds("get", "work")
		Expect(uids(u.lists("Inbox"))).To(ConsistOf("a0", "a1", "a2", "a3"))
		holds()
	})
})
