package peer

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Curl runs curl, which fetches a range of messages over one connection, one RETR at a time,
// into one file per message.
type Curl struct{}

// Name returns "curl".
func (Curl) Name() string { return "curl" }

// Encrypts returns true: curl does both with --ssl-reqd.
func (Curl) Encrypts(TLS) bool { return true }

// Version returns the first line of curl --version.
func (Curl) Version(ctx context.Context) (string, error) {
	return version(ctx, "curl", "curl", "--version")
}

// Fetch first requests the list, since curl needs the number of messages.
func (Curl) Fetch(ctx context.Context, a Account, dir string) error {
	path, err := program("curl", "curl")
	if err != nil {
		return err
	}
	if err = os.Mkdir(filepath.Join(dir, numbered), 0o700); err != nil {
		return err
	}
	scheme := "pop3://"
	var secure []string
	if a.TLS != "" {
		secure = []string{"--ssl-reqd"}
	}
	if a.TLS == Implicit {
		scheme = "pop3s://"
	}
	if a.CA != "" {
		secure = append(secure, "--cacert", a.CA)
	}
	url := scheme + net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) + "/"
	curl := func(args ...string) ([]byte, error) {
		cmd := command(ctx, dir, path, append([]string{"--disable", "--config", "-", "--silent", "--show-error", "--fail-early"}, append(secure, args...)...)...)
		// The password is passed on standard input, since every user can read command lines.
		cmd.Stdin = strings.NewReader("user = " + quoted(a.User+":"+a.Password) + "\n")
		return run(ctx, cmd)
	}
	list, err := curl(url)
	if err != nil {
		return err
	}
	count := bytes.Count(list, []byte("\n"))
	if count == 0 {
		return nil
	}
	_, err = curl(fmt.Sprintf("%s[1-%d]", url, count), "--output", numbered+"/#1")
	return err
}

// Read returns the files in the order of the server.
func (Curl) Read(dir string) ([][]byte, error) { return readNumbered(dir) }

// Alters returns the two changes that curl makes.
func (Curl) Alters() string {
	return "keeps the dot that the server adds to a line with a dot when a bare LF stands before it, and stores an empty message as one empty line"
}

// Refuses returns "": curl fetches every message.
func (Curl) Refuses([]byte) string { return "" }

// Check accepts the changes of Alters and no others.
func (Curl) Check(_ context.Context, served, stored [][]byte) error {
	return checkEach(served, stored, func(m []byte) []byte {
		if len(m) == 0 {
			return []byte("\r\n")
		}
		var out []byte
		for i, c := range m {
			if c == '.' && i > 0 && m[i-1] == '\n' && (i == 1 || m[i-2] != '\r') {
				out = append(out, '.')
			}
			out = append(out, c)
		}
		return out
	})
}
