package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// short is a type for which people often write a text or a number alone. written returns the
// correct form for an error message, or "" when it cannot be guessed.
type short interface {
	written(text string) string
}

// written returns a reply that was written out, or a word, in the form of a step.
func (Step) written(text string) string {
	row, known := stepNamed(text)
	status, rest, _ := strings.Cut(text, " ")
	switch {
	case known && row.Value == nil:
		return text
	case known:
		return "{" + text + ": ...}"
	case status == "-ERR":
		return "{refuse: " + quoted(rest) + "}"
	case status == "+OK":
		return "{ok: " + quoted(rest) + "}"
	case slices.Contains(CloseLine.words(), text):
		return "{end: " + text + "}"
	}
	return otherWords(reflect.TypeFor[Step]())[strings.ToLower(text)]
}

func (Rule) written(text string) string   { return "{on: " + quoted(text) + ", do: [...]}" }
func (Mail) written(text string) string   { return "{file: " + quoted(text) + "}" }
func (User) written(text string) string   { return "{name: " + quoted(text) + ", password: ...}" }
func (Expect) written(text string) string { return "{received: [" + quoted(text) + "]}" }
func (Action) written(text string) string { return "{" + text + ": ...}" }
func (View) written(text string) string   { return "{" + text + ": ...}" }
func (Cut) written(text string) string    { return "{after: " + quoted(text) + "}" }
func (PauseAt) written(text string) string {
	return "{octet: 0, for: " + quoted(text) + "}"
}
func (Drip) written(text string) string   { return "{octets: 1, every: " + quoted(text) + "}" }
func (Change) written(text string) string { return "{to: " + strconv.Quote(text) + "}" }
func (Row) written(text string) string    { return "{row: 1, text: " + quoted(text) + "}" }
func (Spot) written(text string) string   { return "{at: 0, octets: " + quoted(text) + "}" }

// quoted returns a text as it is written inside brackets.
func quoted(text string) string {
	text = shortened(text)
	if text == "" || strings.ContainsAny(text, ":#{}[],&*!|>'\"%@`\\\r\n\t") || strings.TrimSpace(text) != text || strings.ContainsAny(text[:1], "-?+") {
		return strconv.Quote(text)
	}
	return text
}

// single returns the text of a value that is not a list and not a mapping, as it would be written
// for v.
func single(n ast.Node, v reflect.Value) string {
	text := scalar(n)
	if text == "" {
		return ""
	}
	if s, ok := reflect.TypeAssert[short](v); ok {
		return s.written(shortened(text))
	}
	if v.Kind() == reflect.Struct {
		return ""
	}
	return quoted(text)
}

// named puts the name before a value that has one, and is no item of a list.
func (d *decoder) named(value string) string {
	name := d.path[strings.LastIndex(d.path, ".")+1:]
	if name == "" || strings.HasSuffix(name, "]") {
		return value
	}
	return name + ": " + value
}

// noList says what to write in place of n, where a list stands.
func (d *decoder) noList(n ast.Node, element reflect.Type) {
	example := single(n, reflect.Zero(element))
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		if element.Kind() == reflect.Struct {
			d.wrong(n, "expected a list: begin each item with a dash, or write %s", d.named("[{...}, {...}]"))
			return
		}
	}
	if example != "" {
		d.wrong(n, "expected a list: write %s", d.named("["+example+"]"))
		return
	}
	d.wrong(n, "expected a list, such as [a, b], not %s", kind(n))
}

// noNames says what to write in place of n, where names with values stand. It reports whether it
// could.
func (d *decoder) noNames(n ast.Node, v reflect.Value) bool {
	example := ""
	if v.Type() != reflect.TypeFor[Step]() {
		example = single(n, v)
	}
	if example != "" {
		d.wrong(n, "expected names with values: write %s", d.named(example))
	}
	return example != ""
}

// unknownWord returns the error text for a word that a type does not have, with what was perhaps
// meant.
func unknownWord(t reflect.Type, word string, allowed []string) string {
	if other := otherWords(t)[strings.ToLower(word)]; other != "" {
		return fmt.Sprintf("there is no word %q here; write %s", word, other)
	}
	return unknown("word", word, allowed)
}

// otherWords are those that people know from other tools, with what they are here.
func otherWords(t reflect.Type) map[string]string {
	switch t {
	case reflect.TypeFor[Scenario]():
		return map[string]string{"name": "title", "description": "title, or why", "messages": "mailbox", "mail": "mailbox", "maildrop": "mailbox",
			"faults": "rules", "responses": "rules", "expectations": "expect", "assert": "expect", "accounts": "users"}
	case reflect.TypeFor[Rule]():
		return map[string]string{"match": "on: RETR 2", "verb": "on: RETR", "command": "on: RETR", "cmd": "on: RETR", "once": "times: 1",
			"action": "do: [...]", "actions": "do: [...]", "steps": "do: [...]", "then": "do: [...]", "reply": "do: [{ok: ...}]", "respond": "do: [{ok: ...}]",
			"response": "do: [{ok: ...}]", "answer": "do: [{ok: ...}]", "refuse": "do: [{refuse: ...}]", "raw": `do: [{raw: "...\r\n"}]`, "close": "do: [close]"}
	case reflect.TypeFor[Step]():
		return map[string]string{"error": "{refuse: ...}", "err": "{refuse: ...}", "fail": "{refuse: ...}", "disconnect": "close", "hangup": "close",
			"delay": "{pause: 2s}", "wait": "{pause: 2s}", "sleep": "{pause: 2s}", "bytes": `{raw: "...\r\n"}`, "send": `{raw: "...\r\n"}`,
			"reply": "{ok: ...}", "respond": "{ok: ...}", "text": "{status: ...}", "timeout": "{end: stall}", "hang": "{end: stall}",
			"stall": "{end: stall}", "reset": "{end: reset}", "nothing": "silence", "ignore": "silence"}
	case reflect.TypeFor[Mail]():
		return map[string]string{"path": "file", "message": "text", "body": "text", "content": "text", "uid": "uidl", "id": "uidl", "octets": "size", "length": "size"}
	case reflect.TypeFor[User]():
		return map[string]string{"user": "name", "login": "name", "pass": "password"}
	case reflect.TypeFor[Server]():
		return map[string]string{"banner": "greeting", "caps": "capabilities", "timeout": "idleTimeout", "auth": "mechanisms"}
	case reflect.TypeFor[Expect]():
		return map[string]string{"not": "never", "forbidden": "never", "commands": "received", "order": "sequence", "left": "kept", "connections": "sessions"}
	}
	return nil
}
