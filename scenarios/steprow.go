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
	fills bool // words in braces in its text are filled in
	edit  func(value any, g grammar) edit.Edit
}

// StepWord is a word for a step, for documents and schemas.
type StepWord struct {
	Name string
	// Doc says what it does.
	Doc string
	// Value is the type of what it needs; nil for a word that stands alone.
	Value reflect.Type
	// Least and Most bound a number.
	Least, Most int64
}

// StepWords returns the words for steps, in the order of the documents.
func StepWords() []StepWord {
	var all []StepWord
	for _, row := range stepTable() {
		all = append(all, row.StepWord)
	}
	return all
}

// alone makes the row of a word that needs no value.
func alone(name, doc string, change edit.Edit) stepRow {
	return stepRow{StepWord: StepWord{Name: name, Doc: doc}, edit: func(any, grammar) edit.Edit { return change }}
}

// with makes the row of a word with a value.
func with[T any](name, doc string, change func(value T) edit.Edit) stepRow {
	return worded(name, doc, func(value T, _ grammar) edit.Edit { return change(value) })
}

// worded makes the row of a word whose edit depends on how replies begin.
func worded[T any](name, doc string, change func(value T, g grammar) edit.Edit) stepRow {
	word := StepWord{Name: name, Doc: doc, Value: reflect.TypeFor[T](), Least: math.MinInt64, Most: math.MaxInt64}
	return stepRow{StepWord: word, edit: func(value any, g grammar) edit.Edit { return change(value.(T), g) }}
}

// within bounds the number that the word takes.
func (r stepRow) within(least, most int64) stepRow {
	r.Least, r.Most = least, most
	return r
}

// filled marks a word in whose text words in braces are filled in.
func (r stepRow) filled() stepRow {
	r.fills = true
	return r
}

// field returns the word as a field of a struct, for bounds.
func (w StepWord) field() field {
	bounded := w.Value != nil && w.Value.Kind() == reflect.Int64 && (w.Least != math.MinInt64 || w.Most != math.MaxInt64)
	return field{name: w.Name, bounded: bounded, least: w.Least, most: w.Most}
}

// stepNamed finds the row of a word.
func stepNamed(name string) (stepRow, bool) {
	all := stepTable()
	i := slices.IndexFunc(all, func(r stepRow) bool { return r.Name == name })
	if i < 0 {
		return stepRow{}, false
	}
	return all[i], true
}

// stepNames returns all words for steps.
func stepNames() []string {
	var all []string
	for _, row := range stepTable() {
		all = append(all, row.Name)
	}
	return all
}

// edits returns the steps as changes of the right answer. They were checked.
func edits(steps []Step, g grammar) []edit.Edit {
	all := make([]edit.Edit, len(steps))
	for i, s := range steps {
		row, _ := stepNamed(s.Word)
		all[i] = row.edit(s.Value, g)
	}
	return all
}

// agreement returns the edit of ok.
func agreement(text string, g grammar) edit.Edit {
	if g == smtpGrammar {
		return edit.Raw(numbered("250", text) + "\r\n")
	}
	return edit.Raw("+OK " + text + "\r\n")
}

// refusal returns the edit of refuse.
func refusal(text string, g grammar) edit.Edit {
	if g == smtpGrammar {
		return edit.Raw(numbered("550", text) + "\r\n")
	}
	return edit.Refuse(text)
}

// numbered puts a number before a text that begins with none.
func numbered(number, text string) string {
	if replyNumber(text) != "" {
		return text
	}
	return strings.TrimSuffix(number+" "+text, " ")
}

// replyNumber returns the number that a reply begins with, as RFC 5321 section 4.2 has it, or "".
func replyNumber(text string) string {
	number, _, _ := strings.Cut(text, " ")
	if len(number) == 3 && number[0] >= '2' && number[0] <= '5' && strings.Trim(number, "0123456789") == "" {
		return number
	}
	return ""
}

// misnumbered says why the text of ok or refuse is wrong for SMTP.
func misnumbered(word, text string) string {
	first := (replyNumber(text) + " ")[0]
	switch {
	case word == "ok" && (first == '4' || first == '5'):
		return fmt.Sprintf("ok takes a number such as 250 or 354, or none for 250; %s refuses", replyNumber(text))
	case word == "refuse" && (first == '2' || first == '3'):
		return fmt.Sprintf("refuse takes a number such as 450 or 550, or none for 550; %s agrees", replyNumber(text))
	}
	return ""
}
