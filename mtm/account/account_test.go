package account_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/account"
)

func TestAccount(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Account settings")
}

func valid() account.POP3 {
	p := account.Defaults()
	p.Host, p.LoginName = "pop.example.org", "demo"
	return p
}

var _ = Describe("POP3 settings", func() {
	It("start from the original's defaults (behaviour section 10)", func() {
		p := account.Defaults()
		Expect(p.Port).To(Equal(110))
		Expect(p.SyncLimit).To(Equal(-1))
		Expect(p.Auth).To(Equal(account.Auto))
		Expect(p.DisconnectedMode).To(BeFalse())
		Expect(p.AllowPlaintext).To(BeFalse())
	})

	DescribeTable("refuse what cannot work, naming the setting",
		func(change func(*account.POP3), want string) {
			p := valid()
			change(&p)
			Expect(p.Validate()).To(MatchError(ContainSubstring(want)))
		},
		Entry("no host", func(p *account.POP3) { p.Host = "" }, "host is missing"),
		Entry("no user", func(p *account.POP3) { p.LoginName = "" }, "user name is missing"),
		Entry("a line break in the user name", func(p *account.POP3) { p.LoginName = "a\r\nDELE 1" }, "unprintable character U+000D at octet 1"),
		Entry("a host that is not UTF-8", func(p *account.POP3) { p.Host = "\xff" }, "host is not valid UTF-8"),
		Entry("a long host", func(p *account.POP3) { p.Host = strings.Repeat("h", 1025) }, "host is longer than 1024"),
		Entry("port 0", func(p *account.POP3) { p.Port = 0 }, "port 0"),
		Entry("port 65536", func(p *account.POP3) { p.Port = 65536 }, "port 65536"),
		Entry("an unknown way to log in", func(p *account.POP3) { p.Auth = "magic" }, `"magic"`),
		Entry("sync limit -2", func(p *account.POP3) { p.SyncLimit = -2 }, "sync limit -2"),
		Entry("two sources of a password", func(p *account.POP3) {
			p.Password = account.Password{Literal: "x", Env: "Y"}
		}, "not several"),
		Entry("a password with NUL", func(p *account.POP3) { p.Password.Literal = "a\x00b" }, "NUL"),
	)

	It("survive being written and read", func() {
		p := valid()
		p.Port, p.SyncLimit, p.DisconnectedMode, p.AllowPlaintext = 1110, 25, true, true
		p.Auth = account.APOP
		p.Password.Command = "pass show mail"
		Expect(account.FromMap(p.Map())).To(Equal(p))
		Expect(account.Names()).To(HaveLen(len(p.Map())))
	})

	DescribeTable("that cannot be read name the setting",
		func(name, value, want string) {
			m := valid().Map()
			m[name] = value
			_, err := account.FromMap(m)
			Expect(err).To(MatchError(ContainSubstring(want)))
		},
		Entry("a word for a number", "port", "many", `port "many" is not a whole number`),
		Entry("a word for a switch", "allow-plaintext", "maybe", "neither true nor false"),
		Entry("an unknown name", "colour", "red", `unknown setting "colour"`),
		Entry("an invalid value", "port", "0", "port 0"),
	)

	It("limit an account's name", func() {
		Expect(account.ValidateName("work")).To(Succeed())
		Expect(account.ValidateName("")).To(MatchError(ContainSubstring("missing")))
		Expect(account.ValidateName(strings.Repeat("n", 257))).To(MatchError(ContainSubstring("256")))
		Expect(account.ValidateName("a\tb")).To(MatchError(ContainSubstring("unprintable")))
	})
})

var _ = Describe("A password", func() {
	ctx := context.Background()

	It("never shows itself", func() {
		p := account.Password{Literal: "sesame"}
		s := valid()
		s.Password = p
		for _, text := range []string{p.String(), fmt.Sprint(p), fmt.Sprintf("%v %+v %#v %s", p, p, p, p), fmt.Sprintf("%v %+v %#v", s, s, s)} {
			Expect(text).NotTo(ContainSubstring("sesame"))
		}
		Expect(account.Password{Env: "MAIL_PASSWORD"}.String()).To(ContainSubstring("MAIL_PASSWORD"))
		Expect(account.Password{Command: "x"}.String()).To(ContainSubstring("command"))
		Expect(account.Password{}.String()).To(Equal("empty"))
	})

	It("comes from the account, a variable or a command", func() {
		Expect(account.Password{Literal: "with space "}.Reveal(ctx)).To(Equal("with space "))
		GinkgoT().Setenv("POP3MTM_TEST_PASSWORD", "from env")
		Expect(account.Password{Env: "POP3MTM_TEST_PASSWORD"}.Reveal(ctx)).To(Equal("from env"))
		Expect(account.Password{Command: "echo from command"}.Reveal(ctx)).To(Equal("from command"))
	})

	It("tells what is wrong with its source", func() {
		Expect(os.Unsetenv("POP3MTM_TEST_PASSWORD")).To(Succeed())
		_, err := account.Password{Env: "POP3MTM_TEST_PASSWORD"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("POP3MTM_TEST_PASSWORD is not set")))
		_, err = account.Password{Command: "exit 3"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("the password command: exit status 3")))
		GinkgoT().Setenv("POP3MTM_TEST_PASSWORD", "two\nlines")
		_, err = account.Password{Env: "POP3MTM_TEST_PASSWORD"}.Reveal(ctx)
		Expect(err).To(MatchError(And(ContainSubstring("line break"), Not(ContainSubstring("lines")))))
	})

	It("does not wait for a command longer than it is wanted, nor read without bound", func() {
		if runtime.GOOS == "windows" {
			return // the commands below are for a POSIX shell
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err := account.Password{Command: "cat"}.Reveal(ended)
		Expect(err).To(MatchError(context.Canceled))
		_, err = account.Password{Command: "printf %0100000d 0"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("longer than 1024 octets")))
		_, err = account.Password{Command: "true"}.Reveal(ctx)
		Expect(err).To(MatchError(ContainSubstring("printed nothing")))
	})
})
