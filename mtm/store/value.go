package store

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// value is an argument of a statement: NULL, a number or a text.
type value struct {
	kind   valueKind
	number int64
	text   string
}

type valueKind byte

const (
	isNull valueKind = iota
	isNumber
	isText
)

func (v *value) set(n int64) { v.kind, v.number = isNumber, n }

func (v *value) setText(s string) { v.kind, v.text = isText, s }

// bind binds a value to the parameter with that number.
func (v *value) bind(st *sqlite.Stmt, parameter int) {
	switch v.kind {
	case isNull:
		st.BindNull(parameter)
	case isNumber:
		st.BindInt64(parameter, v.number)
	case isText:
		st.BindText(parameter, v.text)
	}
}

// values returns arguments of any of the types that the store uses.
func values(args []any) []value {
	list := make([]value, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case nil:
		case string:
			list[i].setText(a)
		case int64:
			list[i].set(a)
		case ID:
			list[i].set(int64(a))
		case int:
			list[i].set(int64(a))
		case Flags:
			list[i].set(int64(a))
		case uint32:
			list[i].set(int64(a))
		case bool:
			list[i].set(boolInt(a))
		default:
			panic(fmt.Sprintf("store: an argument of type %T", a))
		}
	}
	return list
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// cells holds the columns of a row, counted from 0. A damaged index may have values of another
// type, which SQLite converts.
type cells struct{ st *sqlite.Stmt }

func (c cells) int(i int) int64 { return c.st.ColumnInt64(i) }

func (c cells) text(i int) string { return c.st.ColumnText(i) }

// number returns a number that may be NULL.
func (c cells) number(i int) (n int64, ok bool) {
	if c.st.ColumnType(i) != sqlite.TypeInteger {
		return 0, false
	}
	return c.st.ColumnInt64(i), true
}
