package page

import (
	"time"

	"pop3mtm/fakeserver/control"
)

// row is a line of a transcript, as the page shows it.
type row struct {
	Class  string // client, server, rule or remark
	Letter string // C or S, to be seen
	Who    string // for screen readers
	Text   string
	Rule   string // the id of the rule, for a fault
	At     string // the time since the client connected, where it differs from the row before
	Gap    string // the time since the line before, when a person would notice it
}

// noticed is the shortest gap between two lines for which a time is shown.
const noticed = 100 * time.Millisecond

// rows makes the rows of consecutive lines.
type rows struct {
	last time.Duration // of the line before
	any  bool          // there was one
}

// row returns the row of a line.
func (r *rows) row(from, text, rule, at string) row {
	one := row{Class: from, Text: text, Rule: rule}
	switch from {
	case "client":
		one.Letter, one.Who = "C", "Client"
	case "server":
		one.Letter, one.Who = "S", "Server"
	case "rule":
		one.Letter, one.Who = "!", "Fault"
	default:
		one.Class, one.Letter, one.Who = "remark", "·", "Remark"
	}
	when, err := time.ParseDuration(at)
	if err != nil {
		return one
	}
	if gap := when - r.last; r.any && gap >= noticed {
		one.Gap = short(gap)
	}
	one.At, r.last, r.any = short(when), when, true
	return one
}

// line returns the row of a line of a transcript.
func (r *rows) line(l control.Line) row { return r.row(l.From, l.Text, l.Rule, l.At) }

// event returns the row of an event that is a line or a rule.
func (r *rows) event(e control.Event) row {
	if e.Kind == "rule" {
		return r.row("rule", e.Text, e.Rule, e.At)
	}
	return r.row(e.From, e.Text, "", e.At)
}

// short returns a duration in a short form for people.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}
