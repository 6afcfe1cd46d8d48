package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

const (
	// maxDepth limits how deep values may be nested.
	maxDepth = 32
	// maxNodes limits the values of a file. A value that aliases or cases repeat counts each time.
	maxNodes = 200_000
	// maxText limits a text, in octets, after the names in it are replaced by their values.
	maxText = 1 << 20
)

// decoder fills Go values from the nodes of a file. Keys are the names in the json tags, so a file,
// the API and the schema have the same words. It continues after an error, to report all of them.
type decoder struct {
	file    string
	lines   []string
	anchors map[*ast.AliasNode]ast.Node
	// values holds the values of the case that is being decoded
	values map[string]ast.Node
	used   map[string]bool // the names of values that the file uses
	// places holds where each value is in the file, by its path: rules[1].on
	places map[string]*token.Token
	path   string
	depth  int
	nodes  int
	errs   Errors
}

// own is a type that decodes its value itself.
type own interface {
	decode(d *decoder, n ast.Node)
}

// choice is a type with a fixed set of words as its values.
type choice interface {
	words() []string
}

func (d *decoder) wrong(n ast.Node, format string, args ...any) {
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, errorAt(d.file, d.lines, position(n), fmt.Sprintf(format, args...)))
	}
}

// position returns the token at which a node begins: for a mapping that is its first key, not the
// colon.
func position(n ast.Node) *token.Token {
	switch n := n.(type) {
	case nil:
		return nil
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken()
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// resolve follows aliases, skips anchors and tags, and replaces the name of a value by the value of
// the case.
func (d *decoder) resolve(n ast.Node) ast.Node {
	for range maxDepth {
		switch at := n.(type) {
		case *ast.AnchorNode:
			n = at.Value
		case *ast.AliasNode:
			n = d.anchors[at]
		case *ast.TagNode:
			d.wrong(at, "YAML tags such as %s are not supported; write the value without it", at.GetToken().Value)
			n = at.Value
		case *ast.StringNode:
			name, isName := strings.CutPrefix(at.Value, "$")
			value := d.values[name]
			if !isName || value == nil {
				return n
			}
			d.used[name] = true
			n = value
		default:
			return n
		}
	}
	return n
}

// into decodes n into v, which can be set.
func (d *decoder) into(n ast.Node, v reflect.Value) {
	d.nodes++
	d.depth++
	defer func() { d.depth-- }()
	switch {
	case d.nodes > maxNodes:
		if d.nodes == maxNodes+1 {
			d.wrong(n, "the file has more than %d values, counting those that aliases and cases repeat", maxNodes)
		}
		return
	case d.depth > maxDepth:
		d.wrong(n, "values are nested more than %d deep", maxDepth)
		return
	}
	n = d.resolve(n)
	d.places[d.path] = position(n)
	if reader, ok := reflect.TypeAssert[own](v.Addr()); ok {
		reader.decode(d, n)
		return
	}
	if c, ok := reflect.TypeAssert[choice](v); ok && v.Kind() != reflect.Pointer { // a nil pointer has no words yet
		d.choose(n, v, c.words())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.depth--
		d.into(n, v.Elem())
		d.depth++
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v)
	case reflect.Map:
		d.table(n, v)
	case reflect.String:
		v.SetString(d.text(n))
	case reflect.Bool:
		v.SetBool(d.truth(n))
	case reflect.Int, reflect.Int64:
		v.SetInt(d.integer(n))
	case reflect.Uint64:
		v.SetUint(d.natural(n))
	default:
		panic("scenarios: no decoder for " + v.Type().String())
	}
}

func (d *decoder) choose(n ast.Node, v reflect.Value, words []string) {
	word := d.text(n)
	if !slices.Contains(words, word) {
		d.wrong(n, "%s", unknown("word", word, words))
		return
	}
	v.SetString(word)
}

// entry is a key of a mapping and its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// entries lists the entries of a mapping. Those of a merge key come last, and only with keys that
// the mapping does not have itself.
func (d *decoder) entries(n ast.Node) []entry {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.wrong(n, "expected names with values, not %s", kind(n))
		return nil
	}
	var all, merged []entry
	seen := map[string]bool{}
	for _, v := range values {
		if v.Key.IsMergeKey() {
			d.depth++
			if d.depth <= maxDepth {
				merged = append(merged, d.entries(d.resolve(v.Value))...)
			}
			d.depth--
			continue
		}
		name := d.name(v.Key)
		if seen[name] {
			d.wrong(v.Key, "%q is given twice", name)
			continue
		}
		seen[name] = true
		all = append(all, entry{name, v.Key, v.Value})
		d.nodes++
	}
	for _, e := range merged {
		if !seen[e.name] {
			seen[e.name] = true
			all = append(all, e)
			d.nodes++
		}
	}
	if d.nodes > maxNodes {
		return nil
	}
	return all
}

// name returns the text of a key, as written in the file.
func (d *decoder) name(key ast.MapKeyNode) string {
	switch k := key.(type) {
	case *ast.StringNode:
		return k.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return k.GetToken().Value
	}
	d.wrong(key, "expected a name before the colon, not %s", kind(key))
	return ""
}

func (d *decoder) structure(n ast.Node, v reflect.Value) {
	if d.noNames(n, v) {
		return
	}
	fields := fieldsOf(v.Type())
	missing := map[string]bool{}
	for _, f := range fields {
		missing[f.name] = f.required
	}
	for _, e := range d.entries(n) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == e.name })
		if i < 0 {
			d.wrong(e.key, "%s", unknownWord(v.Type(), e.name, names(fields)))
			continue
		}
		missing[e.name] = false
		d.below("."+e.name, func() {
			d.into(e.value, v.Field(fields[i].index))
			d.within(e.value, v.Field(fields[i].index), fields[i])
		})
	}
	for _, f := range fields {
		if missing[f.name] {
			d.wrong(n, "%s is missing", f.name)
		}
	}
}

// below calls decode with the path extended by part.
func (d *decoder) below(part string, decode func()) {
	path := d.path
	d.path = strings.TrimPrefix(path+part, ".")
	decode()
	d.path = path
}

// within reports a number that is out of the bounds of its field.
func (d *decoder) within(n ast.Node, v reflect.Value, f field) {
	if !v.CanInt() || !f.bounded {
		return
	}
	if got := v.Int(); got < f.least || got > f.most {
		d.wrong(n, "%s must be %s, not %d", f.name, f.bounds(), got)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.noList(n, v.Type().Elem())
		return
	}
	if d.nodes+len(s.Values) > maxNodes {
		d.nodes = maxNodes
	}
	v.Set(reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values)))
	for i, element := range s.Values {
		d.below(fmt.Sprintf("[%d]", i), func() { d.into(element, v.Index(i)) })
	}
}

func (d *decoder) table(n ast.Node, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range d.entries(n) {
		name := e.name
		if key, ok := e.key.(*ast.StringNode); ok && len(d.values) > 0 {
			name = d.text(d.resolve(key))
		}
		if v.MapIndex(reflect.ValueOf(name)).IsValid() {
			d.wrong(e.key, "%q is given twice, once the values of the case are filled in", name)
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		d.below("."+name, func() { d.into(e.value, value) })
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
}
