package recorded

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/notation"
	"pop3mtm/fakeserver/record"
	"pop3mtm/scenarios"
)

// maxMessages limits the messages of all mailboxes: a scenario file cannot name more.
const maxMessages = 10_000

// message holds the facts about a message in a recording.
type message struct {
	uid   string
	size  int64        // as the server says; -1 if it does not say
	whole *record.Turn // RETR
	part  *record.Turn // TOP, when there is no RETR
}

// mailbox holds the facts about a user's mail in a recording.
type mailbox struct {
	user string
	all  []*message // in the order in which the recording shows them
	now  []*message // the messages on the server, by number
	gone int        // deleted so far
	uids map[string]*message
}

// exchange is a parsed turn.
type exchange struct {
	*record.Turn
	verb, args string
	status     []byte // with its line end
	ok         bool
	state      scenarios.State
	login      string // the user who is logged in by this
	box        *mailbox
	has, gone  int // messages in the mailbox, and deleted from it, at this point
}

// survey reads a recording in the order of its sessions.
type survey struct {
	recording *record.Recording
	boxes     []*mailbox
	messages  int          // in all of them
	exchanges [][]exchange // by session
	greeting  []byte
	notes     []string
}

func (s *survey) note(text string) {
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

func look(r *record.Recording) (*survey, error) {
	s := &survey{recording: r}
	for _, session := range r.Sessions {
		all, err := s.session(session)
		if err != nil {
			return nil, err
		}
		s.exchanges = append(s.exchanges, all)
	}
	return s, nil
}

// session collects facts about the mail in a session.
func (s *survey) session(session *record.Session) ([]exchange, error) {
	var all []exchange
	var box *mailbox
	name, mechanism := scenarios.DefaultUser, false
	marked := map[*message]bool{}
	for i := range session.Turns {
		x, err := s.exchange(&session.Turns[i])
		if err != nil {
			return nil, err
		}
		x.state = scenarios.Authorization
		if box != nil {
			x.state = scenarios.Transaction
		}
		switch {
		case i == 0:
			if s.greeting == nil && x.ok {
				s.greeting = x.status
			}
		case box != nil:
			if err = s.mail(box, &x, marked); err != nil {
				return nil, err
			}
			x.box, x.has, x.gone = box, len(box.now), box.gone
		default:
			if x.verb == "USER" && !strings.Contains(x.args, notation.Masked) && validName(x.args) {
				name = x.args
			}
			mechanism = x.verb == "AUTH" || mechanism && x.Response
			if x.ok && (x.verb == "PASS" || x.verb == "APOP" || mechanism && (x.Response || x.args != "")) {
				x.login = s.whom(&x, name)
				box = s.box(x.login)
			}
		}
		all = append(all, x)
	}
	return all, nil
}

func (s *survey) exchange(t *record.Turn) (exchange, error) {
	status, err := s.recording.Status(t)
	verb, args, _ := strings.Cut(string(t.Command), " ")
	x := exchange{Turn: t, verb: strings.ToUpper(verb), args: args, status: status}
	if t.Response {
		x.verb, x.args = "RESPONSE", ""
	}
	x.ok = len(status) >= 3 && strings.EqualFold(string(status[:3]), "+OK")
	return x, err
}

// whom returns the user of a login; for AUTH the user is not known.
func (s *survey) whom(x *exchange, name string) string {
	switch {
	case x.verb == "APOP":
		if user, _, _ := strings.Cut(x.args, " "); user != notation.Masked && validName(user) {
			return user
		}
	case x.verb != "PASS" && len(s.boxes) > 0:
		return s.boxes[0].user
	}
	return name
}

func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7F })
}

func (s *survey) box(user string) *mailbox {
	for _, b := range s.boxes {
		if b.user == user {
			return b
		}
	}
	b := &mailbox{user: user, uids: map[string]*message{}}
	s.boxes = append(s.boxes, b)
	return b
}

