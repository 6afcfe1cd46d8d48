package servers

import (
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"pop3mtm/mtm/account"
)

func TestTheBareSenderSendsOverTLSWhenThatIsMeasured(t *testing.T) {
	g := NewWithT(t)
	for kind, encrypted := range map[account.TLS]bool{"": false, account.NoTLS: false, account.STLS: true, account.Implicit: true} {
		s := sendSpec{TLS: kind, CA: filepath.Join(t.TempDir(), "ca.pem")}
		wrap, err := s.encryption()
		g.Expect(err).NotTo(HaveOccurred())
		here, there := net.Pipe()
		go func() {
			conn := wrap(there)
			_, _ = conn.Write([]byte("mail")) // the reader knows
			_ = conn.Close()
		}()
		receiver := here
		if encrypted {
			l := Login{Security: account.Security{TLS: kind, CA: s.CA, Name: certifiedHost}}
			config, err := l.TLS()
			g.Expect(err).NotTo(HaveOccurred())
			receiver = tls.Client(here, config)
		}
		g.Expect(io.ReadAll(receiver)).To(BeEquivalentTo("mail"), string(kind))
		g.Expect(here.Close()).To(Succeed())
	}
}
