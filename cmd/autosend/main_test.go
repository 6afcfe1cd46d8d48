package main_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/internal/gobuild"
	"pop3mtm/mtm/store"
)

// binary is the command under test, built once for all tests of the package.
var binary string

func TestMain(m *testing.M) {
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	dir, err := os.MkdirTemp("", "autosend-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder that stays is no failure
	binary = filepath.Join(dir, "autosend")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := gobuild.Programs(context.Background(), binary, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}

func TestAutosend(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The program autosend")
}

// run runs the program and gives its exit status and what it said.
func run(args ...string) (int, string) {
	GinkgoHelper()
	c := exec.Command(binary, args...)
	out, err := c.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		Expect(err).NotTo(HaveOccurred())
	}
	return c.ProcessState.ExitCode(), string(out)
}

// outbox makes a store with an account that sends to the sink, and one message that waits.
func outbox(sink *smtpsink.Server) (dir string, service store.ID) {
	GinkgoHelper()
	ctx := context.Background()
	dir = filepath.Join(GinkgoT().TempDir(), "mail.store")
	st, err := store.Open(dir, nil)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(st.Close()).To(Succeed()) }()
	host, port, err := net.SplitHostPort(sink.Addr())
	Expect(err).NotTo(HaveOccurred())
	b := st.NewBatch()
	pop := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work"}
	b.Add(pop)
	Expect(b.Commit(ctx)).To(Succeed())
	b = st.NewBatch()
	smtp := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: "work (SMTP)", Service: pop.ID}
	b.Add(smtp)
	b.SetSettings(pop.ID, map[string]string{
		"host": host, "user": "ada", "smtp-host": host, "smtp-port": port, "smtp-from": "ada@example.org",
	})
	Expect(b.Commit(ctx)).To(Succeed())
	b = st.NewBatch()
	w := b.Body(store.BodyWhole)
	_, err = w.Write([]byte("Subject: hello\r\n\r\nHello.\r\n"))
	Expect(err).NotTo(HaveOccurred())
	body, err := w.Close()
	Expect(err).NotTo(HaveOccurred())
	e := &store.Entry{Parent: store.Outbox, Type: store.TypeMessage, Service: smtp.ID, Sending: store.SendWaiting, Body: body}
	b.Add(e)
	b.SetOutgoing(e, store.Outgoing{From: "ada@example.org", Recipients: []store.Recipient{{Address: "bob@example.org"}}})
	Expect(b.Commit(ctx)).To(Succeed())
	return dir, smtp.ID
}

var _ = Describe("autosend STORE SERVICE-ID", func() {
	It("ends with 0 when all was sent, and when nothing waits", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		dir, service := outbox(sink)
		for range 2 {
			status, said := run(dir, strconv.Itoa(int(service)))
			Expect(said).To(BeEmpty())
			Expect(status).To(Equal(cli.Done))
		}
		Expect(sink.Messages()).To(HaveLen(1))
	})

	It("ends with 1 when something was not sent, and says why", func() {
		sink := smtpsink.Start(GinkgoTB(), nil)
		sink.On(fakeserver.Match{Verb: "RCPT"}, fakeserver.Auto.With(smtpsink.Refuse(550, "no such user"))).Must()
		dir, service := outbox(sink)
		status, said := run(dir, strconv.Itoa(int(service)))
		Expect(status).To(Equal(cli.Failed))
		Expect(said).To(ContainSubstring("1 of 1 message failed, the first while sending the recipients: the server rejected the message"))
		Expect(said).To(ContainSubstring("bob@example.org: 550 no such user"))
		status, said = run(dir, "9999")
		Expect(status).To(Equal(cli.Failed))
		Expect(said).To(ContainSubstring("not found"))
	})

	DescribeTable("ends with 2 for wrong usage, and with 1 for a folder without a store",
		func(status int, want string, args ...string) {
			got, said := run(args...)
			Expect(said).To(ContainSubstring(want))
			Expect(got).To(Equal(status))
		},
		Entry(nil, cli.Wrong, "write 'autosend STORE SERVICE-ID'"),
		Entry(nil, cli.Wrong, "write 'autosend STORE SERVICE-ID'", "mail.store"),
		Entry(nil, cli.Wrong, "a number above 0", "mail.store", "0"),
		Entry(nil, cli.Wrong, "a number above 0", "mail.store", "work"),
		Entry(nil, cli.Wrong, "--timeout takes a duration above zero", "mail.store", "8", "--timeout", "0s"),
		Entry(nil, cli.Failed, "not a message store", filepath.Join("no", "such", "store"), "8"),
		Entry(nil, cli.Done, "Example", "--help"),
	)
})
