package recorded

import (
	"iter"
	"strings"

	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

// settings returns the settings that follow from the greeting and the capabilities.
func (b *builder) settings() scenarios.Server {
	s := scenarios.Server{}
	greeting := ""
	if b.greeting != nil {
		_, greeting, _ = strings.Cut(string(notation.Command(b.greeting)), " ")
	}
	text, stamp := timestamp(greeting)
	if !stamp {
		s.Without = append(s.Without, "APOP")
	}
	if oneLine(text) {
		s.Greeting = text
	}
	for x := range b.each() {
		for _, row := range b.rows(x) {
			name, args, _ := strings.Cut(row, " ")
			switch strings.ToUpper(name) {
			case "STLS":
				s.TLS = scenarios.STLS
			case "SASL":
				s.Mechanisms = strings.Fields(strings.ToUpper(args))
			case "IMPLEMENTATION":
				s.Implementation = args
			}
		}
	}
	s.Capabilities = b.capabilities()
	if s.Capabilities != nil && s.Mechanisms == nil {
		s.Mechanisms = []string{}
	}
	for _, verb := range []string{"CAPA", "TOP", "UIDL"} {
		if b.lacks(verb) {
			s.Without = append(s.Without, verb)
		}
	}
	for x := range b.each() {
		if x.StartsTLS {
			s.TLS = scenarios.STLS
		}
	}
	if b.recording.ImplicitTLS() {
		s.TLS = scenarios.ImplicitTLS
	}
	return s
}

// timestamp removes the timestamp for APOP from the end of a greeting.
func timestamp(greeting string) (text string, ok bool) {
	i := strings.LastIndexByte(greeting, '<')
	if i < 0 || !strings.HasSuffix(strings.TrimRight(greeting, " "), ">") {
		return greeting, false
	}
	return strings.TrimSpace(greeting[:i]), true
}

func oneLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F || r == 0xFFFD })
}

// capabilities returns the rows of the first CAPA after a login, or of the first one.
func (b *builder) capabilities() []string {
	var rows []string
	after := false
	for x := range b.each() {
		found, later := b.rows(x), x.state == scenarios.Transaction
		if found != nil && (rows == nil || later && !after) {
			rows, after = found, later
		}
	}
	return rows
}

// rows returns the capabilities in an answer to CAPA, or nil for any other answer.
func (b *builder) rows(x *exchange) []string {
	if x.verb != "CAPA" || !x.ok {
		return nil
	}
	body := bounded{most: 16 << 10}
	if whole, err := b.recording.WriteBody(x.Turn, &body); err != nil || !whole {
		return nil
	}
	rows := []string{}
	for row := range strings.Lines(string(body.octets)) {
		if row = strings.TrimRight(row, "\r\n"); row != "" && oneLine(row) {
			rows = append(rows, row)
		}
	}
	return rows
}

// each returns an iterator over all exchanges, in order.
func (s *survey) each() iter.Seq[*exchange] {
	return func(yield func(*exchange) bool) {
		for _, all := range s.exchanges {
			for i := range all {
				if !yield(&all[i]) {
					return
				}
			}
		}
	}
}

// lacks reports whether a verb was always refused.
func (s *survey) lacks(verb string) bool {
	refused := false
	for x := range s.each() {
		if x.verb != verb || !x.Replied() {
			continue
		}
		if x.ok {
			return false
		}
		refused = refused || first(x.args) == "" // without arguments it is about all messages
	}
	return refused
}
