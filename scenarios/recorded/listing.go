package recorded

import (
	"bytes"
	"strconv"

	"pop3mtm/scenarios"
)

// maxRows is how many rows of a listing are changed one by one.
const maxRows = 24

// listing makes the rules for LIST or UIDL. The list of all messages has a rule
// that leaves the answers to single ones alone.
func (m *maker) listing(verb string, group []*difference) {
	var whole, refusal []scenarios.Step
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
				m.note(verb + " was answered in several ways; the scenario has the first")
			} else {
				whole = steps
			}
		case d.same:
		case !d.recorded.ok() && d.textOnly():
			text := d.text()
			refusal = []scenarios.Step{{IfErr: []scenarios.Step{{Status: &text}}}}
		default:
			m.answer(d)
		}
	}
	if len(whole) > 0 {
		others := refusal
		if others == nil {
			others = []scenarios.Step{{TakeEffect: true}}
		}
		for digit := 1; digit <= 9; digit++ {
			m.general = append(m.general, scenarios.Rule{On: verb + " " + strconv.Itoa(digit) + "*", Do: others})
		}
	}
	if all := append(whole, refusal...); len(all) > 0 {
		m.general = append(m.general, scenarios.Rule{On: verb, Do: all})
	}
}

// statusStep gives an answer the recorded text, when that is another one.
func (d *difference) statusStep() []scenarios.Step {
	text := d.text()
	if bytes.Equal(d.recorded.status, d.right.status) || !oneLine(text) {
		return []scenarios.Step{}
	}
	return []scenarios.Step{{IfOK: []scenarios.Step{{Status: &text}}}}
}

// rows makes the recorded list of the right one: row by row where a few are others,
// so that it stays right after a DELE, else as it is.
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
			changes = append(changes, scenarios.Step{Replace: &change})
		}
	}
	if len(recorded) != len(right) || len(changes) > maxRows || !d.plain() {
		raw := scenarios.Octets(d.recorded.raw)
		return []scenarios.Step{{Raw: &raw}}
	}
	return append(steps, scenarios.Step{IfOK: changes})
}
