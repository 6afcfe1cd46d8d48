package check

import (
	"bytes"
	"strings"

	"pop3mtm/fakeserver"
)

// session is one connection as the server's side has seen it.
type session struct {
	fakeserver.Transcript
	octets  []byte // that went to the client, above TLS
	cutHere bool   // the line was cut in it
}

// secured reports whether the connection came to have TLS.
func (s *session) secured() bool {
	for _, l := range s.Lines {
		if strings.HasPrefix(l, "[TLS 1.") {
			return true
		}
	}
	return false
}

// reply is one answer as a reader of RFC 1939 takes it from the wire: those to the commands come in
// the order of the commands.
type reply struct {
	to     fakeserver.Command
	at     int // of its first octet
	status string
	body   []byte // without the stuffed dots, for an answer of several lines
	whole  bool   // its last line has arrived
}

// replies reads what was sent. The first reply is the greeting, whose command is CONNECT.
func (s *session) replies() []reply {
	commands := append([]fakeserver.Command{{Verb: "CONNECT"}}, s.Commands...)
	var all []reply
	at := 0
	for _, c := range commands {
		r, end := readReply(s.octets, at, c)
		all = append(all, r)
		if at = end; !r.whole {
			break
		}
	}
	return all
}

// readReply reads the answer to a command from an offset on, and returns where it ends.
func readReply(octets []byte, at int, c fakeserver.Command) (reply, int) {
	r := reply{to: c, at: at}
	end := bytes.IndexByte(octets[at:], '\n')
	if end < 0 {
		r.status = string(octets[at:])
		return r, len(octets)
	}
	r.status = strings.TrimRight(string(octets[at:at+end]), "\r")
	at += end + 1
	if !strings.HasPrefix(r.status, "+OK") || !severalLines(c) {
		r.whole = true
		return r, at
	}
	r.body, at, r.whole = readBody(octets, at)
	return r, at
}

// readBody reads to the closing dot. RFC 1939 section 3: the line ends in CRLF, and a dot that
// begins another line is taken off.
func readBody(octets []byte, at int) (body []byte, end int, whole bool) {
	lineBegins := true
	for line := range bytes.Lines(octets[at:]) {
		at += len(line)
		if lineBegins && string(line) == ".\r\n" {
			return body, at, true
		}
		if lineBegins {
			line = bytes.TrimPrefix(line, []byte("."))
		}
		body = append(body, line...)
		lineBegins = bytes.HasSuffix(line, []byte("\r\n"))
	}
	return body, at, false
}

// severalLines reports whether a positive answer to a command has a body.
func severalLines(c fakeserver.Command) bool {
	switch c.Verb {
	case "RETR", "TOP", "CAPA":
		return true
	case "LIST", "UIDL", "AUTH", "LANG":
		return strings.TrimSpace(c.Args) == ""
	}
	return false
}

// bodiesAnywhere returns all that some reader could take for a message: what follows any line that
// begins with +OK, up to a line with a dot alone. It is for servers that break the RFC, where
// clients that get back into step are as right as those that do not.
func (s *session) bodiesAnywhere() [][]byte {
	var all [][]byte
	at := 0
	for line := range bytes.Lines(s.octets) {
		at += len(line)
		if !bytes.HasPrefix(line, []byte("+OK")) || len(all) >= 10_000 {
			continue
		}
		if body, _, whole := readBody(s.octets, at); whole {
			all = append(all, body)
		}
		for _, dot := range []string{".", ".\r\n"} {
			for _, stuffed := range []string{".", ".."} {
				if body, whole := readLoose(s.octets[at:], dot, stuffed); whole {
					all = append(all, body)
				}
			}
		}
	}
	return all
}

// readLoose takes LF alone for a line end too: of the body, or of the closing dot as well. Some
// readers take a dot off a line only where two stand.
func readLoose(octets []byte, dot, stuffed string) (body []byte, whole bool) {
	for line := range bytes.Lines(octets) {
		text := bytes.TrimRight(line, "\r\n")
		if string(line) == dot || string(text) == dot {
			return body, true
		}
		if bytes.HasPrefix(text, []byte(stuffed)) {
			text = text[1:]
		}
		body = append(append(body, text...), "\r\n"...)
	}
	return body, false
}

// boundaries returns the offsets at which replies begin, and the end.
func (s *session) boundaries() []int64 {
	var all []int64
	for _, r := range s.replies() {
		all = append(all, int64(r.at))
	}
	return append(all, int64(len(s.octets)))
}

// sent reports whether the client sent a verb.
func (s *session) sent(verb string) bool {
	for _, c := range s.Commands {
		if c.Verb == verb {
			return true
		}
	}
	return false
}

// inOrder reports whether nothing in a session was other than right, up to the client's end: it
// logged in, every reply was whole and positive, and the client ended the connection.
func (s *session) inOrder() bool {
	all := s.replies()
	if s.cutHere || len(all) != len(s.Commands)+1 || !s.sent("STAT") && !s.sent("LIST") && !s.sent("UIDL") && !s.sent("RETR") {
		return false
	}
	for _, r := range all {
		if !r.whole || strings.HasPrefix(r.status, "-ERR") {
			return false
		}
	}
	return len(s.Lines) > 0 && s.Lines[len(s.Lines)-1] == "[closed by the client]"
}

// leaks returns the line by which a secret went out that should not have: without TLS, or with TLS
// to a server whose certificate is not good.
func (s *session) leaks(certificateGood bool) string {
	secure, mechanism := false, ""
	for _, l := range s.Lines {
		if strings.HasPrefix(l, "[TLS 1.") {
			secure = true
		}
		command, fromClient := strings.CutPrefix(l, "C: ")
		if !fromClient {
			continue
		}
		if clear := clearText(command, &mechanism); clear && (!secure || !certificateGood) {
			return l
		}
	}
	return ""
}

// clearText reports whether a line of the client reveals a secret to an eavesdropper. The
// digests of APOP and CRAM-MD5 do not.
func clearText(command string, mechanism *string) bool {
	verb, args, _ := strings.Cut(command, " ")
	switch strings.ToUpper(verb) {
	case "PASS":
		return true
	case "AUTH":
		name, initial, _ := strings.Cut(args, " ")
		*mechanism = strings.ToUpper(name)
		return initial != "" && showsSecret(*mechanism)
	case "********":
		return showsSecret(*mechanism)
	}
	*mechanism = ""
	return false
}

func showsSecret(mechanism string) bool {
	switch mechanism {
	case "PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER":
		return true
	}
	return false
}
