package compose_test

import (
	"bytes"
	"io"
	"math"
	"net/mail"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	_ "github.com/emersion/go-message/charset" // for the library that reads what was written
	gomail "github.com/emersion/go-message/mail"

	"pop3mtm/mtm/internal/compose"
	mtmmail "pop3mtm/mtm/mail"
)

func TestCompose(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Composing")
}

// letter returns one that can be written; specs change what they are about.
func letter() *compose.Letter {
	return &compose.Letter{
		From: &mail.Address{Name: "Ada", Address: "ada@example.org"}, Date: time.Date(2026, 3, 2, 8, 15, 0, 0, time.UTC),
		MessageID: "1@example.org", To: addresses("Ben <ben@example.org>"), Subject: "Lunch", Text: compose.String("At noon?\n"),
	}
}

func addresses(texts ...string) []*mail.Address {
	GinkgoHelper()
	list, err := compose.ParseList("to", texts)
	Expect(err).NotTo(HaveOccurred())
	return list
}

func written(l *compose.Letter) string {
	GinkgoHelper()
	var b bytes.Buffer
	Expect(l.Write(&b, math.MaxInt32)).To(Succeed())
	return b.String()
}

// read parses what was written with a library that is not ours.
func read(raw string) *gomail.Reader {
	GinkgoHelper()
	r, err := gomail.CreateReader(bytes.NewReader([]byte(raw)))
	Expect(err).NotTo(HaveOccurred())
	return r
}

func content(r io.Reader) string {
	GinkgoHelper()
	text, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// foreign returns the header of a message of somebody else.
func foreign(text string) mtmmail.Header { return mtmmail.ParseHeader([]byte(text+"\r\n\r\n"), "") }

func texts(list []*mail.Address) []string {
	all := []string{}
	for _, a := range list {
		all = append(all, compose.Display(a))
	}
	return all
}
