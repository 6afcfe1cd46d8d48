package edit

// Bearing is the meaning of a reply, whatever edits have made of its octets: it determines whether
// the command takes effect.
type Bearing int8

// The bearings, from no effect to an effect that no edit prevents.
const (
	Unsaid    Bearing = iota // determined by the first octets
	Refusal                  // any other reply
	Challenge                // "+": the client must respond
	Success                  // "+OK", or the number of a success, such as 250 or 354
	Settled                  // like Success; no edit changes it
)

// Bearing returns the bearing of r.
func (r Reply) Bearing() Bearing {
	switch {
	case len(r) > 0 && r[0].bearing != Unsaid:
		return r[0].bearing
	case r.StartsWith("+OK"), r.numbered():
		return Success
	case r.StartsWith("+"):
		return Challenge
	}
	return Refusal
}

// numbered reports whether r begins with the number of a success (RFC 5321 section 4.2.1): three
// digits, the first of which is 2 or 3, and a space or hyphen.
func (r Reply) numbered() bool {
	if !r.StartsWith("2") && !r.StartsWith("3") {
		return false
	}
	text := r.Status()
	for i := range min(len(text), 3) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return len(text) == 3 || len(text) > 3 && (text[3] == ' ' || text[3] == '-')
}

// As sets the bearing of r to b and returns r; the caller must own r. A reply that now says -ERR is
// a refusal, unless it is settled.
func (r Reply) As(b Bearing) Reply {
	if len(r) == 0 {
		r = Reply{{}}
	}
	if b != Settled && r.StartsWith("-ERR") {
		b = Refusal
	}
	r[0].bearing = b
	return r
}

// replaced returns r as the replacement of another reply; the caller must own r.
func (r Reply) replaced(before Reply) Reply {
	if before.Bearing() == Settled {
		return r.As(Settled)
	}
	return r
}
