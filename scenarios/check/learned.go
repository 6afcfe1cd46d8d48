package check

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/scenarios"
	"pop3mtm/scenarios/check/stored"
)

// Learned is what the probe, two visits to a server without any fault, shows about a client.
type Learned struct {
	Told       TLS                 // the use of TLS that the client was set to
	Mode       TLS                 // the use of TLS that it showed
	Login      string              // USER, APOP, AUTH and the mechanism
	Abilities  []scenarios.Ability // those that it showed, and those that are declared
	Names      []string            // names of message files, with # for the part that differs
	Layout     stored.Layout       // how they are stored
	Doubles    bool                // the second visit stored the same mail again
	Deviations []string            // declared
	Sessions   int                 // number of connections in the first visit
}

// Can reports whether the client has an ability.
func (l *Learned) Can(a scenarios.Ability) bool { return slices.Contains(l.Abilities, a) }

var varies = regexp.MustCompile(`[0-9a-fA-F]{8,}|[0-9]+`)

// shape returns the name of a file with # for the part that differs from one message to the next.
func shape(name string) string { return varies.ReplaceAllString(name, "#") }

// isMessage reports whether the name of a file is like those that were messages in the probe.
func (l *Learned) isMessage(name string) bool { return slices.Contains(l.Names, shape(name)) }

// String describes in a line what was learned.
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
	switch l.Layout {
	case stored.Auto: // it says itself what it has
	case stored.Files:
		parts = append(parts, "stores as one file a message")
	default:
		parts = append(parts, "stores as "+string(l.Layout))
	}
	return strings.Join(parts, ", ")
}

// layoutOf returns the layout of the messages that were found, Auto when they are no files.
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
	case strings.Trim(path.Base(found[0].Name), "0123456789") == "":
		return stored.MH
	}
	return stored.Auto
}
