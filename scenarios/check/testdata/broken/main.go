// Command broken is a POP3 client that is right, or wrong in exactly one way: -defect names it. It
// moves mail to one file a message and remembers unique-ids in a file. The check has to catch each
// defect, and to accuse no client of what it does not do.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

type client struct {
	defect               string
	host, port, user     string
	password, dir, state string
	mode, ca             string

	conn    net.Conn
	in      *bufio.Reader
	had     []string // unique-ids of what is stored, or numbers
	late    []func() error
	deleted []string
}

func main() {
	c := &client{}
	flag.StringVar(&c.defect, "defect", "", "")
	flag.StringVar(&c.host, "host", "", "")
	flag.StringVar(&c.port, "port", "", "")
	flag.StringVar(&c.user, "user", "", "")
	flag.StringVar(&c.password, "password", "", "")
	flag.StringVar(&c.dir, "dir", "", "")
	flag.StringVar(&c.state, "state", "", "")
	flag.StringVar(&c.mode, "tls", "none", "")
	flag.StringVar(&c.ca, "ca", "", "")
	flag.Parse()
	if err := c.visit(); err != nil {
		fmt.Fprintln(os.Stderr, "broken:", err)
		c.afterwards()
		os.Exit(1)
	}
}

// is reports whether the client has a defect.
func (c *client) is(defect string) bool { return c.defect == defect }

// afterwards is what a client does that cannot end.
func (c *client) afterwards() {
	switch {
	case c.is("spins"):
		for n := 0; ; n++ {
			_ = n
		}
	case c.is("grows"), c.is("grows-and-holds-the-line") && c.mode == "none":
		f, err := os.Create(filepath.Join(c.dir, "log"))
		for err == nil {
			_, err = f.WriteString(strings.Repeat("the connection was lost\n", 1000))
			time.Sleep(20 * time.Millisecond)
		}
	case c.is("redials"):
		for c.visit() != nil {
		}
		os.Exit(0)
	case c.is("says-all-is-well"):
		os.Exit(0)
	}
}

func (c *client) visit() error {
	text, err := os.ReadFile(c.state)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	c.had = strings.Fields(string(text))
	err = c.connect()
	if c.conn != nil && !c.is("grows-and-holds-the-line") {
		defer c.conn.Close()
	}
	if err != nil {
		return err
	}
	if err = c.login(); err != nil {
		return err
	}
	if err = c.mail(); err != nil {
		return err
	}
	if c.is("no-quit") {
		return nil
	}
	if _, err = c.command("QUIT"); err != nil {
		return err
	}
	for _, f := range c.late {
		if err = f(); err != nil {
			return err
		}
	}
	// What is deleted now is forgotten: its unique-id may come back.
	if c.is("remembers-nothing") {
		return nil
	}
	c.had = slices.DeleteFunc(c.had, func(uid string) bool { return slices.Contains(c.deleted, uid) })
	return c.save()
}

func (c *client) connect() error {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(c.host, c.port), 4*time.Second)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReader(conn)
	if c.mode == "implicit" {
		if err = c.secure(); err != nil {
			return err
		}
	}
	if _, err = c.line(); err != nil {
		return err
	}
	if c.mode != "stls" {
		return nil
	}
	if c.is("believes-the-list") {
		if _, err = c.command("CAPA"); err != nil {
			return err
		}
		list, err := c.body()
		if err != nil {
			return err
		}
		if !bytes.Contains(list, []byte("STLS")) {
			return nil
		}
	}
	if _, err = c.command("STLS"); err != nil {
		if c.is("goes-on-without-tls") && strings.HasPrefix(err.Error(), "-ERR") {
			return nil
		}
		return err
	}
	if c.in.Buffered() > 0 {
		return errors.New("octets came before the TLS handshake")
	}
	return c.secure()
}

func (c *client) secure() error {
	pem, err := os.ReadFile(c.ca)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{ServerName: c.host, RootCAs: pool, MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.is("any-certificate")}
	if c.is("any-name") {
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(s tls.ConnectionState) error {
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: pool})
			return err
		}
	}
	secured := tls.Client(c.conn, config)
	if err = secured.SetDeadline(time.Now().Add(4 * time.Second)); err != nil {
		return err
	}
	if err = secured.Handshake(); err != nil {
		return err
	}
	c.conn, c.in = secured, bufio.NewReader(secured)
	return nil
}

func (c *client) login() error {
	for _, l := range []string{"USER " + c.user, "PASS " + c.password} {
		if _, err := c.command(l); err != nil {
			return err
		}
	}
	return nil
}

// message is a row of UIDL.
type message struct{ number, uid string }

func (c *client) mail() error {
	if _, err := c.command("UIDL"); err != nil {
		return err
	}
	rows, err := c.body()
	if err != nil {
		return err
	}
	var all []message
	for row := range strings.Lines(string(rows)) {
		fields := strings.Fields(row)
		if c.is("panics-on-odd-rows") {
			all = append(all, message{fields[0], fields[1]})
			continue
		}
		if len(fields) != 2 {
			return fmt.Errorf("a row of UIDL: %q", row)
		}
		all = append(all, message{fields[0], fields[1]})
	}
	var failed error
	for _, m := range all {
		if err := c.take(m); err != nil {
			if !strings.HasPrefix(err.Error(), "-ERR") {
				return err
			}
			failed = err
		}
	}
	if failed != nil && !c.is("says-all-is-well") {
		_, _ = c.command("QUIT")
	}
	return failed
}

