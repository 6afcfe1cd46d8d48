package edit

// stepper makes a filter of a function that gets the octets one by one and appends the output for
// each.
type stepper struct {
	Sink
	step func(out []byte, c byte) []byte
	held func(out []byte) []byte // appends the octets that step holds back; nil if it never does
	buf  []byte
}

func (f *stepper) Write(p []byte) (int, error) {
	f.buf = f.buf[:0]
	for _, c := range p {
		f.buf = f.step(f.buf, c)
	}
	_, err := f.Sink.Write(f.buf)
	return len(p), err
}

func (f *stepper) Push() error {
	if err := f.finish(false); err != nil {
		return err
	}
	return f.Sink.Push()
}

func (f *stepper) finish(bool) error {
	if f.held == nil {
		return nil
	}
	_, err := f.Sink.Write(f.held(nil))
	return err
}

// BareLF ends all lines of the reply with LF alone. QUIRK 76.
func BareLF() Edit {
	return through(func(to Sink) filter {
		cr := false
		return &stepper{Sink: to,
			step: func(out []byte, c byte) []byte {
				if cr && c != '\n' {
					out = append(out, '\r')
				}
				if cr = c == '\r'; cr {
					return out
				}
				return append(out, c)
			},
			held: func(out []byte) []byte {
				if cr {
					out = append(out, '\r')
				}
				cr = false
				return out
			}}
	})
}

// CRLF ends all lines of the reply with CRLF, also those that end with LF in the mail.
func CRLF() Edit {
	return through(func(to Sink) filter {
		cr := false
		return &stepper{Sink: to, step: func(out []byte, c byte) []byte {
			if c == '\n' && !cr {
				out = append(out, '\r')
			}
			cr = c == '\r'
			return append(out, c)
		}}
	})
}

// NoStuffing removes the dots that protect lines of mail which begin with a dot. QUIRK 74.
func NoStuffing() Edit {
	return through(func(to Sink) filter {
		start, dot := false, false // at the start of a line; after a dot there
		return &stepper{Sink: to,
			step: func(out []byte, c byte) []byte {
				if start && c == '.' {
					start, dot = false, true
					return out
				}
				if dot && (c == '\r' || c == '\n') {
					out = append(out, '.')
				}
				start, dot = c == '\n', false
				return append(out, c)
			},
			held: func(out []byte) []byte {
				if dot {
					out = append(out, '.')
				}
				dot = false
				return out
			}}
	})
}

// StuffAfterCRLF removes one of two dots at the start of a line that follows a bare LF, like a
// server that stuffs only after CRLF. QUIRK 75.
func StuffAfterCRLF() Edit {
	return through(func(to Sink) filter {
		cr, start, dot := false, false, false // after CR; after a bare LF; after a dot there
		return &stepper{Sink: to,
			step: func(out []byte, c byte) []byte {
				if start && c == '.' {
					start, dot, cr = false, true, false
					return out
				}
				if dot && c != '.' {
					out = append(out, '.')
				}
				start, dot, cr = c == '\n' && !cr, false, c == '\r'
				return append(out, c)
			},
			held: func(out []byte) []byte {
				if dot {
					out = append(out, '.')
				}
				dot = false
				return out
			}}
	})
}

// LowerCase converts everything after the status line to lower case. QUIRK 14.
func LowerCase() Edit { return recase('A', 'Z', 'a'-'A') }

// UpperCase converts everything after the status line to upper case.
func UpperCase() Edit { return recase('a', 'z', 'A'-'a'+256) }

func recase(from, to byte, distance int) Edit {
	return through(func(next Sink) filter {
		body := false
		return &stepper{Sink: next, step: func(out []byte, c byte) []byte {
			if body && c >= from && c <= to {
				c += byte(distance)
			}
			body = body || c == '\n'
			return append(out, c)
		}}
	})
}

// Truncate cuts each line after the status line to this number of octets. QUIRK 83.
func Truncate(octets int) Edit {
	return measured(octets, func(out []byte, c byte, column int) ([]byte, int) {
		if column < octets {
			out = append(out, c)
		}
		return out, column + 1
	})
}

// Wrap breaks each line after the status line into pieces of this number of octets. A piece that
// begins with a dot is stuffed.
func Wrap(octets int) Edit {
	octets = max(octets, 1)
	return measured(octets, func(out []byte, c byte, column int) ([]byte, int) {
		if column == octets {
			column = 0
			if out = append(out, "\r\n"...); c == '.' {
				out = append(out, '.')
			}
		}
		return append(out, c), column + 1
	})
}

// measured calls put with each octet of the lines after the first, without line ends, and with its
// column.
func measured(octets int, put func(out []byte, c byte, column int) ([]byte, int)) Edit {
	return through(func(to Sink) filter {
		body, cr, column := false, false, 0
		return &stepper{Sink: to,
			step: func(out []byte, c byte) []byte {
				if !body {
					body = c == '\n'
					return append(out, c)
				}
				if cr {
					if cr = false; c == '\n' {
						column = 0
						return append(out, "\r\n"...)
					}
					out, column = put(out, '\r', column)
				}
				switch c {
				case '\r':
					cr = true
					return out
				case '\n':
					column = 0
					return append(out, c)
				}
				out, column = put(out, c, column)
				return out
			},
			held: func(out []byte) []byte {
				if cr && column < octets {
					out = append(out, '\r')
				}
				cr = false
				return out
			}}
	})
}
