package scenarios

import (
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// The types of values.go decode themselves here from files.

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

func (v *Value) decode(_ *decoder, n ast.Node) {
	v.text = scalar(n) // the field that takes it checks its type
}

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
		*c = CountOf(exact)
	default:
		*c = Count{Least: max(number(2, 0), number(4, 0)), Most: min(number(3, math.MaxInt), number(5, math.MaxInt)), given: true}
	}
	if c.Least > c.Most {
		d.wrong(n, "the lower bound is above the upper one")
	}
}

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
