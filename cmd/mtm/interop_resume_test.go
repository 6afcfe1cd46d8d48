package main_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/mtm/store"
)

var _ = Describe("A real Dovecot that is restarted three times during get --resume", func() {
	const messages = 5000

	It("gives each message once", func(ctx context.Context) {
		var files [][]byte
		for i := range messages {
			files = append(files, fmt.Appendf(nil, "From: ada@example.org\nSubject: Letter %d\nMessage-ID: <%d@example.org>\n\n%s\n", i, i,
				strings.Repeat("a line of a letter that is not short\n", 400)))
		}
		server, err := peer.StartDovecot(ctx, map[string]iter.Seq[[]byte]{"demo": slices.Values(files)}, nil)
		peer.Need(GinkgoTB(), err)
		DeferCleanup(func() error { return server.Stop() })
		u := newUser()
		account := server.Account("demo")
		u.succeeds("account", "add", "work", "--pop3", slowly(ctx, fmt.Sprintf("%s:%d", account.Host, account.Port)), "--user", "demo", "--password", account.Password)
		get := u.command("get", "work", "--resume", "2m", "--json")
		var said strings.Builder
		get.Stderr = &said
		Expect(get.Start()).To(Succeed())
		here := func() int {
			st, err := store.Open(u.path("mail.store"), &store.Options{ReadOnly: true})
			if err != nil {
				return 0
			}
			defer func() { _ = st.Close() }() // it is only read
			n, err := st.Count(ctx, store.Inbox)
			Expect(err).NotTo(HaveOccurred())
			return n.Messages
		}
		restarts := 0
		for restarts < 3 {
			Eventually(here, patience, 5*time.Millisecond).Should(BeNumerically(">", restarts*1200))
			// The session would go on until it has ended by itself.
			var session int
			Eventually(func() (logins int, err error) {
				logins, session, err = newestSession(server)
				return logins, err
			}, patience, 5*time.Millisecond).Should(BeNumerically(">", restarts), "the get logs in again")
			Expect(killProcess(session)).To(Succeed())
			Expect(server.Restart(ctx)).To(Succeed())
			restarts++
		}
		Expect(get.Wait()).To(Succeed(), said.String())
		seen := map[string]int{}
		for _, m := range u.lists("Inbox") {
			seen[m.UID]++
		}
		Expect(seen).To(HaveLen(messages))
		for uid, n := range seen {
			Expect(n).To(Equal(1), uid)
		}
		u.succeeds("check-store")
		log, err := os.ReadFile(server.File("log"))
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.Count(string(log), "Login: ")).To(BeNumerically(">=", 4), "each restart met the get: %s", log)
	}, SpecTimeout(10*time.Minute))
})

// newestSession returns how many logins Dovecot has logged, and the process of the last one.
func newestSession(server *peer.Dovecot) (logins, process int, err error) {
	log, err := os.ReadFile(server.File("log"))
	if err != nil {
		return 0, 0, err
	}
	all := regexp.MustCompile(`Login: .*mpid=(\d+)`).FindAllSubmatch(log, -1)
	if len(all) > 0 {
		process, err = strconv.Atoi(string(all[len(all)-1][1]))
	}
	return len(all), process, err
}

func killProcess(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// slowly returns the address of a relay to a server that passes on about 15 MiB a second.
func slowly(ctx context.Context, server string) string {
	GinkgoHelper()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(listener.Close)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(ctx, client, server)
		}
	}()
	return listener.Addr().String()
}

func relay(ctx context.Context, client net.Conn, address string) {
	server, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		_ = client.Close() // the server is being restarted
		return
	}
	go func() {
		_, _ = io.Copy(server, client) // how it ends is the other side's to say
		_ = server.Close()
	}()
	buffer := make([]byte, 64<<10)
	for err == nil {
		var n int
		if n, err = server.Read(buffer); n > 0 {
			_, err = client.Write(buffer[:n])
		}
		<-time.After(4 * time.Millisecond)
	}
	_ = client.Close()
	_ = server.Close()
}
