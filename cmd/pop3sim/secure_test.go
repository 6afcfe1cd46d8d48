package main_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fixtures"
	"pop3mtm/internal/need"
)

// program runs a program of others with an input, and returns what it printed to both outputs and
// its error. When it is missing the spec is skipped, but not in CI.
func program(ctx context.Context, input, name string, args ...string) (string, error) {
	GinkgoHelper()
	path := need.Program(GinkgoTB(), name)
	c := exec.CommandContext(ctx, path, args...)
	c.WaitDelay = patience // for its output, after it has ended
	c.Stdin = strings.NewReader(input)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.String(), err
}

// curl fetches message 1 with a strict eye on the certificate.
func curl(ctx context.Context, args ...string) (string, error) {
	GinkgoHelper()
	return program(ctx, "", "curl", append([]string{"--disable", "--silent", "--show-error", "--noproxy", "*"}, args...)...)
}

var _ = Describe("pop3sim serve with TLS", Ordered, ContinueOnFailure, func() {
	var server *process
	var ca, plain string
	BeforeAll(func() {
		ca = filepath.Join(GinkgoT().TempDir(), "ca.pem")
		server = start(GinkgoTB(), "--pop3s", "127.0.0.1:0", "--tls-ca-out", ca, "--token", "demo:t0ken", "--transcript")
		plain = string(fixtures.Raw("plain"))
	})

	for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5"} {
		It("serves curl with AUTH="+mechanism+", in the clear, by STLS and by TLS", func(ctx SpecContext) {
			user := []string{"--user", "demo:demo", "--login-options", "AUTH=" + mechanism, "--cacert", ca}
			for _, args := range [][]string{
				{"pop3://" + server.address + "/1"},
				{"--ssl-reqd", "pop3://" + server.address + "/1"},
				{"--sasl-ir", "--ssl-reqd", "pop3://" + server.address + "/1"},
				{"pop3s://" + server.secure + "/1"},
			} {
				out, err := curl(ctx, append(user, args...)...)
				Expect(err).NotTo(HaveOccurred(), out)
				Expect(out).To(Equal(plain))
			}
			out, err := curl(ctx, "--user", "demo:wrong", "--login-options", "AUTH="+mechanism, "--cacert", ca, "pop3s://"+server.secure+"/1")
			Expect(err).To(HaveOccurred())
			Expect(out).To(ContainSubstring("denied"))
		}, SpecTimeout(patience))
	}

	for _, mechanism := range []string{"XOAUTH2", "OAUTHBEARER"} {
		It("serves curl with a token by "+mechanism, func(ctx SpecContext) {
			for _, more := range [][]string{nil, {"--sasl-ir"}} {
				args := append([]string{"--user", "demo:", "--login-options", "AUTH=" + mechanism, "--cacert", ca, "pop3s://" + server.secure + "/1"}, more...)
				out, err := curl(ctx, append(args, "--oauth2-bearer", "t0ken")...)
				Expect(err).NotTo(HaveOccurred(), out)
				Expect(out).To(Equal(plain))
				_, err = curl(ctx, append(args, "--oauth2-bearer", "other")...)
				Expect(err).To(HaveOccurred())
			}
		}, SpecTimeout(patience))
	}

	It("serves curl with APOP and with USER", func(ctx SpecContext) {
		for _, option := range []string{"AUTH=+APOP", "AUTH=*"} {
			out, err := curl(ctx, "--user", "demo:demo", "--login-options", option, "--cacert", ca, "--ssl-reqd", "pop3://"+server.address+"/1")
			Expect(err).NotTo(HaveOccurred(), out)
			Expect(out).To(Equal(plain))
		}
	}, SpecTimeout(patience))

	for _, mechanism := range []string{"user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "oauthbearer", "xoauth2"} {
		It("serves mpop with "+mechanism+", by STLS and by TLS", func(ctx SpecContext) {
			for address, starttls := range map[string]string{server.address: "on", server.secure: "off"} {
				secrets := map[string]bool{"demo": true, "t0ken": false}
				if strings.Contains(mechanism, "oauth") {
					secrets = map[string]bool{"demo": false, "t0ken": true}
				}
				for secret, right := range secrets {
					_, port, err := net.SplitHostPort(address)
					Expect(err).NotTo(HaveOccurred())
					out, err := program(ctx, "", "mpop", "--auth-only", "--host=127.0.0.1", "--port="+port, "--user=demo", "--auth="+mechanism,
						"--passwordeval=echo "+secret, "--tls=on", "--tls-starttls="+starttls, "--tls-trust-file="+ca,
						"--delivery=mbox,"+filepath.Join(filepath.Dir(ca), "mbox"), "--uidls-file="+filepath.Join(filepath.Dir(ca), "uidls"))
					if right {
						Expect(err).NotTo(HaveOccurred(), out)
					} else {
						Expect(err).To(HaveOccurred())
						Expect(out).To(Or(ContainSubstring("authentication failed"), ContainSubstring("[AUTH]")))
					}
				}
			}
		}, SpecTimeout(patience))
	}

	It("has a certificate that curl does not take without the authority", func(ctx SpecContext) {
		for _, args := range [][]string{{"--ssl-reqd", "pop3://" + server.address + "/1"}, {"pop3s://" + server.secure + "/1"}} {
			out, err := curl(ctx, append(args, "--user", "demo:demo")...)
			Expect(err).To(HaveOccurred())
			Expect(out).To(ContainSubstring("certificate"))
		}
	}, SpecTimeout(patience))

	It("serves openssl s_client with -starttls pop3 and with TLS at once", func(ctx SpecContext) {
		for _, args := range [][]string{{"-starttls", "pop3", "-connect", server.address}, {"-connect", server.secure}} {
			for _, version := range []string{"-tls1_2", "-tls1_3"} {
				args := append([]string{"s_client", "-CAfile", ca, "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-ign_eof", "-crlf", version}, args...)
				out, err := program(ctx, "USER demo\nPASS demo\nSTAT\nQUIT\n", "openssl", args...)
				Expect(err).NotTo(HaveOccurred(), out)
				Expect(out).To(And(ContainSubstring("+OK 18 "), HaveSuffix("+OK bye\r\n")))
			}
			out, err := program(ctx, "", "openssl", append([]string{"s_client", "-CAfile", ca, "-verify_return_error", "-verify_hostname", "mail.example.org"}, args...)...)
			Expect(err).To(HaveOccurred())
			Expect(strings.ToLower(out)).To(ContainSubstring("hostname mismatch"))
		}
	}, SpecTimeout(patience))

	It("refuses TLS before 1.2", func(ctx SpecContext) {
		out, err := program(ctx, "", "openssl", "s_client", "-connect", server.secure, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
		Expect(err).To(HaveOccurred(), out)
	}, SpecTimeout(patience))
})

