package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Each type here decodes its values from files, and writes them to JSON in the same form.

func (o *Octets) decode(d *decoder, n ast.Node) {
	text := d.text(n)
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xFF {
			d.wrong(n, "%q is not one octet: write octets as \"\\xC3\\xA9\", in double quotes", r)
			return
		}
		b = append(b, byte(r))
	}
	*o = Octets(b)
}

// MarshalJSON writes each octet as one character.
func (o Octets) MarshalJSON() ([]byte, error) {
	runes := make([]rune, len(o))
	for i := range len(o) {
		runes[i] = rune(o[i])
	}
	return json.Marshal(string(runes))
}

// maxDuration limits a duration in a scenario.
const maxDuration = 24 * time.Hour

func (t *Duration) decode(d *decoder, n ast.Node) {
	text := d.text(n)
	long, err := time.ParseDuration(text)
	if err != nil || long < 0 || long > maxDuration {
		d.wrong(n, "expected a time such as 250ms, 1.5s or 2m, at most 24h, not %s", kind(n))
		return
	}
	*t = Duration(long)
}

// String returns the duration as files have it.
func (t Duration) String() string { return time.Duration(t).String() }

// MarshalJSON writes the duration as a string.
func (t Duration) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

var sizeForm = regexp.MustCompile(`^(\d{1,15}) ?(B|KiB|MiB|GiB)?$`)

func (s *Size) decode(d *decoder, n ast.Node) {
	form := sizeForm.FindStringSubmatch(d.text(n))
	if form == nil {
		d.wrong(n, "expected a number of octets such as 4096, 64KiB or 1MiB, not %s", kind(n))
		return
	}
	octets, err := strconv.ParseInt(form[1], 10, 64)
	shift := map[string]int{"KiB": 10, "MiB": 20, "GiB": 30}[form[2]]
	if err != nil || octets > math.MaxInt64>>shift {
		d.wrong(n, "the number of octets is too large")
		return
	}
	*s = Size(octets << shift)
}

var sectionForm = regexp.MustCompile(`^\d{3,5}(/\d+(\.\d+)*)?$`)

func (s *Section) decode(d *decoder, n ast.Node) {
	text := d.text(n)
	if !sectionForm.MatchString(text) {
		d.wrong(n, "expected an RFC and a section, such as 1939/5, not %s", kind(n))
		return
	}
	*s = Section(text)
}

func (m *Numbers) decode(d *decoder, n ast.Node) {
	list := []ast.Node{n}
	if s, ok := n.(*ast.SequenceNode); ok {
		list = s.Values
	}
	for _, one := range list {
		i := d.integer(d.resolve(one))
		if i < 1 || i > LastQuirk {
			d.wrong(one, "unknown quirk: they are numbered from 1 to %d", LastQuirk)
			return
		}
		*m = append(*m, int(i))
	}
}

// MarshalJSON writes a list.
func (m Numbers) MarshalJSON() ([]byte, error) { return json.Marshal([]int(m)) }

func (v *Value) decode(_ *decoder, n ast.Node) {
	v.text = scalar(n) // the field that takes it checks its type
}

// MarshalJSON writes a text.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.text) }

var countForm = regexp.MustCompile(`^(?:(\d{1,9})|>=(\d{1,9})|<=(\d{1,9})|(\d{1,9})-(\d{1,9}))$`)

func (c *Count) decode(d *decoder, n ast.Node) {
	form := countForm.FindStringSubmatch(strings.ReplaceAll(d.text(n), " ", ""))
	if form == nil {
		d.wrong(n, "expected a number, or bounds such as \">=2\", \"<=3\" or 1-3, not %s", kind(n))
		return
	}
	number := func(i, otherwise int) int {
		if got, err := strconv.Atoi(form[i]); err == nil {
			return got
		}
		return otherwise
	}
	exact := number(1, -1)
	switch {
	case exact >= 0:
		*c = Exactly(exact)
	default:
		*c = Count{Least: max(number(2, 0), number(4, 0)), Most: min(number(3, math.MaxInt), number(5, math.MaxInt)), given: true}
	}
	if c.Least > c.Most {
		d.wrong(n, "the lower bound is above the upper one")
	}
}

// Exactly returns the count n.
func Exactly(n int) Count { return Count{Least: n, Most: n, given: true} }

// String returns the count as files have it.
func (c Count) String() string {
	switch {
	case c.Least == c.Most:
		return strconv.Itoa(c.Least)
	case c.Most == math.MaxInt:
		return fmt.Sprintf(">=%d", c.Least)
	case c.Least == 0:
		return fmt.Sprintf("<=%d", c.Most)
	}
	return fmt.Sprintf("%d-%d", c.Least, c.Most)
}

// MarshalJSON writes it as String does.
func (c Count) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

func (c Count) holds(n int) bool { return !c.given || n >= c.Least && n <= c.Most }

// decode also accepts a step without a value as a word alone: silence.
func (s *Step) decode(d *decoder, n ast.Node) {
	if word, ok := n.(*ast.StringNode); ok {
		row, known := stepNamed(word.Value)
		switch {
		case !known && s.written(word.Value) != "":
			d.wrong(n, "there is no step %q; write %s", shortened(word.Value), s.written(word.Value))
		case !known:
			d.wrong(n, "%s", unknown("step", word.Value, stepNames()))
		case row.Value != nil:
			d.wrong(n, "%s needs a value: write {%s: ...}", word.Value, word.Value)
		default:
			s.Word = row.Name
		}
		return
	}
	all := d.entries(n)
	if len(all) > 1 {
		d.wrong(n, "a step is one thing; write each as an item of the list: do: [{...}, {...}]")
		return
	}
	for _, e := range all {
		row, known := stepNamed(e.name)
		if !known {
			d.wrong(e.key, "%s", unknownWord(reflect.TypeFor[Step](), e.name, stepNames()))
			return
		}
		d.below("."+e.name, func() { s.take(d, row, e.value) })
	}
}

// take decodes the value of a step.
func (s *Step) take(d *decoder, row stepRow, n ast.Node) {
	kind := row.Value
	if kind == nil {
		kind = reflect.TypeFor[bool]()
	}
	v := reflect.New(kind).Elem()
	d.into(n, v)
	if row.Value == nil {
		if v.Bool() {
			s.Word = row.Name
		}
		return
	}
	d.within(n, v, row.field())
	s.Word, s.Value = row.Name, v.Interface()
}

// Words returns the allowed values of a type with a fixed set of them, and nil for any other type.
// Schemas and documents list them.
func Words(t reflect.Type) []string {
	if c, ok := reflect.TypeAssert[choice](reflect.Zero(t)); ok {
		return c.words()
	}
	return nil
}
