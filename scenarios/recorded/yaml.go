package recorded

import (
	"pop3mtm/fakeserver/notation"
	"pop3mtm/scenarios"
)

// text writes a scenario as a file.
func text(s *scenarios.Scenario, from string) ([]byte, error) {
	return s.Text("Made by pop3sim record from " + string(notation.Escape(nil, []byte(from))))
}