// The transcript is that of sessions with every way to log in, by clients that
// need not be installed.
var _ = Describe("The transcript of pop3sim serve", func() {
	It("holds no secret", func() {
		p := start(GinkgoTB(), "--pop3s", "127.0.0.1:0", "--token", "demo:t0ken", "--transcript")
		encode := base64.StdEncoding.EncodeToString
		plain := encode([]byte("\x00demo\x00demo"))
		xoauth2 := encode([]byte("user=demo\x01auth=Bearer t0ken\x01\x01"))
		bearer := encode([]byte("n,a=demo,\x01auth=Bearer t0ken\x01\x01"))
		logins := []string{
			"USER demo\r\nPASS demo\r\n",
			"AUTH PLAIN " + plain + "\r\n",
			"AUTH PLAIN\r\n" + plain + "\r\n",
			"AUTH LOGIN\r\n" + encode([]byte("demo")) + "\r\n" + encode([]byte("demo")) + "\r\n",
			"AUTH XOAUTH2 " + xoauth2 + "\r\n",
			"AUTH OAUTHBEARER " + bearer + "\r\n",
		}
		for _, login := range logins {
			for _, secure := range []bool{false, true} {
				says := conversation(p, secure, login+"STAT\r\nQUIT\r\n")
				Expect(says).To(And(ContainSubstring("\r\n+OK 18 "), HaveSuffix("+OK bye\r\n")), login)
			}
		}
		Expect(p.stop(os.Interrupt)).To(Equal(0))
		_, log, _ := strings.Cut(p.errOut.String(), "Ctrl-C")
		Expect(log).To(And(ContainSubstring("C: AUTH PLAIN ********"), ContainSubstring("[TLS 1.3]")))
		for _, secret := range []string{plain, xoauth2, bearer, "PASS demo", "t0ken", encode([]byte("demo"))} {
			Expect(log).NotTo(ContainSubstring(secret))
		}
	})
})

