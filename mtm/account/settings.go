package account

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// setting ties one name, as the store and the command line write it, to its field.
type setting struct {
	name string
	get  func(*POP3) string
	set  func(*POP3, string) error
}

func textSetting(name string, field func(*POP3) *string) setting {
	return setting{
		name: name,
		get:  func(p *POP3) string { return *field(p) },
		set:  func(p *POP3, v string) error { *field(p) = v; return nil },
	}
}

func intSetting(name string, field func(*POP3) *int) setting {
	return setting{
		name: name,
		get:  func(p *POP3) string { return strconv.Itoa(*field(p)) },
		set: func(p *POP3, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil {
				return fmt.Errorf("%s %q is not a whole number", name, v)
			}
			*field(p) = n
			return nil
		},
	}
}

func boolSetting(name string, field func(*POP3) *bool) setting {
	return setting{
		name: name,
		get:  func(p *POP3) string { return strconv.FormatBool(*field(p)) },
		set: func(p *POP3, v string) error {
			b, err := strconv.ParseBool(v)
			if err != nil {
				return fmt.Errorf("%s %q is neither true nor false", name, v)
			}
			*field(p) = b
			return nil
		},
	}
}

// table is every setting of a POP3 account, one row each.
func table() []setting {
	return []setting{
		textSetting("host", func(p *POP3) *string { return &p.Host }),
		intSetting("port", func(p *POP3) *int { return &p.Port }),
		textSetting("user", func(p *POP3) *string { return &p.LoginName }),
		textSetting("password", func(p *POP3) *string { return &p.Password.Literal }),
		textSetting("password-env", func(p *POP3) *string { return &p.Password.Env }),
		textSetting("password-command", func(p *POP3) *string { return &p.Password.Command }),
		{
			name: "auth",
			get:  func(p *POP3) string { return string(p.Auth) },
			set:  func(p *POP3, v string) error { p.Auth = Auth(v); return nil },
		},
		boolSetting("allow-plaintext", func(p *POP3) *bool { return &p.AllowPlaintext }),
		intSetting("sync-limit", func(p *POP3) *int { return &p.SyncLimit }),
		boolSetting("disconnected-mode", func(p *POP3) *bool { return &p.DisconnectedMode }),
	}
}

// Map writes the settings as name and value, the form that the store keeps.
// It holds the literal password: treat it as a secret.
func (p POP3) Map() map[string]string {
	m := make(map[string]string)
	for _, s := range table() {
		m[s.name] = s.get(&p)
	}
	return m
}

// FromMap reads what Map wrote. A missing name keeps its default; an unknown
// one is an error, since it may matter to a newer version. The result is valid.
func FromMap(m map[string]string) (POP3, error) {
	p := Defaults()
	known := make(map[string]setting)
	for _, s := range table() {
		known[s.name] = s
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names) // the same error each time
	for _, name := range names {
		s, ok := known[name]
		if !ok {
			return POP3{}, fmt.Errorf("unknown setting %q (known: %s)", name, strings.Join(Names(), ", "))
		}
		if err := s.set(&p, m[name]); err != nil {
			return POP3{}, err
		}
	}
	return p, p.Validate()
}

// Names lists the names that Map writes, in the order for people.
func Names() []string {
	var names []string
	for _, s := range table() {
		names = append(names, s.name)
	}
	return names
}
