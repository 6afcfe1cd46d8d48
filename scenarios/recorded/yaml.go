package recorded

import (
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"

	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

// text writes a scenario as a file: what is short on one line each.
func text(s *scenarios.Scenario, from string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Made by pop3sim record from " + string(notation.Escape(nil, []byte(from))) + "\n")
	section := func(name string, value any) error {
		flow, err := flow(value)
		b.WriteString(name + ": " + flow + "\n")
		return err
	}
	if err := section("title", s.Title); err != nil {
		return nil, err
	}
	if err := section("why", s.Why); err != nil {
		return nil, err
	}
	if err := section("server", s.Settings); err != nil {
		return nil, err
	}
	var errs []error
	items := func(name string, count int, item func(int) any) {
		if count > 0 {
			b.WriteString(name + ":\n")
		}
		for i := range count {
			flow, err := flow(item(i))
			if err != nil {
				errs = append(errs, err)
			}
			b.WriteString("  - " + flow + "\n")
		}
	}
	items("users", len(s.Users), func(i int) any { return s.Users[i] })
	items("mailbox", len(s.Mailbox), func(i int) any { return s.Mailbox[i] })
	items("rules", len(s.Rules), func(i int) any { return s.Rules[i] })
	if errs != nil {
		return nil, errs[0]
	}
	return b.Bytes(), nil
}

// flow returns a value on one line of YAML.
func flow(value any) (string, error) {
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
		out.WriteString(quoted(t))
	case json.Number:
		out.WriteString(t.String())
	case bool:
		out.WriteString(strconv.FormatBool(t))
	}
	return nil
}

// plain is text that needs no quotes in a flow, and is no number and no word of
// YAML.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*(?:[ ./_-][A-Za-z0-9]+)*$`)

// quoted returns a text in YAML. Octets beyond ASCII are escaped, since what they mean
// is not known.
func quoted(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return strconv.Quote(text)
	}
	if plain.MatchString(text) {
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
