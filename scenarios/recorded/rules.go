package recorded

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

const connect = "CONNECT"

// maxRules limits the rules that are made: a scenario has at most 1000.
const maxRules = 900

// rules returns rules for the answers that differ from a correct server: first whole answers, then
// texts. At most most of the rules are for single commands.
func (s *survey) rules(all []*difference, most int) []scenarios.Rule {
	m := &maker{survey: s, most: most}
	m.tls()
	var verbs []string
	for _, d := range all {
		if d.verb == "" {
			d.verb = connect
		}
		if !slices.Contains(verbs, d.verb) {
			verbs = append(verbs, d.verb)
		}
	}
	for _, verb := range verbs {
		group := of(all, verb)
		if !m.nameable(verb) && slices.ContainsFunc(group, func(d *difference) bool { return !d.same }) {
			s.note("the scenario does not have the server's answer to " + string(notation.Escape(nil, []byte(verb[:min(len(verb), 20)]))))
			continue
		}
		m.verb(verb, group)
	}
	m.logins("AUTH", of(all, "AUTH"))
	m.logins("RESPONSE", of(all, "RESPONSE"))
	m.reset()
	return append(append(m.whole, m.single...), m.general...)
}

// of returns the differences of a verb.
func of(all []*difference, verb string) []*difference {
	var group []*difference
	for _, d := range all {
		if d.verb == verb {
			group = append(group, d)
		}
	}
	return group
}

// extension matches verbs outside the protocol that may be used in a rule.
var extension = regexp.MustCompile(`^[A-Z][A-Z0-9-]{2,19}$`)

// nameable reports whether a rule can name a verb. There may be many verbs outside the protocol,
// and a scenario file must not have verbs that look misspelt.
func (m *maker) nameable(verb string) bool {
	if _, known := verbNamed(verb); known || verb == connect || verb == "RESPONSE" {
		return true
	}
	if !extension.MatchString(verb) || len(m.whole)+len(m.single)+len(m.general) >= m.most {
		return false
	}
	_, err := scenarios.Parse("", []byte("title: x\nrules: [{on: "+verb+", do: [silence]}]"), nil)
	return err == nil
}

// maker collects rules. The first one that matches a command answers it.
type maker struct {
	*survey
	most                   int
	whole, single, general []scenarios.Rule
	secured                bool // the rules have a named state for TLS
}

// inTLS is the name of the state after STLS.
const inTLS = "tls"

// tls adds rules that depend on TLS, when CAPA differs after STLS.
func (m *maker) tls() {
	for x := range m.each() {
		m.secured = m.secured || x.StartsTLS && !m.recording.ImplicitTLS()
	}
	if m.secured {
		text := ""
		for x := range m.each() {
			if x.StartsTLS {
				text = x.text()
				break
			}
		}
		step := scenarios.Do("takeEffect")
		if oneLine(text) {
			step = scenarios.Do("ifOK", []scenarios.Step{scenarios.Do("status", text)})
		}
		m.whole = append(m.whole, scenarios.Rule{On: "STLS", Goto: inTLS, Do: []scenarios.Step{step}})
	}
}

// verb adds the rules for the commands with a verb.
func (m *maker) verb(verb string, group []*difference) {
	switch verb {
	case "AUTH", "RESPONSE":
		return // see logins
	case "LIST", "UIDL":
		m.listing(verb, group)
		return
	case connect:
		group = m.greeting(group)
	}
	// The answer to CAPA depends on facts that a correct server does not know.
	whole := verb == "CAPA" && slices.ContainsFunc(group, func(d *difference) bool { return !d.same && !d.textOnly() })
	var texts []*difference
	for _, d := range group {
		switch {
		case whole:
			m.answer(d)
		case newMail(d):
			m.note("mail that came between two sessions is there from the start in the scenario")
		case d.same || d.textOnly():
			texts = append(texts, d)
		default:
			m.answer(d)
		}
	}
	m.texts(verb, texts)
}

