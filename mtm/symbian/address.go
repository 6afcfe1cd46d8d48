package symbian

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ValidateAddress returns an error that wraps ErrArgument for an invalid address (behaviour
// section 14). A valid one has a mailbox and a domain around the last '@', neither of which begins
// or ends with a dot, no two dots in a row in the domain, and brackets in pairs. Of "Name" <a@b>
// the text between the brackets is checked, of a route (@a,@b:c@d) the text after the colon.
func ValidateAddress(address string) error {
	bare, err := bareAddress(address)
	if err != nil {
		return addressError(address, err)
	}
	if strings.HasPrefix(bare, "@") {
		_, after, routed := strings.Cut(bare, ":")
		if !routed {
			return addressError(address, errors.New("the mailbox is missing before the @"))
		}
		bare = after
	}
	at := strings.LastIndexByte(bare, '@')
	if at < 0 {
		return addressError(address, errors.New("there is no @"))
	}
	mailbox, domain := bare[:at], bare[at+1:]
	switch {
	case mailbox == "" || domain == "":
		err = errors.New("the mailbox or the domain is missing")
	case edgeDot(mailbox) || edgeDot(domain):
		err = errors.New("the mailbox or the domain begins or ends with a dot")
	case strings.Contains(domain, ".."):
		err = errors.New("the domain has two dots in a row")
	case strings.ContainsAny(domain, "@ \t\r\n<>()\","):
		err = errors.New("invalid character in the domain")
	case strings.ContainsAny(mailbox, "\r\n<>") || (!quoted(mailbox) && strings.ContainsAny(mailbox, " \t()\",@")):
		err = errors.New("invalid character in the mailbox")
	}
	if err != nil {
		return addressError(address, err)
	}
	return nil
}

// ValidatePath rejects what would be more than an address in an SMTP command. A quoted local part
// is rejected too.
func ValidatePath(address string) error {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || len(address) > maxPath || strings.ContainsFunc(address, notInPath) {
		return fmt.Errorf("%.100q is not an address such as ada@example.org", address)
	}
	return nil
}

// maxPath is from RFC 5321 section 4.5.3.1.3: a path has 256 octets, two of them brackets.
const maxPath = 254

func notInPath(r rune) bool {
	return r <= ' ' || r == 0x7F || r == utf8.RuneError || strings.ContainsRune(`<>()\,;"`, r)
}

// bareAddress returns what is between < and >, or all of it.
func bareAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	open, shut := strings.Count(address, "<"), strings.Count(address, ">")
	switch {
	case open == 0 && shut == 0:
		return address, nil
	case open != 1 || shut != 1 || !strings.HasSuffix(address, ">"):
		return "", errors.New("unbalanced angle brackets")
	}
	return strings.TrimSuffix(address[strings.IndexByte(address, '<')+1:], ">"), nil
}

func edgeDot(s string) bool { return strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") }

func quoted(s string) bool { return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' }

func addressError(address string, err error) error {
	return fmt.Errorf("check address: %w: %q: %w", ErrArgument, address, err)
}

// Addressees is a list of recipients.
type Addressees []string

// Add checks an address and appends it; with an alias it appends "alias" <address>.
// Quotes and backslashes in the alias are escaped. An alias with a line break is an
// error, which wraps ErrArgument.
func (a *Addressees) Add(address, alias string) error {
	if err := ValidateAddress(address); err != nil {
		return err
	}
	if strings.ContainsAny(alias, "\r\n\x00") {
		return addressError(alias, errors.New("the alias has a line break"))
	}
	if alias != "" {
		bare, err := bareAddress(address)
		if err != nil {
			return addressError(address, err)
		}
		alias = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(alias)
		address = fmt.Sprintf(`"%s" <%s>`, alias, bare)
	}
	*a = append(*a, address)
	return nil
}

// Remove removes the addressee at index. As in the original, an index outside the list does
// nothing.
func (a *Addressees) Remove(index int) {
	if index < 0 || index >= len(*a) {
		return
	}
	list := *a
	*a = append(list[:index:index], list[index+1:]...)
}
