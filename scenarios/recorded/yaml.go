package recorded

import (
	"bytes"

	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

// text writes a scenario as a file: what is short on one line each.
func text(s *scenarios.Scenario, from string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Made by pop3sim record from " + string(notation.Escape(nil, []byte(from))) + "\n")
	section := func(name string, value any) error {
		flow, err := scenarios.Flow(value)
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
			flow, err := scenarios.Flow(item(i))
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
