package check

import (
	"bytes"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
)

// session is one connection, as the server has seen it.
type session struct {
	fakeserver.Transcript
	octets  []byte // sent to the client, inside TLS
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

// reply is one answer, as a reader that follows RFC 1939 takes it from the wire. Answers come in
// the order of the commands.
type reply struct {
	to     fakeserver.Command
	at     int // of its first octet
	status string
	body   []byte // of an answer with several lines, without stuffed dots
	whole  bool   // its last line has arrived
}

// replies parses the octets that were sent. The first reply is the greeting; its command is
// CONNECT.
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

// readReply parses the answer to a command at an offset, and returns where it ends.
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

// readBody reads to the closing dot. RFC 1939 section 3: lines end in CRLF, and a dot at the start
// of another line is removed.
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

var pop3Verbs = fakeserver.Verbs()

// severalLines reports whether a positive answer to a command has a body.
func severalLines(c fakeserver.Command) bool {
	i := slices.IndexFunc(pop3Verbs, func(v fakeserver.Verb) bool { return v.Name == c.Verb })
	return i >= 0 && pop3Verbs[i].Lines.Many(c.Args)
}

// bodiesAnywhere returns all parts that some reader could take for a message: the lines after any
// line that begins with +OK, up to a line with only a dot. It is for servers that break the RFC:
// there a client may resynchronize or not.
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

// readLoose also accepts LF alone as a line end: in the body, or at the closing dot too. Some
// readers remove a dot from a line only if the line begins with two.
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

// boundaries returns the offsets at which replies begin, and the end of the last one.
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

// inOrder reports whether nothing went wrong in a session: the client logged in, every reply was
// whole and positive, and the client ended the connection.
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

// leaks returns the line in which a client sent a secret that it should not have sent: without TLS,
// or with TLS to a server without a good certificate. It returns "" without such a line.
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
