package scenarios

import (
	"fmt"
	"reflect"
	"slices"
)

// LastQuirk is the highest number of a quirk; numbers begin at 1.
const LastQuirk = 109

// Quirk is a fault or peculiarity of real servers: the file quirks/072.yaml is number 72.
type Quirk struct {
	// What servers do, in one line.
	Title string `json:"title"`
	// Who has seen it, and where.
	Sources []string `json:"sources"`
	// What our own mail client then does, in a sentence or two; the scenarios assert it.
	MTM string `json:"mtm"`
	// For a fault of clients: why a server cannot show it. Such a quirk has no rules.
	Client string `json:"client,omitempty"`
	// The settings of a server with this quirk.
	Settings Server `json:"server,omitzero"`
	// The rules that make a server misbehave like this. Without them, the scenarios that name the
	// quirk have their own rules.
	Rules []Rule `json:"rules,omitempty"`
}

// Profile is a known server: the directory profiles/NAME, with a file profile.yaml and optional
// messages.
type Profile struct {
	// The server, and its version.
	Title string `json:"title"`
	// Where its greeting, capabilities and texts were seen.
	Sources []string `json:"sources"`
	// Its settings and capabilities.
	Settings Server `json:"server,omitzero"`
	// The quirks that it has.
	Quirk Numbers `json:"quirk,omitempty"`
	// Other faults, and replies with the texts of this server.
	Rules []Rule `json:"rules,omitempty"`
	// Mail for a scenario without mail of its own.
	Mailbox []Mail `json:"mailbox,omitempty"`
}

// QuirkByNumber returns the quirk with a number. It fails for a number without a file.
func QuirkByNumber(n int) (*Quirk, error) {
	name := fmt.Sprintf("quirks/%03d.yaml", n)
	data, err := embedded.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("quirk %d does not exist: quirks are numbered from 1 to %d", n, LastQuirk)
	}
	q := &Quirk{}
	err = decodeFile(name, data, q, func(bad wrong) {
		checkRules(q.Rules, nil, noFiles(), bad)
		checkViews(q.Settings.Shows, q.Rules, bad)
		if (q.Client != "") && len(q.Rules) > 0 {
			bad("rules", "a quirk with the key client has no rules: a server cannot show it")
		}
	})
	return q, err
}

// Alone reports whether the quirk alone changes what a server does. If not, the scenarios that name
// it have rules of their own.
func (q *Quirk) Alone() bool { return len(q.Rules) > 0 || !reflect.ValueOf(q.Settings).IsZero() }

// Shown returns the names of the built-in scenarios that show each quirk, by its number. A quirk
// that only a client can show has none.
func Shown() (map[int][]string, error) {
	found := map[int][]string{}
	for _, name := range Names() {
		all, err := LoadAll(name)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			for _, n := range s.Quirk {
				if !slices.Contains(found[n], name) {
					found[n] = append(found[n], name)
				}
			}
		}
	}
	return found, nil
}

// Profiles returns the names of the profiles, sorted. A profile is a known server that scenarios
// can imitate.
func Profiles() []string {
	folders, err := embedded.ReadDir("profiles")
	if err != nil {
		return nil // it is embedded
	}
	var names []string
	for _, f := range folders {
		if f.IsDir() {
			names = append(names, f.Name())
		}
	}
	return names
}

// ProfileByName returns the profile with a name.
func ProfileByName(name string) (*Profile, error) {
	if !slices.Contains(Profiles(), name) {
		return nil, fmt.Errorf("%s", unknown("profile", name, Profiles()))
	}
	file := "profiles/" + name + "/profile.yaml"
	data, err := embedded.ReadFile(file)
	if err != nil {
		return nil, err
	}
	folder, err := subfolder("profiles/" + name)
	if err != nil {
		return nil, err
	}
	p := &Profile{}
	err = decodeFile(file, data, p, func(bad wrong) {
		messages := &files{folder: folder, read: map[string][]byte{}}
		checkRules(p.Rules, nil, messages, bad)
		checkViews(p.Settings.Shows, p.Rules, bad)
		checkMail(p.Mailbox, "mailbox", messages, bad)
	})
	return p, err
}

// decodeFile decodes a file without cases into v, and calls check.
func decodeFile(name string, data []byte, v any, check func(bad wrong)) error {
	d := &decoder{file: name}
	root := d.read(data)
	if root == nil {
		return d.errs
	}
	d.begin(variant{})
	d.into(root, reflect.ValueOf(v).Elem())
	if d.errs == nil {
		check(d.wrongAt)
	}
	if d.errs != nil {
		return d.errs
	}
	return nil
}
