package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
)

// user is somebody with a folder of their own who types commands.
type user struct {
	dir string
	env []string
}

func newUser() *user { return &user{dir: GinkgoT().TempDir()} }

// result is what a command left behind.
type result struct {
	status   int
	out, err string
}

// command prepares mtm with the given arguments in the user's folder.
func (u *user) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Dir = u.dir
	c.Env = append(os.Environ(), u.env...)
	return c
}

// types runs mtm and waits for its end.
func (u *user) types(args ...string) result { return u.feeds("", args...) }

// feeds runs mtm with something on standard input.
func (u *user) feeds(input string, args ...string) result {
	GinkgoHelper()
	c := u.command(args...)
	c.Stdin = strings.NewReader(input)
	return finish(c, c.Run)
}

func finish(c *exec.Cmd, run func() error) result {
	GinkgoHelper()
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	err := run()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		Expect(err).NotTo(HaveOccurred())
	}
	r := result{c.ProcessState.ExitCode(), out.String(), errOut.String()}
	Expect(r.err).NotTo(ContainSubstring("goroutine "), "a stack trace")
	return r
}

// succeeds runs mtm, which must end with 0 and say nothing on stderr, and returns its output.
func (u *user) succeeds(args ...string) string {
	GinkgoHelper()
	r := u.types(args...)
	Expect(r).To(Equal(result{out: r.out}))
	return r.out
}

// fails runs mtm, which must end with 1 and one line of error; it returns that line.
func (u *user) fails(args ...string) string {
	GinkgoHelper()
	return u.endsWith(1, args...)
}

// misuses runs mtm, which must refuse the usage with 2 and one line that points to the help.
func (u *user) misuses(args ...string) string {
	GinkgoHelper()
	line := u.endsWith(2, args...)
	Expect(line).To(HaveSuffix(" --help'"))
	return line
}

func (u *user) endsWith(status int, args ...string) string {
	GinkgoHelper()
	r := u.types(args...)
	Expect(r.status).To(Equal(status), r.err)
	Expect(strings.Count(r.err, "\n")).To(Equal(1), r.err)
	Expect(r.err).To(HavePrefix("mtm: "))
	return strings.TrimSuffix(r.err, "\n")
}

// files lists the user's folder.
func (u *user) files() []string {
	GinkgoHelper()
	list, err := os.ReadDir(u.dir)
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

func (u *user) path(name string) string { return filepath.Join(u.dir, name) }

// addAccount adds the account "work" on a server.
func (u *user) addAccount(s *fakeserver.Server, more ...string) {
	GinkgoHelper()
	args := append([]string{"account", "add", "work", "--pop3", s.Addr(), "--user", "demo", "--password", "demo"}, more...)
	u.succeeds(args...)
}

// message is what the specs read from the JSON of a listing.
type message struct {
	ID              int64    `json:"id"`
	Parent          int64    `json:"parent"`
	Service         int64    `json:"service"`
	Related         int64    `json:"related"`
	From            string   `json:"from"`
	Subject         string   `json:"subject"`
	Date            string   `json:"date"`
	Size            int64    `json:"size"`
	Stored          int64    `json:"stored"`
	Flags           []string `json:"flags"`
	UID             string   `json:"uid"`
	MessageID       string   `json:"message_id"`
	Body            string   `json:"body"`
	Complete        bool     `json:"complete"`
	PartialDownload bool     `json:"partial_download"`
	New             bool     `json:"new"`
	Unread          bool     `json:"unread"`
	Visible         bool     `json:"visible"`
	Attachment      bool     `json:"attachment"`
	Receipt         bool     `json:"receipt"`
	Priority        string   `json:"priority"`
	Operation       string   `json:"operation"`
	Sending         string   `json:"sending"`
	Found           []string `json:"found"`
}

func (u *user) lists(place string, flags ...string) []message {
	GinkgoHelper()
	var list []message
	fromJSON(u.succeeds(append([]string{"list", place, "--json"}, flags...)...), &list)
	return list
}

func uids(list []message) []string {
	all := []string{}
	for _, m := range list {
		all = append(all, m.UID)
	}
	return all
}

func ids(list []message) []int64 {
	all := []int64{}
	for _, m := range list {
		all = append(all, m.ID)
	}
	return all
}

func fromJSON(text string, v any) {
	GinkgoHelper()
	Expect(json.Unmarshal([]byte(text), v)).To(Succeed(), text)
}

// testing.TB of the running spec, for fakeserver.Start.
func tb() testing.TB { return GinkgoTB() }

func serve(messages ...maildrop.Message) (*fakeserver.Server, *fakeserver.Maildrop) {
	drop := fakeserver.NewMaildrop(messages...)
	return fakeserver.Start(tb(), drop, &fakeserver.Options{LockWait: patience}), drop
}

// letters makes plain messages whose UIDs are the given names.
func letters(names ...string) []maildrop.Message {
	var list []maildrop.Message
	for _, name := range names {
		list = append(list, letter(name, "Hello "+name+".\r\n"))
	}
	return list
}

func letter(name, body string) maildrop.Message {
	return maildrop.Bytes(name, []byte("From: Ada <ada@example.org>\r\nTo: demo@example.org\r\n"+
		"Date: Mon, 02 Mar 2026 08:15:00 +0100\r\nSubject: About "+name+"\r\n\r\n"+body))
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

// served returns what a client has of a message: its bytes, and the CRLF that RFC 1939
// section 3 adds to one without.
func served(m maildrop.Message) []byte {
	GinkgoHelper()
	r, err := m.Open()
	Expect(err).NotTo(HaveOccurred())
	raw, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	Expect(r.Close()).To(Succeed())
	if len(raw) > 0 && !bytes.HasSuffix(raw, []byte("\r\n")) {
		raw = append(bytes.Clone(raw), "\r\n"...)
	}
	return raw
}
