package pop3

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
)

// ErrChallenge is wrapped by errors about a challenge that the mechanism cannot answer.
var ErrChallenge = errors.New("invalid challenge from the server")

var errUnexpected = fmt.Errorf("%w: none was expected", ErrChallenge)

// AuthError reports an AUTH that ended without a login. The session stays usable.
type AuthError struct {
	Mechanism string
	Responses int   // responses that the server had received when it refused; see Mechanism.Proof
	Err       error // a *ReplyError, or an error of the mechanism, after which AUTH was cancelled
}

func (e *AuthError) Error() string {
	if _, refused := errors.AsType[*ReplyError](e.Err); refused {
		return e.Err.Error()
	}
	return "AUTH " + e.Mechanism + ": " + e.Err.Error()
}

// Unwrap returns Err.
func (e *AuthError) Unwrap() error { return e.Err }

const (
	// maxInitial limits the AUTH line with its initial response, in octets. RFC 5034 section 4: a
	// longer response follows on its own line.
	maxInitial = 255
	// maxChallenges limits the challenges of one AUTH; no mechanism needs more than a few.
	maxChallenges = 32
)

// Auth logs in with a SASL mechanism (RFC 5034), whether or not the server lists it (QUIRK 12). It
// returns an *AuthError for a refused login or an invalid challenge, and ErrArgument when nothing
// was sent. No error shows a password, token or response, even when the server repeats it.
func (s *Session) Auth(ctx context.Context, mech sasl.Client) error {
	name, initial, err := mech.Start()
	if err != nil {
		return err
	}
	if !mechanismName(name) {
		return fmt.Errorf("%w: %q is not the name of a mechanism", ErrArgument, name)
	}
	d := &dialogue{Session: s, mech: mech, name: name, initial: initial, command: command{verb: "AUTH " + name}}
	if own, ok := mech.(interface{ hidden() []string }); ok {
		d.command.secret = own.hidden()
		d.known = true
	}
	stop, err := s.begin(ctx, d.command)
	if err != nil {
		return err
	}
	defer stop()
	if err = d.open(ctx); err != nil {
		return err
	}
	for range maxChallenges {
		challenge, done, err := d.reply(ctx)
		if err != nil || done {
			return err
		}
		if err = d.answer(ctx, challenge); err != nil {
			return err
		}
	}
	return d.cancel(ctx, errUnexpected)
}

// mechanismName reports whether name is a valid mechanism name (RFC 4422 section 3.1).
func mechanismName(name string) bool {
	return name != "" && len(name) <= 20 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// dialogue runs one AUTH command.
type dialogue struct {
	*Session
	command   command
	mech      sasl.Client
	name      string
	initial   []byte // the initial response until it is sent; nil when the mechanism has none
	responses int
	known     bool // the mechanism lists its secrets
}

// open sends the AUTH line, with the initial response when it fits.
func (d *dialogue) open(ctx context.Context) error {
	words := "AUTH " + d.name
	if d.initial != nil {
		response := d.encode(d.initial)
		if response == "" { // RFC 5034 section 4
			response = "="
		}
		if len(words)+len(" \r\n")+len(response) <= maxInitial {
			words += " " + response
			d.initial = nil
			d.responses++
		}
	}
	return d.send(ctx, d.command, words)
}

// reply reads one line from the server: the end of the exchange, or a challenge.
func (d *dialogue) reply(ctx context.Context) (challenge []byte, done bool, err error) {
	line, err := d.readLine(ctx, d.command, 0)
	if err != nil {
		return nil, false, err
	}
	ok, text, known := parseStatus(line)
	switch {
	case known && !ok:
		return nil, false, d.fail(d.command.replyError(text))
	case known && d.responses > 0:
		return nil, true, d.checkProof(line)
	case known: // QUIRK 19: +OK for a challenge. No login can succeed before the first response.
	case len(line) > 0 && line[0] == '+' && (len(line) == 1 || line[1] == ' '):
		text = line[min(2, len(line)):]
	default:
		return nil, false, d.spoil(d.command.protocolError(`a line that starts with "+ ", "+OK" or "-ERR"`, line))
	}
	return decode(text), false, nil
}

// decode returns a challenge decoded from base64, or unchanged when it is not base64 (QUIRK 20).
func decode(text []byte) []byte {
	text = bytes.TrimRight(text, " \t")
	plain, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return bytes.Clone(text)
	}
	return plain
}

// checkProof spoils the session when the server accepts the login without proving that it knows the
// password.
func (d *dialogue) checkProof(line []byte) error {
	if !Proved(d.mech) {
		return d.spoil(d.command.protocolError("proof that the server knows the password (RFC 5802 section 3)", line))
	}
	return nil
}

func (d *dialogue) answer(ctx context.Context, challenge []byte) error {
	response := d.initial
	if d.initial = nil; response == nil {
		var err error
		if response, err = d.mech.Next(challenge); err != nil {
			return d.cancel(ctx, err)
		}
	}
	d.responses++
	return d.send(ctx, d.command, d.encode(response))
}

// encode returns a response in base64, and hides it in errors.
func (d *dialogue) encode(response []byte) string {
	text := base64.StdEncoding.EncodeToString(response)
	d.command.secret = append(d.command.secret, text)
	if !d.known {
		d.command.secret = append(d.command.secret, string(response))
	}
	return text
}

// cancel ends an exchange that the mechanism cannot continue. RFC 5034 section 4: the server must
// now refuse.
func (d *dialogue) cancel(ctx context.Context, cause error) error {
	if err := d.send(ctx, d.command, "*"); err != nil {
		return err
	}
	text, err := d.status(ctx, d.command)
	if err == nil {
		return d.spoil(d.command.protocolError("-ERR to the cancelled login", text))
	}
	if _, refused := errors.AsType[*ReplyError](err); !refused {
		return err
	}
	if d.command.repeated([]byte(cause.Error())) {
		cause = ErrChallenge
	}
	return d.fail(cause)
}

func (d *dialogue) fail(err error) error {
	return &AuthError{Mechanism: d.name, Responses: d.responses, Err: err}
}
