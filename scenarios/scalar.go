package scenarios

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// text returns a scalar as written in the file, with the names in it replaced by the values of the
// case.
func (d *decoder) text(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return d.expand(n, n.Value)
	case *ast.LiteralNode:
		return d.expand(n, n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value
	case *ast.NullNode:
		if n.GetToken().Value == "null" {
			return "null"
		}
		return ""
	}
	d.wrong(n, "expected a text, not %s", kind(n))
	return ""
}

var wholeName = regexp.MustCompile(`^\$[A-Za-z]\w*$`)

// expand replaces ${NAME} by its value in the case. Without cases it changes nothing.
func (d *decoder) expand(n ast.Node, text string) string {
	if len(d.values) == 0 {
		return text
	}
	if wholeName.MatchString(text) {
		d.wrong(n, "%s", unknown("name in the cases", text[1:], d.caseNames()))
		return text
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !found {
			break
		}
		value, known := d.values[name]
		switch {
		case !closed:
			d.wrong(n, "${ needs a name and } after it")
			return b.String()
		case !known:
			d.wrong(n, "%s", unknown("name in the cases", name, d.caseNames()))
			return b.String()
		}
		d.used[name] = true
		b.WriteString(scalar(value))
		if b.Len() > maxText {
			d.wrong(n, "the text has more than %d octets, with the values of the case", maxText)
			return ""
		}
		text = after
	}
	return b.String()
}

// scalar returns the text of a value, without replacing names; it is empty for lists and mappings.
func scalar(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.LiteralNode:
		return n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	return ""
}

func (d *decoder) truth(n ast.Node) bool {
	b, ok := n.(*ast.BoolNode)
	if !ok {
		d.wrong(n, "expected true or false, not %s", kind(n))
		return false
	}
	return b.Value
}

func (d *decoder) integer(n ast.Node) int64 {
	i, err := strconv.ParseInt(strings.ReplaceAll(d.number(n), "_", ""), 0, 64)
	if err != nil {
		d.wrong(n, "expected a whole number, not %s", kind(n))
		return 0
	}
	return i
}

func (d *decoder) natural(n ast.Node) uint64 {
	i := d.integer(n)
	if i < 0 {
		d.wrong(n, "expected a whole number from 0 to %d", int64(math.MaxInt64))
		return 0
	}
	return uint64(i)
}

// number returns the digits of a number. The number may come from a name that is replaced.
func (d *decoder) number(n ast.Node) string {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return n.GetToken().Value
	case *ast.StringNode:
		if strings.Contains(n.Value, "${") {
			return d.text(n)
		}
	}
	return ""
}

// kind describes a node in words.
func kind(n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "names with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.LiteralNode:
		return "a text"
	case *ast.StringNode:
		return "the text " + strconv.Quote(shortened(n.Value))
	default:
		return shortened(n.GetToken().Value)
	}
}

func (d *decoder) caseNames() []string { return slices.Sorted(maps.Keys(d.values)) }