// conversation sends what a client has to say at once, and returns all that the server sent.
func conversation(p *process, secure bool, says string) string {
	GinkgoHelper()
	address := p.address
	if secure {
		address = p.secure
	}
	c := dial(address)
	defer func() { _ = c.Close() }() // the server closed it
	if secure {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	}
	_, err := c.Write([]byte(says))
	Expect(err).NotTo(HaveOccurred())
	out, err := io.ReadAll(c)
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

var _ = Describe("pop3sim serve", func() {
	It("tells what it offers and how to try it", func() {
		ca := filepath.Join(GinkgoT().TempDir(), "ca.pem")
		p := start(GinkgoTB(), "--pop3s", "127.0.0.1:0", "--tls-ca-out", ca, "--token", "ann:x:y", "--token", "demo:z")
		Eventually(p.errOut.String).WithTimeout(patience).Should(And(
			ContainSubstring("\n  with TLS from the start on %s\n", p.secure),
			ContainSubstring("\n  user demo, password demo, token z\n  user ann, token x:y\n"),
			ContainSubstring("\n  offers STLS, APOP, USER, AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN OAUTHBEARER XOAUTH2\n"),
			ContainSubstring("\n  curl --ssl-reqd --cacert %s -u demo:demo pop3://%s/1\n", ca, p.address)))

		p = start(GinkgoTB(), "--require-tls", "--tls-ca-out", ca)
		Eventually(p.errOut.String).WithTimeout(patience).Should(And(
			ContainSubstring("\n  curl --ssl-reqd --cacert %s -u demo:demo pop3://%s/1\n", ca, p.address),
			ContainSubstring("\n  mtm account add demo --pop3 %s --tls stls --tls-ca %s --user demo --password demo\n", p.address, ca)))

		p = start(GinkgoTB(), "--pop3", "", "--pop3s", "127.0.0.1:0")
		Expect(p.address).To(BeEmpty())
		Eventually(p.errOut.String).WithTimeout(patience).Should(And(
			ContainSubstring("POP3 server with TLS on %s: 18 messages", p.secure),
			ContainSubstring("\n  curl --insecure -u demo:demo pop3s://%s/1\n", p.secure),
			ContainSubstring("\n  mtm account add demo --pop3 %s --tls implicit --tls-insecure-skip-verify --user demo --password demo\n", p.secure)))
	})

	It("offers the mechanisms of --mechanisms, also none", func() {
		p := start(GinkgoTB(), "--mechanisms", "plain,cram-md5")
		Expect(session(p.address, "demo", "demo", "CAPA")).To(ContainElement("SASL PLAIN CRAM-MD5"))
		p = start(GinkgoTB(), "--mechanisms", "none")
		Expect(session(p.address, "demo", "demo", "CAPA")).NotTo(ContainElement(HavePrefix("SASL")))
	})

	It("has the certificate it is given", func() {
		ca := fixtures.NewCA()
		certificate, key := ca.KeyPair("mail.example.org")
		dir := folder(map[string]string{"cert.pem": string(certificate), "key.pem": string(key)})
		p := start(GinkgoTB(), "--pop3s", "127.0.0.1:0", "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"))
		c := tls.Client(dial(p.secure), &tls.Config{RootCAs: ca.Pool(), ServerName: "mail.example.org", MinVersion: tls.VersionTLS12})
		Expect(c.HandshakeContext(context.Background())).To(Succeed())
		Expect(c.Close()).To(Succeed())
		r := run("serve", "--pop3", "127.0.0.1:0", "--tls-cert", filepath.Join(dir, "key.pem"), "--tls-key", filepath.Join(dir, "none.pem"))
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^pop3sim: --tls-cert [^\n]*none\.pem: [^\n]*\n$`))
	})

	It("does not start when one of its ports is taken, and gives the other back", func() {
		l, err := occupy("127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(l.Close()).To(Succeed()) }()
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--pop3s", l.Addr().String())).To(Equal(
			result{1, "", "pop3sim: " + l.Addr().String() + " is in use; choose another with --pop3s 127.0.0.1:0\n"}))
	})

	It("refuses passwords without TLS when told so", func() {
		p := start(GinkgoTB(), "--require-tls", "--quiet", "--pop3", "0.0.0.0:0")
		c := dial(p.address)
		defer func() { Expect(c.Close()).To(Succeed()) }()
		_, err := c.Write([]byte("USER demo\r\nQUIT\r\n"))
		Expect(err).NotTo(HaveOccurred())
		var b bytes.Buffer
		_, err = b.ReadFrom(c)
		Expect(err).NotTo(HaveOccurred())
		Expect(b.String()).To(ContainSubstring("-ERR passwords need TLS here"))
		Expect(p.errOut.String()).To(MatchRegexp(`^pop3sim: warning: other machines can reach \S+\n$`))
	})

	It("says what is wrong with a file for the authority", func() {
		dir := GinkgoT().TempDir()
		Expect(run("serve", "--pop3", "127.0.0.1:0", "--tls-ca-out", dir)).To(Equal(
			result{1, "", "pop3sim: --tls-ca-out " + dir + " exists and is not a regular file\n"}))
		r := run("serve", "--pop3", "127.0.0.1:0", "--tls-ca-out", filepath.Join(dir, "gone", "ca.pem"))
		Expect(r.status).To(Equal(1))
		Expect(r.errOut).To(MatchRegexp(`^pop3sim: --tls-ca-out: [^\n]*\n$`))
	})
})
