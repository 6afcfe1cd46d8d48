package pop3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
	"unicode"

	"pop3mtm/mtm/pop3"
)

// canned is a connection whose server has already sent everything. An octet 0xFE ends a read.
type canned struct {
	net.Conn
	in *bytes.Buffer
}

func (c canned) Read(p []byte) (int, error) {
	rest := c.in.Bytes()
	piece := rest
	if i := bytes.IndexByte(rest, 0xfe); i >= 0 {
		piece = rest[:i+1]
	}
	n, err := c.in.Read(p[:min(len(piece), len(p))])
	if n > 0 && p[n-1] == 0xfe {
		n--
	}
	return n, err
}

func (canned) Write(p []byte) (int, error)      { return len(p), nil }
func (canned) Close() error                     { return nil }
func (canned) SetDeadline(time.Time) error      { return nil }
func (canned) SetReadDeadline(time.Time) error  { return nil }
func (canned) SetWriteDeadline(time.Time) error { return nil }

// FuzzReply gives any octets to every verb in turn. Nothing may crash, rows must be valid, every
// error must be one of the three kinds, and only a refusal leaves the session usable.
func FuzzReply(f *testing.F) {
	list := "+OK\r\n1 120\r\n2 200 octets\r\n.\r\n\xfe"
	for _, seed := range []string{
		"", "+OK", "-ERR [IN-USE] locked\r\n", "+ERR\n", "+OK <1@b>\r\n\xfe+OK\r\nPIPELINING\r\nsasl PLAIN\r\n.\r\n\xfe+OK 2 320\r\n",
		"+OK\r\n\xfe-ERR\r\n\xfe+OK 2 320\r\n\xfe" + list + "+OK\r\n1 a\r\n2   b \x00\r\n+OK 3 c\r\n4\r\n.\r\n\xfe+OK 1 120\r\n\xfe+OK 1 a\r\n\xfe" +
			"+OK\r\n..x\r\n.\r\n\xfe+OK\r\n.\n\xfe+OK\n\n.\n\xfe-ERR no\r\n\xfe+OK\r\n.\r\n\xfe+OK\r\n\xfe+OK\r\n",
		"+OK\n\xfe+OK\nPIPELINING\n.\n\xfe+OK 2 320\n\xfe" + list + list + "+OK 120\n\xfe+OK a\n\xfe+OK\n.\n\xfe+OK\na\n.\n+OK\n.\n-ERR\n+OK\n.\n\xfe+OK\n\xfe+OK\n",
		"+OK\r\n\xfe-ERR\r\n\xfe+OK -1 0\r\n", "+OK\r\n\xfe-ERR\r\n\xfe+OK 4294967296 99999999999999999999\r\n", "+OK\r\n\xfe-ERR\r\n\xfe+OK 1 1\r\n\xfe+OK\r\n-1 5\r\n.\r\n",
		"+OK\n\xfe-ERR\n\xfe+OK 2 0\n\xfe+OK\n2 \n.\n",    // a row without a size
		"+OK\n\xfe+ERR\n\xfe+OK 0 0\n\xfe+OK\n1\n0\n.\n0", // and one without a number
	} {
		f.Add([]byte(seed))
	}
	limits := &pop3.Options{MaxLine: 100, MaxRows: 50, MaxCapa: 20, MaxUIDOctets: 500, MaxBody: 1000, Window: 3}
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx := context.Background()
		s, err := pop3.NewSession(ctx, canned{in: bytes.NewBuffer(in)}, limits)
		if err != nil {
			checkKind(t, nil, err)
			return
		}
		s.Timestamp()
		_, err = s.Capa(ctx)
		checkKind(t, s, err)
		stat, err := s.Stat(ctx)
		checkKind(t, s, err)
		if stat.Count < 0 || stat.Octets < 0 {
			t.Fatal(stat)
		}
		list, err := s.List(ctx)
		checkKind(t, s, err)
		for _, l := range list {
			if unknown := l.Octets == pop3.UnknownOctets; l.Number < 0 || l.Octets < 0 && !unknown || l.Number == 0 && !unknown {
				t.Fatal(l)
			}
		}
		uids, err := s.Uidl(ctx)
		checkKind(t, s, err)
		for _, u := range uids {
			if u.Number < 1 || len(u.UID) > limits.MaxLine || strings.ContainsRune(u.UID, '\n') {
				t.Fatal(u)
			}
		}
		_, err = s.ListOne(ctx, 1)
		checkKind(t, s, err)
		_, err = s.UidlOne(ctx, 1)
		checkKind(t, s, err)
		n, err := s.Retr(ctx, 1, io.Discard)
		checkKind(t, s, err)
		if n > limits.MaxBody {
			t.Fatal(n)
		}
		checkKind(t, s, s.TopAll(ctx, []int{1, 2, 3, 4}, 0, &skips{}))
		checkKind(t, s, s.Pass(ctx, "x"))
		checkKind(t, nil, s.Quit(ctx))
	})
}

