package tools

import (
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"pop3mtm/scenarios"
)

type search struct {
	Search string `json:"search,omitempty" jsonschema:"words that the name or the title has, such as: RETR drop; all scenarios when missing"`
}

type playing struct {
	ofMailbox
	Scenario string `json:"scenario" jsonschema:"a name from list_scenarios, or a whole scenario in YAML"`
	Case     string `json:"case,omitempty" jsonschema:"the case to play, of a scenario that has several; the first one when missing"`
}

type newRules struct {
	ofMailbox
	Rules string `json:"rules" jsonschema:"a rule or a list of rules in the words of scenario files, such as {on: RETR 2, times: 1, do: [{cut: {after: 200, how: reset}}]}"`
}

type ruleID struct {
	ofMailbox
	Rule string `json:"rule,omitempty" jsonschema:"the id of the rule, such as r1; all rules when missing"`
}

type expecting struct {
	ofMailbox
	Expect string `json:"expect" jsonschema:"what a good client does, in the words of scenario files, such as {kept: [a1], never: [DELE], received: [RETR 1], sessions: 1}"`
}

func (t tools) faults() {
	add(t, &mcp.Tool{Name: "list_scenarios", Annotations: reads("List the scenarios"),
		Description: "List the built-in scenarios: ways in which a server misbehaves, each with what a good client does then."}, t.listScenarios)
	add(t, &mcp.Tool{Name: "play_scenario", Annotations: replaces("Play a scenario"),
		Description: "Let a mailbox play a scenario from the beginning. Its mail, rules and expectations replace those of the mailbox."}, t.play)
	add(t, &mcp.Tool{Name: "add_rule", Annotations: adds("Add a rule"),
		Description: "Add a rule that makes the server misbehave, in front of the others. The first rule that matches a command answers it. Steps are words such as " +
			"refuse: TEXT, raw: OCTETS, cut: {after: N, how: close or reset}, close, silence, pause: 5s, noTerminator, noStuffing, bareLF."}, t.addRule)
	add(t, &mcp.Tool{Name: "list_rules", Annotations: reads("List the rules"), Description: "List the rules of a mailbox, and how often each has answered."}, t.listRules)
	add(t, &mcp.Tool{Name: "remove_rules", Annotations: replaces("Remove rules"), Description: "Remove one rule of a mailbox, or all."},
		func(ctx context.Context, in ruleID) (answer, error) {
			return answer{text: "Removed."}, t.service.DeleteRules(ctx, in.Mailbox, in.Rule)
		})
	add(t, &mcp.Tool{Name: "expect", Annotations: replaces("Say what a good client does"),
		Description: "Say what is expected of the client. The verdict judges by it. A scenario brings its own expectations."},
		func(ctx context.Context, in expecting) (answer, error) {
			e, err := t.service.SetExpect(ctx, in.Mailbox, []byte(in.Expect))
			return answer{text: "The verdict uses these expectations from now on.", value: e}, err
		})
}

// found limits the scenarios that a search returns.
const found = 60

func (t tools) listScenarios(ctx context.Context, in search) (answer, error) {
	all, err := t.service.Scenarios(ctx)
	if err != nil {
		return answer{}, err
	}
	words := strings.Fields(strings.ToLower(in.Search))
	var text strings.Builder
	count := 0
	for _, s := range all {
		if line := fmt.Sprintf("%s: %s", s.Name, s.Title); has(line, words) {
			if count++; count <= found {
				text.WriteString(line + "\n")
			}
		}
	}
	if count > found {
		fmt.Fprintf(&text, "and %d more: search for words of the title\n", count-found)
	}
	if count == 0 {
		text.WriteString("No scenario has all these words.\n")
	}
	return answer{text: text.String()}, nil
}

func has(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(strings.ToLower(text), w) {
			return false
		}
	}
	return true
}

func (t tools) play(ctx context.Context, in playing) (answer, error) {
	words := in.Scenario
	if !strings.ContainsAny(words, ":\n") {
		name, err := scenarios.Flow(words)
		if err != nil {
			return answer{}, err
		}
		words = "{name: " + name + "}"
	}
	played, err := t.service.PlayScenario(ctx, in.Mailbox, []byte(words), in.Case)
	if err != nil {
		return answer{}, err
	}
	text := fmt.Sprintf("%s plays: %s\n", in.Mailbox, played.Title)
	if played.Why != "" {
		text += played.Why + "\n"
	}
	text += fmt.Sprintf("It has %d messages and %d rules.\n", played.Messages, played.Rules)
	if len(played.Cases) > 1 {
		text += "This is the case " + played.Case + " of: " + strings.Join(played.Cases, "; ") + "\n"
	}
	if len(played.Early) > 0 {
		text += "It says what happens before login, so the client connects to a port of its own.\n" + addresses(played.Addresses) + "\n"
	}
	for _, l := range played.Logins {
		text += fmt.Sprintf("name: %s, password: %s%s\n", l.Name, l.Password, l.Token)
	}
	return answer{text, played}, nil
}

func (t tools) addRule(ctx context.Context, in newRules) (answer, error) {
	added, err := t.service.AddRules(ctx, in.Mailbox, []byte(in.Rules))
	if err != nil {
		return answer{}, err
	}
	var ids []string
	for _, r := range added {
		ids = append(ids, r.ID)
	}
	return answer{"Added " + strings.Join(ids, ", ") + ".", map[string]any{"rules": added}}, nil
}

func (t tools) listRules(ctx context.Context, in ofMailbox) (answer, error) {
	all, err := t.service.Rules(ctx, in.Mailbox)
	if err != nil {
		return answer{}, err
	}
	var text strings.Builder
	for _, r := range all {
		words, err := scenarios.Flow(r.Rule)
		if err != nil {
			return answer{}, err
		}
		fmt.Fprintf(&text, "%s, answered %s: %s\n", r.ID, english.Plural(r.Fired, "time", ""), words)
	}
	if len(all) == 0 {
		text.WriteString("There are no rules: every command gets the correct answer.\n")
	}
	return answer{text.String(), map[string]any{"rules": all}}, nil
}
