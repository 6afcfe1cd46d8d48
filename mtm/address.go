package mtm

import (
	"errors"
	"fmt"
	"strings"
)

// ValidateAddress checks a recipient's address as behaviour section 14 says: a mailbox
// and a domain around the last '@', no dot at the ends of either, no two dots in a row
// in the domain, brackets in pairs. An address in the form "Name" <a@b> is checked
// between its brackets; a route (@a,@b:c@d) after its colon.
func ValidateAddress(address string) error {
	bare, err := bareAddress(address)
	if err != nil {
		return addressError(address, err)
	}
	if strings.HasPrefix(bare, "@") {
		_, after, routed := strings.Cut(bare, ":")
		if !routed {
			return addressError(address, errors.New("nothing stands before the @"))
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
		err = errors.New("something is missing beside the @")
	case edgeDot(mailbox) || edgeDot(domain):
		err = errors.New("a dot stands at an end")
	case strings.Contains(domain, ".."):
		err = errors.New("the domain holds two dots in a row")
	case strings.ContainsAny(domain, "@ \t\r\n<>()\","):
		err = errors.New("the domain holds a character that it cannot hold")
	case strings.ContainsAny(mailbox, "\r\n<>") || (!quoted(mailbox) && strings.ContainsAny(mailbox, " \t()\",@")):
		err = errors.New("the mailbox holds a character that it cannot hold")
	}
	if err != nil {
		return addressError(address, err)
	}
	return nil
}

// bareAddress takes what stands between < and >, or all of it.
func bareAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	open, shut := strings.Count(address, "<"), strings.Count(address, ">")
	switch {
	case open == 0 && shut == 0:
		return address, nil
	case open != 1 || shut != 1 || !strings.HasSuffix(address, ">"):
		return "", errors.New("the brackets do not pair")
	}
	return strings.TrimSuffix(address[strings.IndexByte(address, '<')+1:], ">"), nil
}

func edgeDot(s string) bool { return strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") }

func quoted(s string) bool { return len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' }

func addressError(address string, err error) error {
	return &Error{Command: "check address", Code: ErrArgument, Err: fmt.Errorf("%q: %w", address, err)}
}

// Addressees is a list of recipients.
type Addressees []string

// Add checks an address and adds it, with an alias as "alias" <address>. An alias
// that holds quotes or backslashes has them escaped; one with a line break is refused.
func (a *Addressees) Add(address, alias string) error {
	if err := ValidateAddress(address); err != nil {
		return err
	}
	if strings.ContainsAny(alias, "\r\n\x00") {
		return addressError(alias, errors.New("the alias holds a line break"))
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

// Remove takes the addressee at index away; an index outside the list does nothing,
// as in the original.
func (a *Addressees) Remove(index int) {
	if index < 0 || index >= len(*a) {
		return
	}
	list := *a
	*a = append(list[:index:index], list[index+1:]...)
}
