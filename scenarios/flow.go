package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Text returns the scenario as a YAML file with a remark in its first line. It has the keys title,
// why, server, users, mailbox, rules and expect; each item of a list is written on one line. Other
// keys are left out.
func (s *Scenario) Text(remark string) ([]byte, error) {
	var b bytes.Buffer
	if remark != "" {
		b.WriteString("# " + strings.NewReplacer("\r", " ", "\n", " ").Replace(remark) + "\n")
	}
	var errs []error
	line := func(before string, value any) {
		flow, err := Flow(value)
		errs = append(errs, err)
		b.WriteString(before + flow + "\n")
	}
	line("title: ", s.Title)
	if s.Why != "" {
		line("why: ", s.Why)
	}
	if !reflect.ValueOf(s.Settings).IsZero() {
		line("server: ", s.Settings)
	}
	list(&b, "users", s.Users, line)
	list(&b, "mailbox", s.Mailbox, line)
	list(&b, "rules", s.Rules, line)
	if !reflect.ValueOf(s.Expect).IsZero() {
		line("expect: ", s.Expect)
	}
	return b.Bytes(), errors.Join(errs...)
}

// list writes a list, with one line for each item.
func list[T any](b *bytes.Buffer, name string, items []T, line func(string, any)) {
	if len(items) > 0 {
		b.WriteString(name + ":\n")
	}
	for _, one := range items {
		line("  - ", one)
	}
}

// Flow returns a part of a scenario, such as a Rule, as one line of YAML.
func Flow(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	tokens := json.NewDecoder(&b)
	tokens.UseNumber()
	var out strings.Builder
	if err := flowValue(tokens, &out); err != nil && err != io.EOF {
		return "", err
	}
	return out.String(), nil
}

func flowValue(tokens *json.Decoder, out *strings.Builder) error {
	t, err := tokens.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		out.WriteString(t.String())
		for n := 0; tokens.More(); n++ {
			if n > 0 {
				out.WriteString(", ")
			}
			if t == '{' {
				var key json.Token
				if key, err = tokens.Token(); err != nil {
					return err
				}
				out.WriteString(key.(string) + ": ")
			}
			if err = flowValue(tokens, out); err != nil {
				return err
			}
		}
		end, err := tokens.Token()
		if err != nil {
			return err
		}
		out.WriteString(end.(json.Delim).String())
	case string:
		out.WriteString(scalarText(t))
	case json.Number:
		out.WriteString(t.String())
	case bool:
		out.WriteString(strconv.FormatBool(t))
	}
	return nil
}

// plainText matches text that needs no quotes within brackets, and that YAML does not read as a
// number or as a word with a meaning.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:[ ./_-][A-Za-z0-9]+)*$`)

// scalarText returns text as a YAML scalar. Octets beyond ASCII are escaped, since their encoding
// is not known.
func scalarText(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(text)
	}
	if plainText.MatchString(text) {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r >= 0x20 && r < 0x7F:
			b.WriteRune(r)
		case r <= 0xFF:
			const digits = "0123456789abcdef"
			b.WriteString(`\x`)
			b.WriteByte(digits[r>>4])
			b.WriteByte(digits[r&15])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
