package scenarios

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
)

// grammar is how replies begin: with +OK and -ERR, or with a number.
type grammar int

const (
	pop3Grammar grammar = iota
	smtpGrammar
)

// stepRow is a row of the table of steps.
type stepRow struct {
	StepWord
	fills bool // placeholders in braces are replaced in its text
	edit  func(value any, g grammar) edit.Edit
}

// StepWord describes a step, for documents and schemas.
type StepWord struct {
	Name string
	// Doc says what the step does.
	Doc string
	// Value is the type of its value; nil for a step without a value.
	Value reflect.Type
	// Least and Most are the bounds of a value that is a number.
	Least, Most int64
}

// StepWords returns all steps, in the order of the documents.
func StepWords() []StepWord {
	var all []StepWord
	for _, row := range stepTable() {
		all = append(all, row.StepWord)
	}
	return all
}

// alone returns the row of a step without a value.
func alone(name, doc string, change edit.Edit) stepRow {
	return stepRow{StepWord: StepWord{Name: name, Doc: doc}, edit: func(any, grammar) edit.Edit { return change }}
}

// with returns the row of a step with a value.
func with[T any](name, doc string, change func(value T) edit.Edit) stepRow {
	return worded(name, doc, func(value T, _ grammar) edit.Edit { return change(value) })
}

// worded returns the row of a step whose edit depends on how replies begin.
func worded[T any](name, doc string, change func(value T, g grammar) edit.Edit) stepRow {
	word := StepWord{Name: name, Doc: doc, Value: reflect.TypeFor[T](), Least: math.MinInt64, Most: math.MaxInt64}
	return stepRow{StepWord: word, edit: func(value any, g grammar) edit.Edit { return change(value.(T), g) }}
}

// within sets the bounds of a value that is a number.
func (r stepRow) within(least, most int64) stepRow {
	r.Least, r.Most = least, most
	return r
}

// filled marks a step whose text may contain placeholders in braces.
func (r stepRow) filled() stepRow {
	r.fills = true
	return r
}

// field returns the step as a field of a struct, to check its bounds.
func (w StepWord) field() field {
	bounded := w.Value != nil && w.Value.Kind() == reflect.Int64 && (w.Least != math.MinInt64 || w.Most != math.MaxInt64)
	return field{name: w.Name, bounded: bounded, least: w.Least, most: w.Most}
}

// stepNamed returns the row of the step with a name.
func stepNamed(name string) (stepRow, bool) {
	all := stepTable()
	i := slices.IndexFunc(all, func(r stepRow) bool { return r.Name == name })
	if i < 0 {
		return stepRow{}, false
	}
	return all[i], true
}

// stepNames returns the names of all steps.
func stepNames() []string {
	var all []string
	for _, row := range stepTable() {
		all = append(all, row.Name)
	}
	return all
}

// edits returns the edits for steps that were checked.
func edits(steps []Step, g grammar) []edit.Edit {
	all := make([]edit.Edit, len(steps))
	for i, s := range steps {
		row, _ := stepNamed(s.Word)
		all[i] = row.edit(s.Value, g)
	}
	return all
}

// agreement returns the edit for the step ok.
func agreement(text string, g grammar) edit.Edit {
	if g == smtpGrammar {
		return edit.Raw(numbered("250", text) + "\r\n")
	}
	return edit.Raw("+OK " + text + "\r\n")
}

// refusal returns the edit for the step refuse.
func refusal(text string, g grammar) edit.Edit {
	if g == smtpGrammar {
		return edit.Raw(numbered("550", text) + "\r\n")
	}
	return edit.Refuse(text)
}

// numbered puts a number before a text that does not begin with one.
func numbered(number, text string) string {
	if replyNumber(text) != "" {
		return text
	}
	return strings.TrimSuffix(number+" "+text, " ")
}

// replyNumber returns the reply code at the beginning of a reply (RFC 5321 section 4.2), or "".
func replyNumber(text string) string {
	number, _, _ := strings.Cut(text, " ")
	if len(number) == 3 && number[0] >= '2' && number[0] <= '5' && strings.Trim(number, "0123456789") == "" {
		return number
	}
	return ""
}

// misnumbered says why the text of ok or refuse is wrong for SMTP, or returns "".
func misnumbered(word, text string) string {
	first := (replyNumber(text) + " ")[0]
	switch {
	case word == "ok" && (first == '4' || first == '5'):
		return fmt.Sprintf("the text of ok may begin with a number such as 250 or 354 (default: 250); %s is a refusal", replyNumber(text))
	case word == "refuse" && (first == '2' || first == '3'):
		return fmt.Sprintf("the text of refuse may begin with a number such as 450 or 550 (default: 550); %s is not a refusal", replyNumber(text))
	}
	return ""
}