// newMail reports whether a listing differs because the scenario has mail that arrived later in the
// recording.
func newMail(d *difference) bool {
	return d.recorded.ok() && d.right.ok() && first(d.args) == "" && slices.Contains([]string{"STAT", "LIST", "UIDL"}, d.verb) &&
		d.box != nil && len(d.box.all)-d.gone != d.has
}

// answer adds a rule for a completely different answer.
func (m *maker) answer(d *difference) {
	r := scenarios.Rule{On: d.verb, Alone: d.alone()}
	if d.args != "" && d.verb != connect {
		r.On += " " + d.args
	}
	if d.verb == "CAPA" {
		r.State = d.state
		if m.secured && d.TLS {
			r.When = inTLS
		}
	}
	text := d.text()
	switch {
	case !d.told():
		m.note("some answers to " + d.verb + " do not depend on what follows the verb; the scenario has those of a correct server")
		return
	case !d.recorded.ok() && d.right.ok() && d.recorded.rows == 0 && bytes.HasPrefix(d.recorded.status, []byte("-ERR")) && oneLine(text):
		r.Do = []scenarios.Step{scenarios.Do("refuse", text)}
	case d.recorded.raw == nil:
		m.note("the answer to " + r.On + " is too long for a rule; the scenario has that of a correct server")
		return
	default:
		raw := scenarios.Octets(d.recorded.raw)
		r.Do = []scenarios.Step{scenarios.Do("raw", raw)}
	}
	alike := func(other scenarios.Rule) bool {
		return other.On == r.On && other.Alone == r.Alone && other.State == r.State && other.When == r.When
	}
	if i := slices.IndexFunc(m.whole, alike); i >= 0 {
		if !sameSteps(m.whole[i].Do, r.Do) {
			m.note(r.On + " was answered in several ways; the scenario has the first answer")
		}
		return
	}
	if len(m.whole)+len(m.single) >= m.most {
		m.note("the recording has more unusual answers than a scenario file can hold; the scenario has those of a correct server for the rest")
		return
	}
	// Rules for a named state come before rules for all states.
	if r.When != "" {
		m.whole = slices.Insert(m.whole, 0, r)
		return
	}
	m.whole = append(m.whole, r)
}

func sameSteps(a, b []scenarios.Step) bool {
	one, errA := scenarios.Flow(a)
	two, errB := scenarios.Flow(b)
	return errA == nil && errB == nil && one == two
}

// told reports whether a rule can name the arguments of the command.
func (d *difference) told() bool {
	return !strings.Contains(d.args, notation.Masked) && !strings.Contains(d.args, "*") && strings.TrimSpace(d.args) == d.args &&
		!strings.ContainsFunc(d.args, func(r rune) bool { return r < ' ' || r >= 0x7F })
}

// alone reports whether a command without arguments differs from one with arguments.
func (d *difference) alone() bool {
	v, known := verbNamed(d.verb)
	return d.args == "" && known && v.Args && v.Secret == fakeserver.NoSecret && v.States&fakeserver.Transaction != 0
}

// verbNamed finds a row of the table of POP3's verbs.
func verbNamed(name string) (fakeserver.Verb, bool) {
	all := fakeserver.Verbs()
	i := slices.IndexFunc(all, func(v fakeserver.Verb) bool { return v.Name == name })
	if i < 0 {
		return fakeserver.Verb{}, false
	}
	return all[i], true
}

// which selects the commands of a rule for a text.
type which struct {
	on    string
	alone bool
	state scenarios.State
}

// texts adds rules for other texts of status lines: one for the verb if that suffices, else one for
// each state or each command.
func (m *maker) texts(verb string, group []*difference) {
	if !slices.ContainsFunc(group, func(d *difference) bool { return !d.same }) {
		return
	}
	byVerb := func(*difference) which { return which{on: verb} }
	byState := func(d *difference) which { return which{on: verb, state: d.state} }
	byArgs := func(d *difference) which {
		if d.args == "" || !d.told() {
			return which{on: verb, alone: d.alone()}
		}
		return which{on: verb + " " + d.args}
	}
	var rules []scenarios.Rule
	for i, key := range []func(*difference) which{byVerb, byState, byArgs} {
		var clear bool
		if rules, clear = statusRules(group, key); clear {
			break
		}
		if i == 2 {
			m.note(verb + " was answered with several texts; the scenario has the first of each")
		}
	}
	for _, r := range rules {
		switch {
		case r.On == verb && !r.Alone:
			m.general = append(m.general, r)
		case len(m.whole)+len(m.single) < m.most:
			m.single = append(m.single, r)
		default:
			m.note("the recording has more unusual texts than a scenario file can hold; the scenario has those of a correct server for the rest")
		}
	}
}

