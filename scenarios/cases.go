package scenarios

import (
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// MaxCases limits the scenarios that cases and matrix can make of one file.
const MaxCases = 1000

// variant is one case of a file: its name, and the values for the names in the file.
type variant struct {
	name   string
	values map[string]ast.Node
}

func (v variant) names() []string { return slices.Sorted(maps.Keys(v.values)) }

// variants reads the keys cases and matrix. A file without them has one variant, without a name.
func (d *decoder) variants(root ast.Node) []variant {
	all := []variant{{}}
	top := d.entries(d.resolve(root))
	for _, e := range top {
		if e.name == "cases" {
			all = d.cases(e.value)
		}
	}
	for _, e := range top {
		if e.name == "matrix" {
			all = d.matrix(all, e.value)
		}
	}
	if len(all) > MaxCases {
		d.wrong(root, "cases and matrix make %d scenarios of this file; at most %d are allowed", len(all), MaxCases)
		return nil
	}
	seen := map[string]bool{}
	for _, v := range all {
		if seen[v.name] {
			d.wrong(root, "two cases have the name %q; give each a name of its own", v.name)
		}
		seen[v.name] = true
	}
	return all
}

func (d *decoder) cases(n ast.Node) []variant {
	list, ok := d.resolve(n).(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		d.wrong(n, "expected a list of cases, such as [{name: early, after: 0}, {name: late, after: 900}]")
		return nil
	}
	var all []variant
	var keys []string
	for i, one := range list.Values {
		v := variant{values: map[string]ast.Node{}}
		for _, e := range d.entries(d.resolve(one)) {
			v.values[e.name] = d.resolve(e.value)
		}
		if name, ok := v.values["name"]; ok {
			v.name = scalar(name)
			delete(v.values, "name")
		} else {
			v.name = combination(v.values)
		}
		if why := badName(v.name); why != "" {
			d.wrong(one, "%s", why)
		}
		here := v.names()
		if i > 0 && !slices.Equal(keys, here) {
			d.wrong(one, "this case has the keys %s, the first case has %s; all cases need the same keys", told(here), told(keys))
		}
		if keys = here; i > MaxCases || d.errs != nil {
			return all
		}
		all = append(all, v)
	}
	return all
}

// matrix combines each variant with each combination of the lists.
func (d *decoder) matrix(all []variant, n ast.Node) []variant {
	for _, e := range d.entries(d.resolve(n)) {
		list, ok := d.resolve(e.value).(*ast.SequenceNode)
		if !ok || len(list.Values) == 0 {
			d.wrong(e.key, "%s needs a list of values", e.name)
			return nil
		}
		if len(all)*len(list.Values) > MaxCases {
			d.wrong(e.key, "this list makes more than %d scenarios of the file; shorten it", MaxCases)
			return nil
		}
		var combined []variant
		for _, v := range all {
			if _, taken := v.values[e.name]; taken {
				d.wrong(e.key, "%s is a key of the cases too; give it in one place only", e.name)
				return nil
			}
			for _, value := range list.Values {
				value = d.resolve(value)
				one := variant{values: maps.Clone(v.values)}
				if one.values == nil {
					one.values = map[string]ast.Node{}
				}
				one.values[e.name] = value
				one.name = strings.TrimPrefix(v.name+","+e.name+"="+scalar(value), ",")
				if why := badName(one.name); why != "" {
					d.wrong(value, "%s", why)
					return nil
				}
				combined = append(combined, one)
			}
		}
		all = combined
	}
	return all
}

// combination makes a name for a case without one, of its keys and values: after=0,how=close.
func combination(values map[string]ast.Node) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, name+"="+scalar(values[name]))
	}
	return strings.Join(parts, ",")
}
