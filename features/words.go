package features

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// subjects reads a {list}: quoted subjects, or "nothing".
func subjects(list string) []string {
	found := []string{}
	for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(list, -1) {
		found = append(found, m[1])
	}
	return found
}

// parts are the parts of a session that a server can spoil, in a user's words,
// and the commands that they are on the wire.
func parts() map[string]string {
	return map[string]string{
		"connection":    "CONNECT",
		"user name":     "USER",
		"password":      "PASS",
		"secure login":  "APOP",
		"message count": "STAT",
		"message list":  "LIST",
		"message names": "UIDL",
		"deletions":     "DELE",
		"goodbye":       "QUIT",
	}
}

func partNames() []string { return slices.Sorted(maps.Keys(parts())) }

// abilities are what a server may lack, and the optional commands and
// capabilities that this means.
func abilities() map[string]string {
	return map[string]string{
		"hide the password":             "APOP",
		"name its messages":             "UIDL",
		"send headers alone":            "TOP",
		"take several requests at once": "PIPELINING",
		"say what it can do":            "CAPA",
	}
}

func abilityNames() []string { return slices.Sorted(maps.Keys(abilities())) }

const commandPattern = `connect|disconnect|(?:copy|move) (?:new|selected|all) messages, ` +
	`(?:while connected|staying online|then disconnecting)`

// command reads a {command}; what get mail needs besides is the world's.
func (w *world) command(words string) (mtm.Command, error) {
	switch words {
	case "connect":
		return mtm.Connect{}, nil
	case "disconnect":
		return mtm.Disconnect{}, nil
	}
	form := regexp.MustCompile(`^(copy|move) (new|selected|all) messages, (.*)$`).FindStringSubmatch(words)
	if form == nil {
		return nil, fmt.Errorf("no command %q", words)
	}
	get := mtm.GetMail{
		Take:  map[string]mtm.Take{"copy": mtm.Copy, "move": mtm.Move}[form[1]],
		Which: map[string]mtm.Which{"new": mtm.New, "selected": mtm.Selection, "all": mtm.All}[form[2]],
		Link: map[string]mtm.Link{
			"while connected": mtm.WhileConnected, "staying online": mtm.StayOnline, "then disconnecting": mtm.ThenDisconnect,
		}[form[3]],
		Into: w.into, MaxSize: w.maxSize,
	}
	if get.Which == mtm.Selection {
		get.Messages = append([]store.ID{}, w.selection...)
	}
	return get, nil
}
