// Package client is the module k6/x/pop3: a POP3 client for k6 scripts, over mtm/pop3.
//
// Each call runs on the goroutine of its VU and blocks only that VU. What fails is counted in
// pop3_errors by kind, and thrown as an exception of the script. A session ends with the iteration
// that opened it.
package client

import (
	"fmt"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"
)

// Root creates the module of each VU.
type Root struct{}

// New returns the module for k6's registry.
func New() *Root { return &Root{} }

// NewModuleInstance implements modules.Module.
func (*Root) NewModuleInstance(vu modules.VU) modules.Instance {
	found, err := register(vu.InitEnv().Registry)
	if err != nil {
		common.Throw(vu.Runtime(), err)
	}
	return &module{vu: vu, metrics: found, known: map[string]*seen{}, open: map[*Session]struct{}{}}
}

// module is what one VU imports.
type module struct {
	vu      modules.VU
	metrics *measures
	open    map[*Session]struct{}
	known   map[string]*seen // what refresh found last, by server and user
}

// Exports implements modules.Instance. Both forms of import work.
func (m *module) Exports() modules.Exports {
	named := map[string]any{
		"connect":    m.checked("connect", m.connect),
		"synthetic":  m.checked("synthetic", m.synthetic),
		"mechanisms": m.vu.Runtime().ToValue(mechanisms()),
	}
	return modules.Exports{Default: named, Named: named}
}

// call is one call of a script, with arguments of any type.
type call struct {
	rt   *sobek.Runtime
	name string
	args []sobek.Value
}

// checked returns a function for scripts. Its error is thrown as an exception that has the line.
func (m *module) checked(name string, do func(call) (any, error)) func(sobek.FunctionCall) sobek.Value {
	return func(c sobek.FunctionCall) sobek.Value {
		rt := m.vu.Runtime()
		result, err := do(call{rt, name, c.Arguments})
		if err != nil {
			common.Throw(rt, fmt.Errorf("%s: %w", name, err))
		}
		if result == nil {
			return sobek.Undefined()
		}
		return rt.ToValue(result)
	}
}

// at returns an argument, or undefined.
func (c call) at(i int) sobek.Value {
	if i < len(c.args) {
		return c.args[i]
	}
	return sobek.Undefined()
}

// text returns an argument that must be a string.
func (c call) text(i int, what string) (string, error) {
	return textOf(c.at(i), what)
}

// most returns an error for more arguments than a function takes.
func (c call) most(n int) error {
	if len(c.args) > n {
		return fmt.Errorf("it takes at most %d arguments, not %d", n, len(c.args))
	}
	return nil
}

// textOf returns the string that a value must be.
func textOf(v sobek.Value, what string) (string, error) {
	text, ok := v.Export().(string)
	if common.IsNullish(v) || !ok {
		return "", fmt.Errorf("%s must be a string, not %s", what, kindOf(v))
	}
	return text, nil
}

// wholeOf returns the whole number from least to most that a value must be.
func wholeOf(v sobek.Value, what string, least, most int64) (int64, error) {
	n, ok := v.Export().(int64)
	if common.IsNullish(v) || !ok {
		return 0, fmt.Errorf("%s must be a whole number, not %s", what, kindOf(v))
	}
	if n < least || n > most {
		return 0, fmt.Errorf("%s must be %d to %d, not %d", what, least, most, n)
	}
	return n, nil
}

// kindOf describes a value in an error, without its content: it may be a password.
func kindOf(v sobek.Value) string {
	switch {
	case v == nil || sobek.IsUndefined(v):
		return "undefined"
	case sobek.IsNull(v):
		return "null"
	}
	switch v.Export().(type) {
	case string:
		return "a string"
	case int64, float64:
		return "the number " + v.String()
	case bool:
		return "the boolean " + v.String()
	}
	return "an object"
}
