package check_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pop3mtm/scenarios/check"
)

// right is a client without any fault: it moves mail, and fetches a message only when it is stored
// whole before the deletion. wrong changes what it does, to make clients of one fault each.
type right struct {
	copies bool
	wrong  func(*visit)
}

// visit is one session of such a client.
type visit struct {
	conn net.Conn
	in   *bufio.Reader
	dir  string
	// What a wrong client does instead.
	store    func(v *visit, uid string, body []byte) error
	early    bool // it deletes before it stores
	half     bool // it stores what has come when the line ends
	stuffed  bool // it keeps stuffed dots
	patience time.Duration
}

func (r right) fetch(ctx context.Context, e check.Endpoint, dir string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", e.Port))
	if err != nil {
		return err
	}
	defer conn.Close()
	v := &visit{conn: conn, in: bufio.NewReader(conn), dir: dir, patience: 5 * time.Second}
	v.store = func(v *visit, uid string, body []byte) error {
		part := filepath.Join(v.dir, ".part")
		if err := os.WriteFile(part, body, 0o600); err != nil {
			return err
		}
		return os.Rename(part, filepath.Join(v.dir, fmt.Sprintf("%x.eml", uid)))
	}
	if r.wrong != nil {
		r.wrong(v)
	}
	if _, err = v.line(); err != nil {
		return err
	}
	for _, c := range []string{"USER " + e.User, "PASS " + e.Password} {
		if _, err = v.command(c); err != nil {
			return err
		}
	}
	return v.mail(r.copies)
}

func (v *visit) mail(copies bool) error {
	if _, err := v.command("UIDL"); err != nil {
		return err
	}
	rows, err := v.body()
	if err != nil {
		return err
	}
	var failed error
	for row := range strings.Lines(string(rows)) {
		n, uid, ok := strings.Cut(strings.TrimSpace(row), " ")
		if !ok {
			return fmt.Errorf("a row of UIDL: %q", row)
		}
		if _, err := os.Stat(filepath.Join(v.dir, fmt.Sprintf("%x.eml", uid))); err == nil && copies {
			continue
		}
		if err := v.message(n, uid, copies); err != nil {
			if !strings.HasPrefix(err.Error(), "-ERR") {
				return err
			}
			failed = err
		}
	}
	if _, err := v.command("QUIT"); err != nil {
		return err
	}
	return failed
}

func (v *visit) message(n, uid string, copies bool) error {
	if v.early {
		if _, err := v.command("DELE " + n); err != nil {
			return err
		}
		copies = true
	}
	if _, err := v.command("RETR " + n); err != nil {
		return err
	}
	body, err := v.body()
	if err != nil && !v.half {
		return err
	}
	if err := v.store(v, uid, body); err != nil {
		return err
	}
	if copies || err != nil {
		return err
	}
	_, err = v.command("DELE " + n)
	return err
}

func (v *visit) command(c string) (string, error) {
	if _, err := v.conn.Write([]byte(c + "\r\n")); err != nil {
		return "", err
	}
	return v.line()
}

func (v *visit) line() (string, error) {
	if err := v.conn.SetReadDeadline(time.Now().Add(v.patience)); err != nil {
		return "", err
	}
	l, err := v.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(l, "+OK") {
		return "", fmt.Errorf("%s", strings.TrimSpace(l))
	}
	return l, nil
}

func (v *visit) body() ([]byte, error) {
	var all []byte
	for {
		if err := v.conn.SetReadDeadline(time.Now().Add(v.patience)); err != nil {
			return all, err
		}
		l, err := v.in.ReadBytes('\n')
		if err != nil {
			return append(all, l...), err
		}
		if string(l) == ".\r\n" {
			return all, nil
		}
		if !v.stuffed {
			l = bytes.TrimPrefix(l, []byte("."))
		}
		all = append(all, l...)
	}
}
