package fakeserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"github.com/xdg-go/scram"
	"github.com/xdg-go/stringprep"
)

// scramIterations is the smallest count that RFC 7677 section 4 allows.
const scramIterations = 4096

func scramSHA1(d *directory) conversation   { return scramWith(d, scram.SHA1) }
func scramSHA256(d *directory) conversation { return scramWith(d, scram.SHA256) }

// scramWith implements SCRAM (RFC 5802, RFC 7677) without channel binding.
func scramWith(d *directory, hash scram.HashGeneratorFcn) conversation {
	who := &identity{}
	exchange := scramExchange{who: who}
	mechanism, err := hash.NewServer(func(name string) (scram.StoredCredentials, error) {
		u, known := d.byPassword(name)
		*who = identity{name, u}
		if !known {
			// Do not reveal which names exist: the exchange continues up to the proof.
			u.Password = rand.Text()
		}
		return d.scramKeys(hash, name, u.Password)
	})
	if err != nil {
		return conversation{func([]byte) ([]byte, bool, error) { return nil, false, err }, who}
	}
	exchange.ServerConversation = mechanism.NewConversation()
	return conversation{exchange.next, who}
}

// scramKeys returns the keys that a server stores for a password. The salt of a name is the same
// at each login, as if it were stored, whether the name is known or not.
func (d *directory) scramKeys(hash scram.HashGeneratorFcn, name, password string) (scram.StoredCredentials, error) {
	// RFC 5802 section 2.2: passwords are prepared. One that cannot be prepared is used as it is.
	if prepared, err := stringprep.SASLprep.Prepare(password); err == nil {
		password = prepared
	}
	client, err := hash.NewClientUnprepped(name, password, "")
	if err != nil {
		return scram.StoredCredentials{}, err
	}
	mac := hmac.New(sha256.New, d.secret[:])
	mac.Write([]byte(name))
	return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(mac.Sum(nil)[:16]), Iters: scramIterations})
}

// scramExchange extends the library's conversation for a protocol such as POP3, whose +OK carries
// no data. RFC 4422 section 3.3: the server's last message is a challenge, and the client's
// response to it is empty.
type scramExchange struct {
	*scram.ServerConversation
	who *identity
}

func (e *scramExchange) next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil: // the client begins
		return []byte{}, false, nil
	case e.Valid():
		if len(response) > 0 {
			return nil, false, errResponse
		}
		return nil, true, nil
	}
	text, err := e.Step(string(response))
	if text == scram.ErrInvalidProof {
		err = ErrDenied
	}
	// RFC 4422 section 3.4.1: users may not act for others here.
	if actFor := e.AuthzID(); err == nil && actFor != "" && actFor != e.who.name {
		err = ErrDenied
	}
	return []byte(text), false, err
}
