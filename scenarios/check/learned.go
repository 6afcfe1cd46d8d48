package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/stored"
)

// Learned is what two visits to a server without any fault show of a client.
type Learned struct {
	Told       TLS                 // how the client was told to protect its connections
	Mode       TLS                 // how it does
	Login      string              // USER, APOP, AUTH and the mechanism
	Abilities  []scenarios.Ability // what it did, and what is declared
	Names      []string            // of the files that are messages, with # for what differs from one to the next
	Layout     stored.Layout       // how they are stored
	Doubles    bool                // the second visit stored again what the first one had
	Deviations []string            // declared
	Sessions   int                 // connections of the first visit
}

// Can reports whether the client has an ability.
func (l *Learned) Can(a scenarios.Ability) bool { return slices.Contains(l.Abilities, a) }

var varies = regexp.MustCompile(`[0-9a-fA-F]{8,}|[0-9]+`)

// shape returns a name with # for what differs from one message to the next.
func shape(name string) string { return varies.ReplaceAllString(name, "#") }

// isMessage reports whether a file looks like those that were messages.
func (l *Learned) isMessage(name string) bool { return slices.Contains(l.Names, shape(name)) }

// String says in a line what was learned.
func (l *Learned) String() string {
	var parts []string
	parts = append(parts, map[bool]string{true: "it moves mail", false: "it copies mail"}[l.Can(scenarios.Moves)])
	switch {
	case l.Doubles:
		parts = append(parts, "does not remember what it has")
	case l.Can(scenarios.Overwrites):
		parts = append(parts, "fetches all mail each time, to the same files")
	case l.Can(scenarios.Remembers):
		parts = append(parts, "remembers what it has")
	}
	parts = append(parts, "logs in by "+l.Login)
	if l.Mode != PlainLine {
		parts = append(parts, fmt.Sprintf("uses TLS (%s)", l.Mode))
	}
	var verbs []string
	for _, a := range []scenarios.Ability{scenarios.CAPAs, scenarios.UIDLs, scenarios.Tops} {
		if l.Can(a) {
			verbs = append(verbs, strings.ToUpper(string(a)))
		}
	}
	if verbs != nil {
		parts = append(parts, "sends "+strings.Join(verbs, ", "))
	}
	if l.Can(scenarios.Pipelines) {
		parts = append(parts, "pipelines")
	}
	layout := l.Layout
	if layout == stored.Files {
		layout = "one file a message"
	}
	return strings.Join(append(parts, "stores as "+string(layout)), ", ")
}

// layoutOf names the layout of what was found.
func layoutOf(found []stored.Message, declared stored.Layout) stored.Layout {
	switch {
	case declared != stored.Auto:
		return declared
	case len(found) == 0 || found[0].Loose:
		return stored.Files
	case strings.Contains(found[0].Name, ", message "):
		return stored.Mbox
	case strings.Contains(found[0].Name, "new/") || strings.Contains(found[0].Name, "cur/"):
		return stored.Maildir
	}
	return stored.MH
}
