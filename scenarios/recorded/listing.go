package recorded

import (
	"bytes"

	"pop3mtm/scenarios"
)

// maxRows limits the rows of a listing that are changed one by one.
const maxRows = 24

// listing adds the rules for LIST or UIDL: one for the list of all messages, and one for each
// single message with a different answer.
func (m *maker) listing(verb string, group []*difference) {
	var whole []scenarios.Step
	var refused []*difference
	for _, d := range group {
		switch {
		case newMail(d):
			m.note("mail that came between two sessions is there from the start in the scenario")
			if whole == nil {
				whole = d.statusStep()
			}
		case d.Multiline() && d.recorded.ok() && d.right.ok():
			steps := m.rows(d)
			if whole != nil && !sameSteps(whole, steps) {
				m.note(verb + " was answered in several ways; the scenario has the first answer")
			} else {
				whole = steps
			}
		case !d.recorded.ok() && (d.same || d.textOnly()):
			refused = append(refused, d)
		case d.same:
		default:
			m.answer(d)
		}
	}
	if len(whole) > 0 {
		m.general = append(m.general, scenarios.Rule{On: verb, Alone: true, Do: whole})
	}
	m.texts(verb, refused)
}

// statusStep returns the step that gives an answer its recorded text, or none when the text is the
// same.
func (d *difference) statusStep() []scenarios.Step {
	text := d.text()
	if bytes.Equal(d.recorded.status, d.right.status) || !oneLine(text) {
		return []scenarios.Step{}
	}
	return []scenarios.Step{scenarios.Do("ifOK", []scenarios.Step{scenarios.Do("status", text)})}
}

// rows returns the steps that turn the correct list into the recorded one. A few different rows are
// changed one by one, so that the list is still correct after a DELE; otherwise the whole list is
// replaced.
func (m *maker) rows(d *difference) []scenarios.Step {
	steps := d.statusStep()
	if d.same || d.textOnly() {
		return steps
	}
	recorded, right := bytes.SplitAfter(d.recorded.raw, []byte("\n")), bytes.SplitAfter(d.right.raw, []byte("\n"))
	if d.recorded.raw == nil {
		m.note("the answer to " + d.verb + " is too long for a rule; the scenario has that of a correct server")
		return steps
	}
	var changes []scenarios.Step
	for i := 1; i < min(len(recorded), len(right)); i++ {
		if !bytes.Equal(recorded[i], right[i]) {
			change := scenarios.Replace{Old: "\n" + scenarios.Octets(right[i]), New: "\n" + scenarios.Octets(recorded[i])}
			changes = append(changes, scenarios.Do("replace", change))
		}
	}
	if len(recorded) != len(right) || len(changes) > maxRows || !d.plain() {
		raw := scenarios.Octets(d.recorded.raw)
		return []scenarios.Step{scenarios.Do("raw", raw)}
	}
	return append(steps, scenarios.Do("ifOK", changes))
}
