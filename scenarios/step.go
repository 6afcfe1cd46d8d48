package scenarios

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/fakeserver"
)

// Step is one change of an answer, written as a word (bareLF) or as a word with its value (refuse:
// not now). Octets of an answer are counted from 0 as they are on the wire, with status line,
// stuffed dots and closing dot. Rows are the lines between the status line and the closing dot,
// counted from 1.
type Step struct {
	// Word is the name of the step; StepWords lists all of them.
	Word string
	// Value is the value of the step, of the type that StepWords says. It is nil for a step without
	// a value.
	Value any
}

// Do returns the step with a name and, if it needs one, a value: Do("close"), Do("refuse", "not
// now"), Do("cut", Cut{After: 5}).
func Do(word string, value ...any) Step {
	s := Step{Word: word}
	if len(value) > 0 {
		s.Value = value[0]
	}
	if n, ok := s.Value.(int); ok {
		s.Value = int64(n)
	}
	return s
}

// MarshalJSON writes the name with the value, or with true when there is no value.
func (s Step) MarshalJSON() ([]byte, error) {
	if s.Value == nil {
		return json.Marshal(map[string]bool{s.Word: true})
	}
	return json.Marshal(map[string]any{s.Word: s.Value})
}

// wrong says what is wrong with a step, or returns "".
func (s Step) wrong(g grammar) string {
	row, known := stepNamed(s.Word)
	if !known {
		return "a step must be exactly one of " + strings.Join(stepNames(), ", ")
	}
	if reflect.TypeOf(s.Value) != row.Value {
		return fmt.Sprintf("%s takes a value of the type %v, not %T", s.Word, row.Value, s.Value)
	}
	if why := s.wrongText(row, g); why != "" {
		return why
	}
	switch v := s.Value.(type) {
	case Change:
		if (v.By != 0) == (v.To != "") {
			return `give the change of the number as {by: -1}, or its replacement as {to: "99999999999"}`
		}
	case IfStatus:
		if len(v.Do) == 0 {
			return "ifStatus needs steps: {is: ..., do: [...]}"
		}
	case Replace:
		if v.Old == "" {
			return "replace: old must not be empty"
		}
	case Octets:
		if s.Word == "endless" && v == "" {
			return "endless needs some octets"
		}
	case []int64:
		if len(v) > maxSplits {
			return "an answer is split at 1000 octets at most; see splitOctets and splitLines"
		}
	}
	for _, inner := range s.inner() {
		if why := inner.wrong(g); why != "" {
			return why
		}
	}
	return ""
}

// wrongText says what is wrong with the text of a step that has one.
func (s Step) wrongText(row stepRow, g grammar) string {
	if text, ok := s.Value.(string); ok {
		if strings.ContainsAny(text, "\r\n") {
			return "the text is one line; for other octets write raw"
		}
		if why := misnumbered(s.Word, text); g == smtpGrammar && why != "" {
			return why
		}
	}
	for _, name := range row.fields(s.Value) {
		if !slices.Contains(fakeserver.Fields(), name) {
			return unknown("field to fill in", name, fakeserver.Fields())
		}
	}
	return ""
}

// inner returns the steps for some answers only.
func (s Step) inner() []Step {
	switch v := s.Value.(type) {
	case []Step:
		return v
	case IfStatus:
		return v.Do
	}
	return nil
}

var braced = regexp.MustCompile(`\{([a-z]+)\}`)

// fields returns the words in braces in the text of a step.
func (r stepRow) fields(value any) []string {
	text, ok := value.(string)
	if !ok || !r.fills {
		return nil
	}
	var all []string
	for _, found := range braced.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

// tells reports whether the text of a step, or of one inside it, has words in braces.
func (s Step) tells() bool {
	row, _ := stepNamed(s.Word)
	return row.fields(s.Value) != nil || slices.ContainsFunc(s.inner(), Step.tells)
}

const maxSplits = 1000
