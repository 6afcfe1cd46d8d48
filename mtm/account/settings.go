package account

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// setting connects a name, as the store and the command line write it, with its field in settings
// of type S.
type setting[S any] struct {
	name string
	get  func(*S) string
	set  func(*S, string) error
}

func textSetting[S any, T ~string](name string, field func(*S) *T) setting[S] {
	return setting[S]{
		name: name,
		get:  func(s *S) string { return string(*field(s)) },
		set:  func(s *S, v string) error { *field(s) = T(v); return nil },
	}
}

func intSetting[S any, T int | int64](name string, field func(*S) *T) setting[S] {
	return setting[S]{
		name: name,
		get:  func(s *S) string { return strconv.FormatInt(int64(*field(s)), 10) },
		set: func(s *S, v string) error {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || int64(T(n)) != n {
				return fmt.Errorf("%s %q is not a whole number", name, v)
			}
			*field(s) = T(n)
			return nil
		},
	}
}

func boolSetting[S any](name string, field func(*S) *bool) setting[S] {
	return setting[S]{
		name: name,
		get:  func(s *S) string { return strconv.FormatBool(*field(s)) },
		set: func(s *S, v string) error {
			b, err := strconv.ParseBool(v)
			if err != nil {
				return fmt.Errorf("%s %q is neither true nor false", name, v)
			}
			*field(s) = b
			return nil
		},
	}
}

func durationSetting[S any](name string, field func(*S) *time.Duration) setting[S] {
	return setting[S]{
		name: name,
		get:  func(s *S) string { return field(s).String() },
		set: func(s *S, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil {
				return fmt.Errorf("%s %q is not a duration such as 90s or 10m", name, v)
			}
			*field(s) = d
			return nil
		},
	}
}

// secretSettings returns the three sources of a password or token.
func secretSettings[S any](name string, field func(*S) *Password) []setting[S] {
	return []setting[S]{
		textSetting(name, func(s *S) *string { return &field(s).Literal }),
		textSetting(name+"-env", func(s *S) *string { return &field(s).Env }),
		textSetting(name+"-command", func(s *S) *string { return &field(s).Command }),
	}
}

func securitySettings[S any](field func(*S) *Security) []setting[S] {
	return []setting[S]{
		textSetting("tls", func(s *S) *TLS { return &field(s).TLS }),
		textSetting("tls-ca", func(s *S) *string { return &field(s).CA }),
		textSetting("tls-name", func(s *S) *string { return &field(s).Name }),
		boolSetting("tls-insecure-skip-verify", func(s *S) *bool { return &field(s).SkipVerify }),
	}
}

// table returns every setting of a POP3 account, one row each; those of SMTP begin with "smtp-".
func table() []setting[POP3] {
	rows := []setting[POP3]{
		textSetting("host", func(p *POP3) *string { return &p.Host }),
		intSetting("port", func(p *POP3) *int { return &p.Port }),
	}
	rows = append(rows, securitySettings(func(p *POP3) *Security { return &p.Security })...)
	rows = append(rows, textSetting("user", func(p *POP3) *string { return &p.LoginName }))
	rows = append(rows, secretSettings("password", func(p *POP3) *Password { return &p.Password })...)
	rows = append(rows, secretSettings("token", func(p *POP3) *Password { return (*Password)(&p.Token) })...)
	rows = append(rows,
		textSetting("auth", func(p *POP3) *Auth { return &p.Auth }),
		boolSetting("auth-unlisted", func(p *POP3) *bool { return &p.AuthUnlisted }),
		boolSetting("allow-plaintext", func(p *POP3) *bool { return &p.AllowPlaintext }),
		boolSetting("ignore-uidl", func(p *POP3) *bool { return &p.IgnoreUIDL }),
		intSetting("sync-limit", func(p *POP3) *int { return &p.SyncLimit }),
		boolSetting("disconnected-mode", func(p *POP3) *bool { return &p.DisconnectedMode }),
		boolSetting("bearer-mobility", func(p *POP3) *bool { return &p.BearerMobility }),
		boolSetting("autosend", func(p *POP3) *bool { return &p.Autosend }),
		textSetting("get-mail-options", func(p *POP3) *GetMail { return &p.GetMail }),
		intSetting("max-email-size", func(p *POP3) *int64 { return &p.MaxEmailSize }),
		intSetting("max-message", func(p *POP3) *int64 { return &p.MaxMessage }),
		durationSetting("max-time", func(p *POP3) *time.Duration { return &p.MaxTime }),
		intSetting("min-rate", func(p *POP3) *int64 { return &p.MinRate }),
		intSetting("population-limit", func(p *POP3) *int { return &p.PopulationLimit }),
		textSetting("charset", func(p *POP3) *string { return &p.Charset }),
	)
	for _, row := range smtpTable() {
		rows = append(rows, setting[POP3]{
			name: "smtp-" + row.name,
			get:  func(p *POP3) string { return row.get(&p.SMTP) },
			set: func(p *POP3, v string) error {
				if err := row.set(&p.SMTP, v); err != nil {
					return fmt.Errorf("smtp-%w", err)
				}
				return nil
			},
		})
	}
	return rows
}

