package mail_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/mail"
)

// suiteTime is what no spec takes.
const suiteTime = time.Minute

func TestMail(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Mail")
}

// message is a message and its octets.
type message struct {
	*mail.Message
	raw string
}

func read(raw string) message {
	GinkgoHelper()
	m, err := mail.Read(bytes.NewReader([]byte(raw)), mail.Options{})
	Expect(err).NotTo(HaveOccurred())
	return message{m, raw}
}

func (m message) view(p *mail.Part) (io.Reader, error) {
	return p.OpenView(bytes.NewReader([]byte(m.raw)), mail.Options{})
}

// texts returns what there is to read in the message, one string for each text.
func (m message) texts() []string {
	GinkgoHelper()
	list, err := m.Texts(m.view)
	Expect(err).NotTo(HaveOccurred())
	all := []string{}
	for _, t := range list {
		if t.Part.IsMessage() {
			all = append(all, "message: "+t.Part.Header.Text("Subject"))
			continue
		}
		all = append(all, m.text(t.Part))
	}
	return all
}

func (m message) text(p *mail.Part) string {
	GinkgoHelper()
	r, err := m.view(p)
	Expect(err).NotTo(HaveOccurred())
	return content(r)
}

// open returns the octets of a part, decoded.
func (m message) open(path string) string {
	GinkgoHelper()
	p := m.Find(path)
	Expect(p).NotTo(BeNil(), "part "+path)
	r, err := p.Open(bytes.NewReader([]byte(m.raw)))
	Expect(err).NotTo(HaveOccurred())
	return content(r)
}

func content(r io.Reader) string {
	GinkgoHelper()
	octets, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	return string(octets)
}