// statusRules returns a rule for each key. clear is false when a key has several texts.
func statusRules(group []*difference, key func(*difference) which) (rules []scenarios.Rule, clear bool) {
	type texts struct {
		ok, err *string
		differ  bool
	}
	found := map[which]*texts{}
	var keys []which
	clear = true
	for _, d := range group {
		k := key(d)
		if found[k] == nil {
			found[k] = &texts{}
			keys = append(keys, k)
		}
		found[k].differ = found[k].differ || !d.same
		to := &found[k].err
		if d.recorded.ok() {
			to = &found[k].ok
		}
		text := d.text()
		if d.verb == connect {
			text, _ = timestamp(text)
		}
		if *to != nil && **to != text {
			clear = false
			continue
		}
		*to = &text
	}
	for _, k := range keys {
		// A correct answer needs a rule only where a rule for the verb would replace it.
		if verb := found[which{on: group[0].verb}]; !found[k].differ && (verb == nil || !verb.differ) {
			continue
		}
		r := scenarios.Rule{On: k.on, Alone: k.alone, State: k.state}
		if t := found[k]; t.ok != nil {
			r.Do = append(r.Do, scenarios.Do("ifOK", []scenarios.Step{scenarios.Do("status", *t.ok)}))
		}
		if t := found[k]; t.err != nil {
			r.Do = append(r.Do, scenarios.Do("ifErr", []scenarios.Step{scenarios.Do("status", *t.err)}))
		}
		rules = append(rules, r)
	}
	return rules, clear
}

// logins adds rules for the texts after AUTH and RESPONSE. They do not change challenges, which are
// positive too.
func (m *maker) logins(verb string, group []*difference) {
	r := scenarios.Rule{On: verb}
	for _, d := range group {
		if d.login != "" && !d.same && d.textOnly() {
			change := scenarios.Replace{Old: scenarios.Octets(d.right.status), New: scenarios.Octets(d.recorded.status)}
			r.Do = append(r.Do, scenarios.Do("ifOK", []scenarios.Step{scenarios.Do("replace", change)}))
			break
		}
	}
	// The recording does not have what the client sent, so the answer of a correct server is not
	// known.
	for x := range m.each() {
		if text := x.text(); x.verb == verb && x.Replied() && bytes.HasPrefix(x.status, []byte("-ERR ")) && oneLine(text) &&
			(verb == "RESPONSE" || strings.Contains(x.args, notation.Masked)) {
			r.Do = append(r.Do, scenarios.Do("ifErr", []scenarios.Step{scenarios.Do("status", text)}))
			break
		}
	}
	if r.Do != nil {
		m.general = append(m.general, r)
	}
}

// greeting handles the greetings, and leaves only the first one to compare.
func (m *maker) greeting(group []*difference) []*difference {
	for _, d := range group[1:] {
		if !greets(d.recorded.status, group[0].recorded.status) {
			m.note("the greeting was not always the same; the scenario has the first one")
		}
	}
	if _, stamp := timestamp(group[0].text()); stamp && group[0].textOnly() {
		group[0].same = true // a rule would remove the timestamp
	}
	return group[:1]
}

// reset makes the greeting leave the named state that STLS has entered.
func (m *maker) reset() {
	if !m.secured {
		return
	}
	found := false
	for _, rules := range [][]scenarios.Rule{m.whole, m.general} {
		for i := range rules {
			if rules[i].On == connect {
				rules[i].Goto, found = fakeserver.InitialState, true
			}
		}
	}
	if !found {
		m.general = append(m.general, scenarios.Rule{On: connect, Goto: fakeserver.InitialState, Do: []scenarios.Step{scenarios.Do("takeEffect")}})
	}
}
