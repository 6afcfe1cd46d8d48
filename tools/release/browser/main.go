//go:build js

// Command browser is the simulator inside a web page: it gives the page the scenarios, and sessions
// with a server that plays one of them, which a person types by hand.
package main

import (
	"encoding/json"
	"syscall/js"

	"pop3mtm/scenarios"
)

var version string // set when it is built

func main() {
	js.Global().Set("pop3sim", js.ValueOf(map[string]any{
		"version": version,
		"list":    js.FuncOf(func(js.Value, []js.Value) any { return list() }),
		"play": js.FuncOf(func(_ js.Value, args []js.Value) any {
			p, err := newPlay(args[0].String(), args[1])
			if err != nil {
				return map[string]any{"error": err.Error()}
			}
			return p.object()
		}),
	}))
	js.Global().Call("dispatchEvent", js.Global().Get("Event").New("pop3sim"))
	select {}
}

// choice is a scenario as the page lists it.
type choice struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Why   string   `json:"why"`
	Quirk []int    `json:"quirk"`
	Cases []string `json:"cases"`
}

// list returns all scenarios as JSON.
func list() string {
	var all []choice
	for _, name := range scenarios.Names() {
		cases, err := scenarios.LoadAll(name)
		if err != nil || len(cases) == 0 {
			continue // a test of scenarios loads each
		}
		c := choice{Name: name, Title: cases[0].Title, Why: cases[0].Why, Quirk: cases[0].Quirk}
		if len(cases) > 1 {
			for _, s := range cases {
				c.Cases = append(c.Cases, s.Case())
			}
		}
		all = append(all, c)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "[]"
	}
	return string(text)
}
