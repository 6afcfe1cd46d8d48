package pop3

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/xdg-go/scram"
)

// maxIterations limits the work that a server can demand to about a second. RFC 7677 section 4
// requires at least 4,096, which the library checks.
const maxIterations = 1_000_000

// scramClient implements SCRAM (RFC 5802) without channel binding.
type scramClient struct {
	Credentials
	name         string
	hash         scram.HashGeneratorFcn
	conversation *scram.ClientConversation
}

func newScramSHA1(c Credentials) sasl.Client {
	return &scramClient{Credentials: c, name: "SCRAM-SHA-1", hash: scram.SHA1}
}

func newScramSHA256(c Credentials) sasl.Client {
	return &scramClient{Credentials: c, name: "SCRAM-SHA-256", hash: scram.SHA256}
}

func (m *scramClient) Start() (name string, initial []byte, err error) {
	if err = m.check(); err != nil {
		return "", nil, err
	}
	client, err := m.hash.NewClient(m.User, m.Password, "")
	if err != nil { // its text may contain the password
		return "", nil, fmt.Errorf("%w: %s does not allow these characters in a user name or password (RFC 4013)", ErrArgument, m.name)
	}
	m.conversation = client.NewConversation()
	first, err := m.conversation.Step("")
	return m.name, []byte(first), err
}

func (m *scramClient) Next(challenge []byte) ([]byte, error) {
	if m.conversation.Done() {
		return nil, errUnexpected
	}
	if err := checkIterations(string(challenge)); err != nil {
		return nil, err
	}
	response, err := m.conversation.Step(string(challenge))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrChallenge, escape([]byte(err.Error()), shownText))
	}
	return []byte(response), nil
}

// proved reports whether the server has proved that it knows the password too (RFC 5802 section 3).
func (m *scramClient) proved() bool { return m.conversation.Valid() }

// Proved reports whether the server has proved that it knows the password; it returns true for
// mechanisms without such a proof. Auth calls it itself: Proved is for callers that use a mechanism
// with another protocol.
func Proved(mech sasl.Client) bool {
	m, ok := mech.(interface{ proved() bool })
	return !ok || m.proved()
}

func checkIterations(challenge string) error {
	for field := range strings.SplitSeq(challenge, ",") {
		if text, ok := strings.CutPrefix(field, "i="); ok {
			if n, err := strconv.Atoi(text); err != nil || n > maxIterations {
				return fmt.Errorf("%w: it asks for more than %d iterations", ErrChallenge, maxIterations)
			}
		}
	}
	return nil
}
