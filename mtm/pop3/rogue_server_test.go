package pop3

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
)

// rogueFault is a fault of the reply to RETR or TOP of one message.
type rogueFault int

const (
	noTerminator rogueFault = iota // the dot is missing
	noFinalCRLF                    // the CRLF before the dot is missing
	dotCR                          // the dot has CR and no LF
	cutEnd                         // the end of the last line and the dot are missing
	loneDot                        // a dot in the message is not stuffed
	noStatus                       // the status line is missing
	twoStatus                      // it comes twice
	noReply                        // nothing comes
	twice                          // the reply comes twice
	refusal                        // -ERR instead
	extraOK                        // an extra line after the reply
	extraERR
	extraText
	extraBlank
	rogueFaults
)

var rogueNames = [...]string{"no terminator", "no final CRLF", "dot CR", "cut end", "lone dot", "no status line", "two status lines", "no reply",
	"reply twice", "-ERR", "extra +OK", "extra -ERR", "extra text", "extra blank line"}

func (f rogueFault) String() string { return rogueNames[f] }

// rogueSpot is a fault and the message to whose reply it belongs.
type rogueSpot struct {
	message int
	fault   rogueFault
}

func (s rogueSpot) String() string { return fmt.Sprintf("%s of %d", s.fault, s.message) }

// rogueSetting describes a session with faults.
type rogueSetting struct {
	messages  int
	verb      string
	trust     trust
	known     bool // the sink knows the sizes in LIST
	alike     bool // all messages have one size
	counted   bool // the status line has the size
	pipelined bool
	late      bool // extra octets are sent when the next command comes
	always    bool // the faults occur every time, and not only the first time
	chunk     int  // octets in one write of the server, 0 = all
	stat      kind // kind of the reply to STAT; the numbers differ each time when changes is set
	changes   bool
}

// rogueBody returns message n as the client must store it.
func (s *rogueSetting) rogueBody(n int) string {
	size := 10 + 100*n
	if s.alike {
		size = 110
	}
	text := fmt.Sprintf("Subject: %d\r\n\r\n", n)
	// The rest is longer than anything that can come in its place. Otherwise a size that is right
	// by chance would prove a wrong message.
	return text + strings.Repeat("x", size) + "\r\n.\r\n" + strings.Repeat("y", 1000) + "\r\n"
}

// size returns the size in LIST: the right one or an estimate.
func (s *rogueSetting) size(n int) int64 {
	if !s.known {
		return 0
	}
	if s.trust == estimates {
		return 1024
	}
	return int64(len(s.rogueBody(n)))
}

// rogueReply returns the reply to a message's command, and extra octets after it.
func (s *rogueSetting) rogueReply(n int, faults map[rogueFault]bool) (reply, extra string) {
	body := s.rogueBody(n)
	status, wire, end := "+OK\r\n", strings.ReplaceAll(body, "\n.", "\n.."), ".\r\n"
	if s.counted {
		status = fmt.Sprintf("+OK %d octets\r\n", len(body))
	}
	if faults[loneDot] {
		wire = body
	}
	if faults[noFinalCRLF] || faults[cutEnd] {
		wire = strings.TrimSuffix(wire, "\r\n")
	}
	switch {
	case faults[noTerminator], faults[cutEnd]:
		end = ""
	case faults[dotCR]:
		end = ".\r"
	}
	switch {
	case faults[noStatus]:
		status = ""
	case faults[twoStatus]:
		status += status
	}
	reply = status + wire + end
	if faults[refusal] {
		reply = "-ERR no such message\r\n"
	}
	if faults[noReply] {
		reply = ""
	}
	if faults[twice] {
		extra = reply
	}
	for i, line := range []string{"+OK\r\n", "-ERR that was not all\r\n", "bye\r\n", "\r\n"} {
		if faults[extraOK+rogueFault(i)] {
			extra += line
		}
	}
	return reply, extra
}

// rogueServer is a server whose replies have the faults.
type rogueServer struct {
	set    *rogueSetting
	spots  []rogueSpot
	asked  map[int]int
	heard  []string
	behind string // extra octets to be sent later
	stats  int    // number of STATs answered
}

func (r *rogueServer) serve(conn net.Conn) {
	defer conn.Close()
	in, out := bufio.NewReader(conn), bufio.NewWriterSize(inPieces{conn, r.set.chunk}, 4096)
	if _, err := io.WriteString(conn, "+OK\r\n"); err != nil {
		return
	}
	for {
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
		line, err := in.ReadString('\n')
		if err != nil || len(r.heard) > 2000 {
			return
		}
		r.heard = append(r.heard, strings.TrimSpace(line))
		_, _ = out.WriteString(r.behind)
		r.behind = ""
		_, _ = out.WriteString(r.answer(strings.TrimSpace(line)))
	}
}

// inPieces is a connection that writes a few octets at a time.
type inPieces struct {
	w     io.Writer
	chunk int // 0 = all
}

func (p inPieces) Write(b []byte) (int, error) {
	for i := 0; p.chunk > 0 && i < len(b); i += p.chunk {
		if n, err := p.w.Write(b[i:min(i+p.chunk, len(b))]); err != nil {
			return i + n, err
		}
	}
	if p.chunk > 0 {
		return len(b), nil
	}
	return p.w.Write(b)
}

func (r *rogueServer) answer(line string) string {
	var n int
	switch line {
	case "STAT":
		if r.set.stat == saysERR {
			return "-ERR no STAT\r\n"
		}
		if r.set.changes {
			r.stats++
		}
		return fmt.Sprintf("+OK %d %d\r\n", r.set.messages, 4711+r.stats)
	case "NOOP", "QUIT":
		return "+OK\r\n"
	}
	if _, err := fmt.Sscanf(line[len(r.set.verb):], "%d", &n); err != nil || n < 1 || n > r.set.messages {
		return "-ERR what\r\n"
	}
	faults := map[rogueFault]bool{}
	if r.asked[n]++; r.asked[n] == 1 || r.set.always {
		for _, s := range r.spots {
			faults[s.fault] = faults[s.fault] || s.message == n
		}
	}
	reply, extra := r.set.rogueReply(n, faults)
	if r.set.late {
		r.behind = extra
		return reply
	}
	return reply + extra
}
