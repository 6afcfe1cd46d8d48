package mail

// Traits is a set of properties that a listing shows.
type Traits uint

// The traits.
const (
	HasAttachment Traits = 1 << iota
	HasHTML
	HasVCard
	HasVCalendar
	HasICalendar
	IsSigned
	IsEncrypted
)

// NewTraitScanner returns a Scanner that only finds traits, at less cost: see Scanner.Traits.
func NewTraitScanner() *Scanner {
	s := newScanner(Options{})
	s.traits = new(Traits)
	return s
}

// Traits returns the traits that a Scanner of NewTraitScanner has found. Call it after End.
func (s *Scanner) Traits() Traits { return *s.traits }

// Traits returns the traits of the message, without those of embedded messages.
func (m *Message) Traits() Traits {
	var t Traits
	m.Root.addTraits(&t)
	return t
}

func (p *Part) addTraits(t *Traits) {
	t.add(p)
	if p.IsMessage() {
		return
	}
	for _, c := range p.Children {
		c.addTraits(t)
	}
}

// add adds the traits of a part, without those of its children.
func (t *Traits) add(p *Part) {
	if !p.IsMultipart() && p.Attached() && !isSignature(p.MediaType) {
		*t |= HasAttachment
	}
	switch p.MediaType {
	case "text/html":
		*t |= HasHTML
	case "text/vcard", "text/x-vcard", "text/directory":
		*t |= HasVCard
	case "text/x-vcalendar":
		*t |= HasVCalendar
	case "text/calendar":
		*t |= HasICalendar
	case "multipart/signed":
		*t |= IsSigned
	case "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted":
		*t |= IsEncrypted
	}
	if isSignature(p.MediaType) {
		*t |= IsSigned
	}
}

func isSignature(mediaType string) bool {
	switch mediaType {
	case "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return true
	}
	return false
}

// TraitsOf returns the traits of parts, without those of embedded messages.
func TraitsOf(list []*Part) Traits {
	var t Traits
	for _, p := range list {
		if !p.Embedded {
			t.add(p)
		}
	}
	return t
}
