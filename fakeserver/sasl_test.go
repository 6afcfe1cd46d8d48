package fakeserver_test

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// challenge returns what a reply asks.
func challenge(reply string) string {
	GinkgoHelper()
	Expect(reply).To(HavePrefix("+ "))
	b, err := base64.StdEncoding.DecodeString(reply[2:])
	Expect(err).NotTo(HaveOccurred(), reply)
	return string(b)
}

// authenticate runs an exchange as a client's side of a mechanism leads it, and returns the last
// reply. With initial the first response goes with the command.
func (p *peer) authenticate(c sasl.Client, initial bool) string {
	GinkgoHelper()
	name, response, err := c.Start()
	Expect(err).NotTo(HaveOccurred())
	reply := ""
	switch {
	case response != nil && initial:
		reply = p.ask("AUTH " + name + " " + b64(string(response)))
	case response != nil:
		Expect(p.ask("AUTH " + name)).To(Equal("+ "))
		reply = p.ask(b64(string(response)))
	default:
		reply = p.ask("AUTH " + name)
	}
	for strings.HasPrefix(reply, "+ ") {
		response, err = c.Next([]byte(challenge(reply)))
		Expect(err).NotTo(HaveOccurred())
		reply = p.ask(b64(string(response)))
	}
	return reply
}

// cramClient is a client's CRAM-MD5.
type cramClient struct{ name, password string }

func (cramClient) Start() (string, []byte, error) { return "CRAM-MD5", nil, nil }

func (c cramClient) Next(challenge []byte) ([]byte, error) {
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	return fmt.Appendf(nil, "%s %x", c.name, mac.Sum(nil)), nil
}

// scramClient is a client's SCRAM, which also checks the server's proof.
type scramClient struct {
	mechanism string
	*scram.ClientConversation
}

func newScram(mechanism string, hash scram.HashGeneratorFcn, name, password string) sasl.Client {
	c, err := hash.NewClient(name, password, "")
	Expect(err).NotTo(HaveOccurred())
	return scramClient{mechanism, c.NewConversation()}
}

func (c scramClient) Start() (string, []byte, error) {
	first, err := c.Step("")
	return c.mechanism, []byte(first), err
}

func (c scramClient) Next(challenge []byte) ([]byte, error) {
	text, err := c.Step(string(challenge))
	if err == nil && c.Done() && !c.Valid() {
		err = errors.New("the server has not proved itself")
	}
	return []byte(text), err
}

// xoauth2Client is a client's XOAUTH2.
type xoauth2Client struct{ name, token string }

func (c xoauth2Client) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + c.name + "\x01auth=Bearer " + c.token + "\x01\x01"), nil
}

func (xoauth2Client) Next([]byte) ([]byte, error) { return nil, nil }

// bearerClient answers the refusal of OAUTHBEARER as RFC 7628 section 3.2.3 has it.
type bearerClient struct{ sasl.Client }

func newBearer(name, token string) sasl.Client {
	// RFC 5801 section 4: a name in the first line has its commas and equals signs escaped.
	name = strings.NewReplacer("=", "=3D", ",", "=2C").Replace(name)
	return bearerClient{sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: name, Token: token, Host: "localhost", Port: 110})}
}

func (bearerClient) Next([]byte) ([]byte, error) { return []byte("\x01"), nil }

// clients makes the client's side of every mechanism for a user.
func clients(name, password string) map[string]func() sasl.Client {
	return map[string]func() sasl.Client{
		"PLAIN":         func() sasl.Client { return sasl.NewPlainClient("", name, password) },
		"LOGIN":         func() sasl.Client { return sasl.NewLoginClient(name, password) },
		"CRAM-MD5":      func() sasl.Client { return cramClient{name, password} },
		"SCRAM-SHA-1":   func() sasl.Client { return newScram("SCRAM-SHA-1", scram.SHA1, name, password) },
		"SCRAM-SHA-256": func() sasl.Client { return newScram("SCRAM-SHA-256", scram.SHA256, name, password) },
		"XOAUTH2":       func() sasl.Client { return xoauth2Client{name, password} },
		"OAUTHBEARER":   func() sasl.Client { return newBearer(name, password) },
	}
}
