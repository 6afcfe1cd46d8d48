package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxFile limits a scenario file, in octets.
	MaxFile = 128 << 10
	// maxOnLine limits the list items, anchors and tags that begin on one line, since each nests
	// what follows.
	maxOnLine = 16
)

// Parse reads a scenario as YAML or JSON, and returns a Scenario for each of its cases, or one when
// it has no cases. name is the name of the file in errors. Files that the mailbox names are read
// from folder; with a nil folder only the built-in messages exist. The error is of type Errors.
func Parse(name string, data []byte, folder fs.FS) ([]*Scenario, error) {
	return parse(name, data, &files{folder: folder, read: map[string][]byte{}})
}

func parse(name string, data []byte, files *files) ([]*Scenario, error) {
	d := &decoder{file: name, used: map[string]bool{}}
	root := d.read(data)
	if root == nil {
		return nil, d.errs
	}
	variants := d.variants(root)
	if d.errs != nil {
		return nil, d.errs
	}
	var all []*Scenario
	for _, v := range variants {
		s := &Scenario{}
		d.begin(v)
		d.into(root, reflect.ValueOf(s).Elem())
		s.Cases, s.Matrix = nil, nil
		s.name, s.variant = name, v.name
		if d.errs == nil {
			s.check(files, d.wrongAt)
		}
		if d.errs != nil {
			return nil, d.errs
		}
		all = append(all, s)
	}
	for _, unused := range variants[0].names() {
		if !d.used[unused] {
			d.wrong(root, "the cases have the key %s, but the file does not use $%s", unused, unused)
			return nil, d.errs
		}
	}
	return all, nil
}

// read parses a file within the limits into a tree. The file must be one document, a mapping. read
// returns nil after an error.
func (d *decoder) read(data []byte) ast.Node {
	switch {
	case len(data) > MaxFile:
		d.errs = Errors{{File: d.file, Text: fmt.Sprintf("the file has more than %d octets; put large messages into files of their own", MaxFile)}}
		return nil
	case !utf8.Valid(data):
		d.errs = Errors{{File: d.file, Text: `the file is not UTF-8; write other octets as "\xE9"`}}
		return nil
	}
	d.lines = strings.Split(string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))), "\n")
	tokens := lexer.Tokenize(string(data))
	if at, why := tooDeep(tokens); at != nil {
		d.errs = Errors{errorAt(d.file, d.lines, at, why)}
		return nil
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		e := errorAt(d.file, d.lines, nil, err.Error())
		if syntax, ok := errors.AsType[yaml.Error](err); ok {
			e = errorAt(d.file, d.lines, syntax.GetToken(), syntax.GetMessage())
		}
		d.errs = Errors{e}
		return nil
	}
	return d.document(file)
}

// document returns the one document of a file, and links its aliases to anchors.
func (d *decoder) document(file *ast.File) ast.Node {
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.CommentGroupType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		d.errs = Errors{{File: d.file, Text: "the file is empty; a scenario has at least a title"}}
		return nil
	case len(bodies) > 1:
		d.wrong(bodies[1], "a file holds one scenario; for several write cases, or put this one into a file of its own")
		return nil
	}
	d.anchors = map[*ast.AliasNode]ast.Node{}
	d.link(bodies[0], map[string]ast.Node{}, 0)
	if d.errs != nil {
		return nil
	}
	return bodies[0]
}

// tooDeep returns the place at which values are nested too deep for the parser, and the reason.
func tooDeep(tokens token.Tokens) (at *token.Token, why string) {
	flow, onLine, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, onLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			if flow == 0 {
				onLine++
			}
		}
		if flow > maxDepth || onLine > maxOnLine || t.Position.Column > maxColumn && flow == 0 && t.Type == token.MappingValueType {
			return t, fmt.Sprintf("values are nested more than %d deep", maxDepth)
		}
	}
	return nil, ""
}

// maxColumn limits the column of a name outside of brackets: each level of nesting moves it to the
// right.
const maxColumn = 400

// link finds the anchor of each alias: the last anchor of that name before it.
func (d *decoder) link(n ast.Node, anchors map[string]ast.Node, depth int) {
	if depth > 4*maxDepth {
		d.wrong(n, "values are nested more than %d deep", maxDepth)
		return
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		d.link(n.Value, anchors, depth+1)
		anchors[n.Name.GetToken().Value] = n.Value
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if d.anchors[n] = anchors[name]; d.anchors[n] == nil {
			d.wrong(n, "%s", unknown("anchor before this", name, slices.Sorted(maps.Keys(anchors))))
		}
	case *ast.TagNode:
		d.link(n.Value, anchors, depth+1)
	case *ast.MappingNode:
		for _, v := range n.Values {
			d.link(v.Value, anchors, depth+1)
		}
	case *ast.MappingValueNode:
		d.link(n.Value, anchors, depth+1)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			d.link(v, anchors, depth+1)
		}
	}
}

// begin prepares the decoder for one case.
func (d *decoder) begin(v variant) {
	d.values, d.path, d.depth = v.values, "", 0
	d.places = map[string]*token.Token{}
}

// wrongAt reports an error at a path: at the place of the value, or of the nearest value around it.
func (d *decoder) wrongAt(path, format string, args ...any) {
	if len(d.errs) == maxErrors {
		return
	}
	at := path
	for d.places[at] == nil && at != "" {
		at = at[:max(0, strings.LastIndexAny(at, ".["))]
	}
	d.errs = append(d.errs, errorAt(d.file, d.lines, d.places[at], fmt.Sprintf(format, args...)))
}
