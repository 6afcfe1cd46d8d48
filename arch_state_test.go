package pop3mtm_test

import (
	"go/ast"
	"go/token"
	"strings"
)

// checkState finds package variables that change after their declaration: assigned,
// written through an index or a field, their address taken, or of a type that is made for
// change. Tests may have some.
func checkState(pkg []source) []finding {
	vars := packageVars(pkg)
	return each(pkg, func(s source, add func(token.Pos, string)) {
		if s.isTest() {
			return
		}
		unresolved := map[*ast.Ident]bool{}
		for _, id := range s.file.Unresolved {
			unresolved[id] = true
		}
		// The parser resolves names inside a file; a name of another file of the
		// package stays unresolved.
		changed := func(e ast.Expr) {
			if id := root(e); id != nil && vars[id.Name] && (unresolved[id] || id.Obj != nil && id.Obj == s.file.Scope.Lookup(id.Name)) {
				add(e.Pos(), "the package variable "+id.Name+" changes: keep state in a value that someone owns")
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						changed(e)
					}
				}
			case *ast.IncDecStmt:
				changed(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					changed(n.X)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
					changed(n.Args[0])
				}
			}
			return true
		})
		for _, spec := range varSpecs(s) {
			if t := changingType(spec); t != "" {
				add(spec.Pos(), "a package variable of type "+t+": keep state in a value that someone owns")
			}
		}
	})
}

// packageVars are the names of all package variables, the blank one aside.
func packageVars(pkg []source) map[string]bool {
	vars := map[string]bool{}
	for _, s := range pkg {
		if s.isTest() {
			continue
		}
		for _, spec := range varSpecs(s) {
			for _, name := range spec.Names {
				vars[name.Name] = name.Name != "_"
			}
		}
	}
	return vars
}

func varSpecs(s source) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, d := range s.file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// changingType returns the name of a variable's type when the type is useless without changes, as a
// mutex is; else "". A sync.Pool only saves memory.
func changingType(spec *ast.ValueSpec) string {
	exprs := append([]ast.Expr{spec.Type}, spec.Values...)
	for _, e := range exprs {
		if lit, ok := e.(*ast.CompositeLit); ok {
			e = lit.Type
		}
		if index, ok := e.(*ast.IndexExpr); ok {
			e = index.X
		}
		sel, ok := e.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		x, ok := sel.X.(*ast.Ident)
		if ok && (x.Name == "atomic" || x.Name == "sync" && !strings.HasPrefix(sel.Sel.Name, "Pool") && !strings.HasPrefix(sel.Sel.Name, "Once")) {
			return x.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

// root is the variable at the bottom of x.f[i].g, nil when nothing stands there.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
