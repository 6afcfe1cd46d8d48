package scenarios

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// field describes a field of a struct by its name in files.
type field struct {
	name     string
	index    int
	required bool // its tag has neither omitempty nor omitzero
	// the bounds of a number, from the tag that the schema uses too
	bounded     bool
	least, most int64
}

func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		one := field{name: name, index: i, required: !strings.Contains(options, "omit"), least: math.MinInt64, most: math.MaxInt64}
		for bound := range strings.SplitSeq(f.Tag.Get("jsonschema"), ",") {
			word, value, _ := strings.Cut(bound, "=")
			n, err := strconv.ParseInt(value, 10, 64)
			switch {
			case err != nil:
			case word == "minimum":
				one.bounded, one.least = true, n
			case word == "maximum":
				one.bounded, one.most = true, n
			}
		}
		all = append(all, one)
	}
	return all
}

func (f field) bounds() string {
	switch {
	case f.most == math.MaxInt64:
		return fmt.Sprintf("%d or more", f.least)
	case f.least == math.MinInt64:
		return fmt.Sprintf("%d or less", f.most)
	}
	return fmt.Sprintf("from %d to %d", f.least, f.most)
}

// given counts the fields of a struct that are set.
func given(structure any) (n int) {
	for f, v := range reflect.ValueOf(structure).Fields() {
		if f.IsExported() && !v.IsZero() {
			n++
		}
	}
	return n
}

// words returns the names of a struct's fields in files.
func words(structure any) []string { return names(fieldsOf(reflect.TypeOf(structure))) }

func names(fields []field) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.name
	}
	return all
}
