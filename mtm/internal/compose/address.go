package compose

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
)

// Limits on addresses: those of RFC 5321 section 4.5.3.1, and on the size of a text.
const (
	maxLocal   = 64
	maxAddress = 254
	maxTyped   = 64 << 10
)

// ParseList parses addresses as people type them; each text may hold several, separated by commas.
// what names the list in errors. A domain with non-ASCII letters is converted (RFC 5891). A mailbox
// with such letters is kept: it is sent to a server that supports SMTPUTF8 (RFC 6531).
func ParseList(what string, texts []string) ([]*mail.Address, error) {
	var list []*mail.Address
	for _, text := range texts {
		if err := CheckText(what, text, maxTyped); err != nil {
			return nil, err
		}
		some, err := mail.ParseAddressList(text)
		if err != nil {
			return nil, fmt.Errorf("%s %q is not an address such as ada@example.org: %w", what, text, bare(err))
		}
		if len(some) == 0 { // RFC 5322 section 3.4: a group may be empty
			return nil, fmt.Errorf("%s %q is an empty group", what, text)
		}
		for _, a := range some {
			if err := fit(a); err != nil {
				return nil, fmt.Errorf("%s %q: %w", what, text, err)
			}
		}
		list = append(list, some...)
	}
	return list, nil
}

// bare returns an error of the library without the name of its package.
func bare(err error) error { return errors.New(strings.TrimPrefix(err.Error(), "mail: ")) }

// fit converts a parsed address into the form that servers accept, or returns why that is not
// possible.
func fit(a *mail.Address) error {
	if err := CheckText("name", a.Name, maxName); err != nil {
		return err
	}
	a.Name = strings.Join(strings.Fields(a.Name), " ")
	at := strings.LastIndexByte(a.Address, '@')
	if at <= 0 {
		return errors.New("the mailbox before the @ is missing")
	}
	local, domain := a.Address[:at], a.Address[at+1:]
	if err := CheckText("mailbox", local, maxLocal); err != nil {
		return err
	}
	if !isASCII(domain) {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return fmt.Errorf("invalid domain %q: %w", domain, err)
		}
		domain = ascii
	}
	if !isDomain(domain) {
		return fmt.Errorf("invalid domain %q", domain)
	}
	a.Address = local + "@" + domain
	if len(Wire(a)) > maxAddress {
		return fmt.Errorf("it is longer than %d octets", maxAddress)
	}
	return nil
}

// isDomain reports whether a text is a name, or an address in brackets (RFC 5321 section 4.1.3).
func isDomain(domain string) bool {
	if inside, ok := strings.CutPrefix(domain, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		return ok && inside != "" && onlyHas(inside, ".:-")
	}
	return domain != "" && onlyHas(domain, ".-_") &&
		!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..")
}

// onlyHas reports whether a text has only ASCII letters, digits and the characters of more.
func onlyHas(text, more string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(more, r)
	}) < 0
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// Wire returns the address for an envelope (RFC 5321 section 4.1.2), with the mailbox in quotes
// where it needs them.
func Wire(a *mail.Address) string {
	text := (&mail.Address{Address: a.Address}).String()
	return strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
}

// Display returns the address as people read it.
func Display(a *mail.Address) string {
	if a.Name == "" {
		return Wire(a)
	}
	return a.Name + " <" + Wire(a) + ">"
}

// same reports whether two addresses are equal in any case (behaviour section 0).
func same(a, b *mail.Address) bool { return strings.EqualFold(a.Address, b.Address) }

// Merge adds to a list those addresses of more that are neither in it nor in the others.
func Merge(list, more []*mail.Address, others ...[]*mail.Address) []*mail.Address {
	known := make(map[string]bool, len(list)+len(more))
	for _, one := range append(others, list) {
		for _, a := range one {
			known[strings.ToLower(a.Address)] = true
		}
	}
	for _, a := range more {
		if key := strings.ToLower(a.Address); !known[key] {
			known[key] = true
			list = append(list, a)
		}
	}
	return list
}

// without returns a list without an address.
func without(list []*mail.Address, a *mail.Address) []*mail.Address {
	var rest []*mail.Address
	for _, other := range list {
		if !same(a, other) {
			rest = append(rest, other)
		}
	}
	return rest
}

// NewID returns a message identifier: a number that nobody can guess, and the domain of the sender.
func NewID(from *mail.Address) string {
	return strings.ToLower(rand.Text()) + from.Address[strings.LastIndexByte(from.Address, '@'):]
}