// take fetches, stores and deletes a message.
func (c *client) take(m message) error {
	key := m.uid
	if c.is("remembers-numbers") {
		key = m.number
	}
	if !slices.Contains(c.had, key) {
		if err := c.fetch(m, key); err != nil {
			if c.is("deletes-what-is-refused") && strings.HasPrefix(err.Error(), "-ERR") {
				_, _ = c.command("DELE " + m.number)
			}
			return err
		}
		if c.is("remembers-numbers") {
			return nil // the next visit deletes it
		}
	}
	if c.is("deletes-before-it-stores") || c.is("stores-after-quit") {
		return nil // done
	}
	_, err := c.command("DELE " + m.number)
	if err == nil {
		c.deleted = append(c.deleted, key)
	}
	return err
}

func (c *client) fetch(m message, key string) error {
	size := 0
	if c.is("trusts-sizes") {
		text, err := c.command("LIST " + m.number)
		if err != nil {
			return err
		}
		fields := strings.Fields(text)
		size, _ = strconv.Atoi(fields[len(fields)-1])
	}
	if _, err := c.command("RETR " + m.number); err != nil {
		return err
	}
	var body []byte
	var err error
	if size > 0 {
		body, err = c.exactly(size)
	} else {
		body, err = c.body()
	}
	switch {
	case err == nil:
	case c.is("drop-is-the-end"):
		err = nil
	case c.is("stores-before-the-dot"):
		_ = c.store(m, body)
		_ = c.remember(key)
		return err
	default:
		return err
	}
	store := func() error { return errors.Join(c.store(m, c.mangled(body)), c.remember(key)) }
	switch {
	case c.is("deletes-before-it-stores"):
		if _, err = c.command("DELE " + m.number); err != nil {
			return err
		}
	case c.is("stores-after-quit"):
		c.late = append(c.late, store)
		_, err = c.command("DELE " + m.number)
		return err
	}
	return errors.Join(err, store())
}

// mangled is what a client makes of a message that tidies up.
func (c *client) mangled(body []byte) []byte {
	lines := bytes.SplitAfter(body, []byte("\n"))
	for i, l := range lines {
		text := bytes.TrimRight(l, "\r\n")
		end := l[len(text):]
		switch {
		case c.is("seven-bits"):
			for j := range text {
				text[j] &= 0x7F
			}
		case c.is("trims-blanks"):
			text = bytes.TrimRight(text, " \t")
		case c.is("cuts-long-lines"):
			text = text[:min(len(text), 255)]
		case c.is("ends-at-nul"):
			if at := bytes.IndexByte(text, 0); at >= 0 {
				text = text[:at]
			}
		case c.is("drops-empty-lines"):
			if len(text) == 0 && i > 0 && len(bytes.TrimRight(lines[i-1], "\r\n")) == 0 {
				end = nil
			}
		}
		lines[i] = append(bytes.Clone(text), end...)
	}
	return bytes.Join(lines, nil)
}

func (c *client) store(m message, body []byte) error {
	name := fmt.Sprintf("%x.eml", m.uid)
	switch {
	case c.is("names-by-number"):
		name = m.number + ".eml"
	case c.is("remembers-nothing"):
		for n := 1; ; n++ {
			name = fmt.Sprintf("%d.eml", n)
			if _, err := os.Stat(filepath.Join(c.dir, name)); err != nil {
				break
			}
		}
	}
	part := c.state + ".part"
	if err := os.WriteFile(part, body, 0o600); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(c.dir, name))
}

func (c *client) remember(key string) error {
	c.had = append(c.had, key)
	if c.is("remembers-nothing") {
		return nil
	}
	return c.save()
}

func (c *client) save() error {
	return os.WriteFile(c.state, []byte(strings.Join(c.had, "\n")), 0o600)
}

func (c *client) command(text string) (string, error) {
	if _, err := c.conn.Write([]byte(text + "\r\n")); err != nil {
		return "", err
	}
	return c.line()
}

func (c *client) wait() error {
	if c.is("waits-for-ever") {
		return c.conn.SetReadDeadline(time.Time{})
	}
	return c.conn.SetReadDeadline(time.Now().Add(4 * time.Second))
}

func (c *client) line() (string, error) {
	if err := c.wait(); err != nil {
		return "", err
	}
	l, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	l = strings.TrimRight(l, "\r\n")
	if !strings.HasPrefix(l, "+OK") {
		return "", errors.New(l)
	}
	return l, nil
}

// exactly reads as many octets as LIST said, and then a dot.
func (c *client) exactly(size int) ([]byte, error) {
	if err := c.wait(); err != nil {
		return nil, err
	}
	body := make([]byte, size)
	for i := range body {
		b, err := c.in.ReadByte()
		if err != nil {
			return body[:i], err
		}
		body[i] = b
	}
	_, err := c.in.ReadString('\n')
	return body, err
}

func (c *client) body() ([]byte, error) {
	var all []byte
	for {
		if err := c.wait(); err != nil {
			return all, err
		}
		l, err := c.in.ReadBytes('\n')
		if err != nil {
			return append(all, l...), err
		}
		if string(l) == ".\r\n" || c.is("any-dot-ends") && bytes.HasPrefix(l, []byte(".")) || c.is("empty-line-ends") && string(l) == "\r\n" && bytes.HasSuffix(all, []byte("\r\n\r\n")) {
			return all, nil
		}
		switch {
		case c.is("keeps-stuffed-dots"):
		case c.is("takes-off-all-dots"):
			l = bytes.TrimLeft(l, ".")
		default:
			l = bytes.TrimPrefix(l, []byte("."))
		}
		all = append(all, l...)
	}
}