func smtpTable() []setting[SMTP] {
	rows := []setting[SMTP]{
		textSetting("host", func(s *SMTP) *string { return &s.Host }),
		intSetting("port", func(s *SMTP) *int { return &s.Port }),
	}
	rows = append(rows, securitySettings(func(s *SMTP) *Security { return &s.Security })...)
	rows = append(rows,
		textSetting("from", func(s *SMTP) *string { return &s.From }),
		textSetting("auth", func(s *SMTP) *Auth { return &s.Auth }),
		boolSetting("inbox-login", func(s *SMTP) *bool { return &s.InboxLogin }),
		textSetting("user", func(s *SMTP) *string { return &s.LoginName }),
	)
	rows = append(rows, secretSettings("password", func(s *SMTP) *Password { return &s.Password })...)
	rows = append(rows, secretSettings("token", func(s *SMTP) *Password { return (*Password)(&s.Token) })...)
	return append(rows,
		boolSetting("allow-plaintext", func(s *SMTP) *bool { return &s.AllowPlaintext }),
		textSetting("send", func(s *SMTP) *Send { return &s.Send }),
		textSetting("copy-to-self", func(s *SMTP) *CopyToSelf { return &s.CopyToSelf }),
		textSetting("signature", func(s *SMTP) *string { return &s.Signature }),
		textSetting("vcard", func(s *SMTP) *string { return &s.VCard }),
		boolSetting("request-receipts", func(s *SMTP) *bool { return &s.RequestReceipts }),
		textSetting("receipt-address", func(s *SMTP) *string { return &s.ReceiptAddress }),
		textSetting("reply-to", func(s *SMTP) *string { return &s.ReplyTo }),
		intSetting("to-cc-include-limit", func(s *SMTP) *int { return &s.ToCcIncludeLimit }),
	)
}

// Map returns the settings by name, in the form that the store keeps. It contains literal passwords
// and tokens: treat it as a secret.
func (p POP3) Map() map[string]string { return toMap(table(), &p) }

func toMap[S any](rows []setting[S], s *S) map[string]string {
	m := make(map[string]string, len(rows))
	for _, row := range rows {
		m[row.name] = row.get(s)
	}
	return m
}

// FromMap returns the settings that POP3.Map wrote. A missing name keeps its default. An unknown
// name is an error, since it may matter to a newer version. The result is valid.
func FromMap(m map[string]string) (POP3, error) {
	p := Defaults()
	if err := fromMap(table(), m, &p); err != nil {
		return POP3{}, err
	}
	return p, p.Validate()
}

func fromMap[S any](rows []setting[S], m map[string]string, into *S) error {
	known := make(map[string]setting[S], len(rows))
	for _, row := range rows {
		known[row.name] = row
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names) // so that the error does not vary
	for _, name := range names {
		row, ok := known[name]
		if !ok {
			return fmt.Errorf("unknown setting %q (known: %s)", name, strings.Join(namesOf(rows), ", "))
		}
		if err := row.set(into, m[name]); err != nil {
			return err
		}
	}
	return nil
}

// Names returns the names in POP3.Map, related settings together.
func Names() []string { return namesOf(table()) }

func namesOf[S any](rows []setting[S]) []string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.name
	}
	return names
}
