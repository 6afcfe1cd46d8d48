package main_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func occupy(address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", address)
}

var _ = Describe("pop3sim", func() {
	It("has an example in the help of every command", func() {
		for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"features", "--help"}, {"record", "--help"}, {"replay", "--help"}, {"ready", "--help"}, {"mcp", "--help"}} {
			r := run(args...)
			Expect(r.status).To(Equal(0))
			Expect(r.errOut).To(BeEmpty())
			Expect(r.out).To(ContainSubstring("Examples:\n  pop3sim"))
		}
		Expect(run("--version").out).To(HavePrefix("pop3sim "))
	})

	DescribeTable("refuses wrong usage in one line with status 2",
		func(line, want string) {
			r := run(strings.Fields(line)...)
			Expect(r).To(Equal(result{2, "", "pop3sim: " + want + " --help'\n"}))
		},
		Entry(nil, "sreve", `there is no command "sreve", but there is "serve"; see 'pop3sim`),
		Entry(nil, "--pop3 127.0.0.1:0", "unknown flag: --pop3; it belongs to 'pop3sim mcp', 'pop3sim record', 'pop3sim replay', 'pop3sim serve'; see 'pop3sim"),
		Entry(nil, "serve mail", "wrong arguments, starting with \"mail\": write 'pop3sim serve'; see 'pop3sim serve"),
		Entry(nil, "serve --smtp x", `--smtp takes HOST:PORT such as 127.0.0.1:1110, not "x"; see 'pop3sim serve`),
		Entry(nil, "serve --pop3=", "nothing to listen on: --pop3 and --pop3s take HOST:PORT such as 127.0.0.1:1110; see 'pop3sim serve"),
		Entry(nil, "serve --pop3s 995", `--pop3s takes HOST:PORT such as 127.0.0.1:1110, not "995"; see 'pop3sim serve`),
		Entry(nil, "serve --tls-cert a", "--tls-cert and --tls-key must be given together; see 'pop3sim serve"),
		Entry(nil, "serve --tls-cert a --tls-key b --tls-ca-out c", "--tls-ca-out needs a generated certificate: omit --tls-cert; see 'pop3sim serve"),
		Entry(nil, "serve --mechanisms plain,NTLM", `--mechanisms: unknown mechanism "NTLM"; write none, or some of SCRAM-SHA-256,SCRAM-SHA-1,CRAM-MD5,PLAIN,LOGIN,OAUTHBEARER,XOAUTH2; see 'pop3sim serve`),
		Entry(nil, "serve --token hunter2", "--token: write NAME:TOKEN; neither may be empty; see 'pop3sim serve"),
		Entry(nil, "serve --token a:b --token a:c", "--token: this user already exists; see 'pop3sim serve"),
		Entry(nil, "record --upstream 127.0.0.1:110", "--out is missing: give a file for the transcript; see 'pop3sim record"),
		Entry(nil, "record --out x", "--upstream is missing: give the HOST:PORT of the server to record; see 'pop3sim record"),
		Entry(nil, "record --out x --upstream mail", `--upstream takes HOST:PORT such as mail.example.org:110, not "mail"; see 'pop3sim record`),
		Entry(nil, "record --out x --upstream a:1 --tls always", `--tls takes none, stls or implicit, not "always"; see 'pop3sim record`),
		Entry(nil, "record --out x --upstream a:1 --pop3=", "nothing to listen on: --pop3 and --pop3s take HOST:PORT such as 127.0.0.1:1110; see 'pop3sim record"),
		Entry(nil, "replay", "an argument is missing: write 'pop3sim replay FILE'; see 'pop3sim replay"),
		Entry(nil, "replay x --pop3 1110", `--pop3 takes HOST:PORT such as 127.0.0.1:1110, not "1110"; see 'pop3sim replay`),
		Entry(nil, "serve --pop3 1110", `--pop3 takes HOST:PORT such as 127.0.0.1:1110, not "1110"; see 'pop3sim serve`),
		Entry(nil, "serve --pop3 127.0.0.1:65536", `--pop3 takes HOST:PORT such as 127.0.0.1:1110, not "127.0.0.1:65536"; see 'pop3sim serve`),
		Entry(nil, "features --concurrency -1", "--concurrency takes 1 or more, not -1; see 'pop3sim features"),
		Entry(nil, "features --preset curl --exec x", "if any flags in the group [exec preset client] are set none of the others can be; [exec preset] were all set; see 'pop3sim features"),
		Entry(nil, "features --format x", `unknown format "x"; it is one of cucumber, events, junit, pretty, progress; see 'pop3sim features`),
		Entry(nil, "serve --eml a --mbox b", "give only one of --eml, --mbox, --maildir, --synthetic and --empty; see 'pop3sim serve"),
		Entry(nil, "serve --mbox=", "--mbox: the path is empty; see 'pop3sim serve"),
		Entry(nil, "serve --ready-file=", "--ready-file: the path is empty; see 'pop3sim serve"),
		Entry(nil, "serve --log-level loud", "--log-level: choose one of debug, info, warn, error; see 'pop3sim serve"),
		Entry(nil, "serve --user hunter2", "--user: write NAME:PASSWORD; neither may be empty; see 'pop3sim serve"),
		Entry(nil, "serve --user a:", "--user: write NAME:PASSWORD; neither may be empty; see 'pop3sim serve"),
		Entry(nil, "serve --user a:b --user a:c", "--user: this user already exists; see 'pop3sim serve"),
		Entry(nil, "serve --user a:"+strings.Repeat("x", 249), "--user: a name and a password have at most 248 octets; see 'pop3sim serve"),
		Entry(nil, "serve --user a:b\x01", "--user: a name and a password must not contain control characters; see 'pop3sim serve"),
		Entry(nil, "serve --max-sessions -1", "--max-sessions takes 1 or more, or 0 for no limit, not -1; see 'pop3sim serve"),
		Entry(nil, "serve --max-bad-logins -1", "--max-bad-logins takes 1 or more, or 0 for no limit, not -1; see 'pop3sim serve"),
		Entry(nil, "serve --delay-bad-login -1s", "--delay-bad-login takes a time such as 2s, not -1s; see 'pop3sim serve"),
		Entry(nil, "serve --smtp-max-messages 0", "--smtp-max-messages takes 1 or more, not 0; see 'pop3sim serve"),
		Entry(nil, "serve --for -1s", "--for takes a time such as 10m, not -1s; see 'pop3sim serve"),
		Entry(nil, "serve --log-format xml", "--log-format: choose text or json; see 'pop3sim serve"),
		Entry(nil, "serve --scenario - --exit-on-stdin-eof", "--exit-on-stdin-eof and --scenario - both read standard input: give one of them; see 'pop3sim serve"),
		Entry(nil, "serve --http-token x", "--http-token needs --http; see 'pop3sim serve"),
		Entry(nil, "serve --mcp", "--mcp needs --http; see 'pop3sim serve"),
		Entry(nil, "mcp --exit-on-stdin-eof", "standard input is for the agent: omit --scenario - and --exit-on-stdin-eof; see 'pop3sim mcp"),
		Entry(nil, "serve --http 8025", `--http takes HOST:PORT such as 127.0.0.1:1110, not "8025"; see 'pop3sim serve`),
		Entry(nil, "ready --wait -1s", "--wait takes a time such as 10s, not -1s; see 'pop3sim ready"),
		Entry(nil, "ready --http x --ready-file y", "give only one of --http and --ready-file; see 'pop3sim ready"),
		Entry(nil, "ready --http 127.0.0.1:8025", `--http takes a URL such as http://127.0.0.1:8025, not "127.0.0.1:8025"; see 'pop3sim ready`),
		Entry(nil, "ready --show pop3", "--show needs --ready-file; see 'pop3sim ready"),
		Entry(nil, "ready --ready-file x --show imap", `--show takes one of pop3, pop3s, smtp, http, not "imap"; see 'pop3sim ready`),
		Entry(nil, "serve --synthetic many", "--synthetic: column 1: write COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle] with a count of 0 to 2147483647; see 'pop3sim serve"),
		Entry(nil, "serve --synthetic -1", "--synthetic: column 1: write COUNT[,size=SIZE][,seed=N][,mix=NAME][,arrive=N][,expire=N][,shuffle] with a count of 0 to 2147483647; see 'pop3sim serve"),
		Entry(nil, "serve --synthetic 5,size=511", "--synthetic: column 8: a size is at least 512 octets and at most 1TiB; see 'pop3sim serve"),
		Entry(nil, "serve --synthetic 5,size=big", "--synthetic: column 8: a size is a whole number of octets such as 4096, 8KiB or 2MB; see 'pop3sim serve"),
		Entry(nil, "serve --synthetic 5,seed=x", `--synthetic: column 8: invalid seed "x": write a whole number; see 'pop3sim serve`),
		Entry(nil, "serve --synthetic 5,colour=red", `--synthetic: column 3: unknown option "colour"; write size, seed, mix, arrive, expire or shuffle; see 'pop3sim serve`),
		Entry(nil, "serve --synthetic 5,size=2TiB", "--synthetic: column 8: a size is at least 512 octets and at most 1TiB; see 'pop3sim serve"),
		Entry(nil, "serve --synthetic 5,mix=fruit", `--synthetic: column 7: unknown mix "fruit"; write one of plain, mail, text, html, attachments, nested, headers, threads, lines, nasty, everything; see 'pop3sim serve`),
	)

	It("names a port that is in use, and what to do, with status 1", func() {
		l, err := occupy("127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(l.Close()).To(Succeed()) }()
		Expect(run("serve", "--pop3", l.Addr().String())).To(Equal(
			result{1, "", "pop3sim: " + l.Addr().String() + " is in use; choose another with --pop3 127.0.0.1:0\n"}))
	})

	It("serves on 127.0.0.1:1110 without arguments", func() {
		// Whoever has the port, it is taken now.
		if l, err := occupy("127.0.0.1:1110"); err == nil {
			defer func() { Expect(l.Close()).To(Succeed()) }()
		}
		Expect(run()).To(Equal(result{1, "", "pop3sim: 127.0.0.1:1110 is in use; choose another with --pop3 127.0.0.1:0\n"}))
	})

	DescribeTable("says in one line what is wrong with mail that cannot be served, and leaves it as it is",
		func(flag, path, want string) {
			dir := folder(map[string]string{
				"notes/readme.txt": "no mail here",
				"broken.mbox":      "Subject: this is no mbox\n\nbody\n",
				"empty.mbox":       "",
				"mail/a.eml":       "a\r\n",
				"Maildir/cur/x":    "",
			})
			Expect(os.Remove(filepath.Join(dir, "Maildir/cur/x"))).To(Succeed())
			Expect(os.MkdirAll(filepath.Join(dir, "Maildir/new"), 0o700)).To(Succeed())
			Expect(os.MkdirAll(filepath.Join(dir, "Maildir/tmp"), 0o700)).To(Succeed())
			path = filepath.Join(dir, path)
			r := run("serve", "--pop3", "127.0.0.1:0", flag, path)
			Expect(r.status).To(Equal(1))
			Expect(r.out).To(BeEmpty())
			Expect(r.errOut).To(MatchRegexp(`^pop3sim: [^\n]*` + want + `[^\n]*\n$`))
			Expect(r.errOut).To(ContainSubstring(path))
			Expect(files(dir)).To(ConsistOf("notes", "broken.mbox", "empty.mbox", "mail", "Maildir"))
		},
		Entry("no such folder", "--eml", "nowhere", "does not exist"),
		Entry("no such mbox", "--mbox", "nowhere", "does not exist"),
		Entry("an invalid mbox", "--mbox", "broken.mbox", `From `),
		Entry("a folder as mbox", "--mbox", "mail", "not a file"),
		Entry("no such Maildir", "--maildir", "nowhere", "does not exist"),
		Entry("a folder that is no Maildir", "--maildir", "mail", "not a Maildir"),
	)

	It("says in one line that a folder may not be read", func() {
		if os.Geteuid() <= 0 {
			Skip("root may read everything, and Windows has no such modes")
		}
		dir := folder(map[string]string{"a.eml": "a\r\n"})
		Expect(os.Chmod(dir, 0)).To(Succeed())
		defer func() { Expect(os.Chmod(dir, 0o700)).To(Succeed()) }()
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--eml", dir).errOut).To(MatchRegexp(`^pop3sim: [^\n]*permission[^\n]*\n$`))
	})

	It("refuses a ready file that it cannot write before it serves", func() {
		dir := GinkgoT().TempDir()
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--ready-file", dir)).To(Equal(
			result{1, "", "pop3sim: --ready-file " + dir + " exists and is not a regular file\n"}))
		gone := filepath.Join(dir, "gone", "ready.json")
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--ready-file", gone)).To(Equal(
			result{1, "", "pop3sim: --ready-file " + gone + ": the directory " + filepath.Dir(gone) + " does not exist\n"}))
	})
})
