package edit

// Bearing is what a reply counts as, whatever edits have made of its octets: it says whether the command takes effect.
type Bearing int8

// The bearings, from no effect to an effect that nothing prevents.
const (
	Unsaid    Bearing = iota // the first octets decide
	Refusal                  // anything else
	Challenge                // "+": the client has to respond
	Success                  // "+OK", or the number of a success, such as 250 or 354
	Settled                  // as Success, and no edit changes that
)

// Bearing returns what r counts as.
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

// numbered reports whether r begins with the number of a success, as in RFC 5321 section 4.2.1: three digits, of which the
// first is 2 or 3, and a space or hyphen.
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

// As makes r, which nobody else has, count as b. A reply that says -ERR now is a refusal, unless it is settled.
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

// replaced makes r, which nobody else has, the answer instead of another one.
func (r Reply) replaced(before Reply) Reply {
	if before.Bearing() == Settled {
		return r.As(Settled)
	}
	return r
}