// mail collects facts from one exchange after the login.
func (s *survey) mail(b *mailbox, x *exchange, marked map[*message]bool) error {
	if !x.ok {
		return nil
	}
	n, _ := strconv.Atoi(first(x.args))
	switch x.verb {
	case "UIDL", "LIST":
		return s.listing(b, x)
	case "STAT":
		if count, err := strconv.Atoi(first(x.text())); err == nil && len(marked) == 0 {
			s.at(b, count)
		}
	case "RETR":
		if m := s.at(b, n); m != nil && m.whole == nil {
			m.whole = x.Turn
		}
	case "TOP":
		if m := s.at(b, n); m != nil && m.part == nil {
			m.part = x.Turn
		}
	case "DELE":
		if m := s.at(b, n); m != nil {
			marked[m] = true
		}
	case "RSET":
		clear(marked)
	case "QUIT":
		b.now = slices.DeleteFunc(b.now, func(m *message) bool { return marked[m] })
		b.gone += len(marked)
	}
	return nil
}

// text returns what follows the first word of the status line.
func (x *exchange) text() string {
	_, text, _ := strings.Cut(string(notation.Command(x.status)), " ")
	return text
}

func first(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return word
}

// at returns message n, and adds it if it is not known yet. It returns nil for an invalid number.
func (s *survey) at(b *mailbox, n int) *message {
	if n < 1 {
		return nil
	}
	if n > len(b.now) && !s.room(n-len(b.now)) {
		return nil
	}
	for len(b.now) < n {
		b.now = append(b.now, s.add(b))
	}
	return b.now[n-1]
}

// room reports whether more messages fit within the limit.
func (s *survey) room(more int) bool {
	if more <= maxMessages-s.messages {
		return true
	}
	s.note("the recording has more than " + strconv.Itoa(maxMessages) + " messages; the scenario has only the first ones")
	return false
}

func (s *survey) add(b *mailbox) *message {
	m := &message{size: -1}
	s.messages++
	b.all = append(b.all, m)
	return m
}

// listing collects facts from the rows of LIST and UIDL, or from a single row.
func (s *survey) listing(b *mailbox, x *exchange) error {
	rows := []byte(x.text())
	if x.Multiline() {
		body := bounded{most: 1 << 20}
		if _, err := s.recording.WriteBody(x.Turn, &body); err != nil {
			return err
		}
		rows = body.octets
	}
	seen := map[string]bool{}
	for row := range bytes.Lines(rows) {
		number, value, _ := strings.Cut(strings.TrimSpace(string(row)), " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			continue // the rule for this answer contains it
		}
		m := s.at(b, n)
		if m == nil {
			continue
		}
		if x.verb == "LIST" {
			if size, err := strconv.ParseInt(first(value), 10, 64); err == nil && size >= 0 {
				m.size = size
			}
			continue
		}
		if validUID(value) && !seen[value] {
			seen[value] = true
			s.identify(b, n, value)
		}
	}
	return nil
}

func validUID(uid string) bool {
	return uid != "" && len(uid) <= 70 && !strings.ContainsFunc(uid, func(r rune) bool { return r < 0x21 || r > 0x7E })
}

// identify assigns the message with a unique-id to a number. It is a known message, or the one at
// that number already.
func (s *survey) identify(b *mailbox, n int, uid string) {
	there := b.now[n-1]
	if there.uid == uid {
		return
	}
	if known := b.uids[uid]; known != nil {
		b.now[n-1] = known
		if there.uid == "" {
			b.all = slices.DeleteFunc(b.all, func(m *message) bool { return m == there })
			s.messages--
		}
		return
	}
	if there.uid != "" {
		if !s.room(1) {
			return
		}
		there = s.add(b)
		b.now[n-1] = there
	}
	there.uid, b.uids[uid] = uid, there
}

// bounded is a writer that keeps only the first octets.
type bounded struct {
	octets []byte
	most   int
	cut    bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), b.most-len(b.octets))
	b.cut = b.cut || room < len(p)
	b.octets = append(b.octets, p[:room]...)
	return len(p), nil
}