func checkKind(t *testing.T, s *pop3.Session, err error) {
	t.Helper()
	var refused *pop3.ReplyError
	var nonsense *pop3.ProtocolError
	var broken *pop3.LineError
	switch {
	case err == nil:
		return
	case errors.As(err, &refused):
		if s != nil && s.Err() != nil || len(refused.Text) > 4*512+3 {
			t.Fatalf("%q spoiled the session, or is too long", refused.Text)
		}
	case errors.As(err, &nonsense), errors.As(err, &broken):
		if s != nil && s.Err() != err {
			t.Fatalf("%v is not what spoiled the session: %v", err, s.Err())
		}
	default:
		t.Fatalf("%T: %v", err, err)
	}
	if i := strings.IndexFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		t.Fatalf("%q is not safe to show", err.Error())
	}
}

// FuzzAuth answers every mechanism with any octets. Nothing may crash, an error must be of a known
// kind and show no secret, and no login may succeed without a proof that the mechanism needs.
func FuzzAuth(f *testing.F) {
	for _, seed := range []string{
		"", "+OK\r\n", "-ERR [AUTH] no\r\n", "+ \r\n\xfe+OK\r\n", "+OK\r\n\xfe+OK\r\n", "+ go ahead\r\n\xfe+ e30=\r\n\xfe-ERR\r\n",
		"+ VXNlcm5hbWU6\r\n\xfe+ UGFzc3dvcmQ6\r\n\xfe+OK\r\n", "+ PDFAaG9zdD4=\r\n\xfe+OK\r\n", "+ cj14LHM9YyxpPTQwOTY=\r\n\xfe-ERR\r\n",
		"+ cj14\r\n\xfe+OK\r\n", "+x\r\n", "+ sesame-open\r\n\xfe-ERR sesame-open\r\n", "-ERR AHRpbQBzZXNhbWUtb3Blbg==\r\n",
		"+ cj1zZXNhbWUtb3BlbixzPXgsaT00MDk2\r\n\xfe-ERR\r\n", "+ c2VzYW1lLW9wZW4=\r\n\xfe-ERR\r\n",
	} {
		for i := range pop3.Mechanisms() {
			f.Add(uint8(i), []byte(seed))
		}
	}
	who := pop3.Credentials{User: "tim", Password: "sesame-open", Token: "sesame-open", Host: "localhost", Port: 110}
	f.Fuzz(func(t *testing.T, which uint8, in []byte) {
		all := pop3.Mechanisms()
		m := all[int(which)%len(all)]
		ctx := context.Background()
		s, err := pop3.NewSession(ctx, canned{in: bytes.NewBuffer(append([]byte("+OK\r\n\xfe"), in...))}, &pop3.Options{MaxLine: 300})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Auth(ctx, m.Client(who))
		if err == nil {
			if strings.HasPrefix(m.Name, "SCRAM") {
				t.Fatal("a server without the password has proved that it knows it")
			}
			return
		}
		if strings.Contains(err.Error(), "sesame-open") {
			t.Fatalf("%v shows the secret", err)
		}
		var failed *pop3.AuthError
		if errors.As(err, &failed) && s.Err() == nil && failed.Responses <= 3 {
			return
		}
		checkKind(t, s, err)
	})
}
