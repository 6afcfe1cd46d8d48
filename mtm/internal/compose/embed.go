package compose

import (
	"bufio"
	"errors"
	"io"
)

// embedded returns a part with a whole message. RFC 2046 section 5.2.1 forbids encoding one: a
// message that cannot be sent unencoded becomes a file, in base64.
func (a *Attachment) embedded() (*part, error) {
	encoding, err := encodingOf(a.Content)
	if err != nil {
		return nil, err
	}
	if encoding == "" {
		file := *a
		file.Type = "application/octet-stream"
		return file.file(), nil
	}
	p := &part{encoding: encoding, content: a.Content}
	p.header.Add("Content-Transfer-Encoding", encoding)
	p.header.Add("Content-Disposition", a.disposition())
	p.header.Add("Content-Type", "message/rfc822")
	return p, nil
}

// encodingOf returns the encoding that content needs: 7bit, 8bit, or "" for octets that cannot be
// sent unencoded (RFC 2045 section 2.7 and 2.8): NUL, CR or LF alone, lines above 998 octets.
func encodingOf(content Content) (encoding string, err error) {
	r, err := content()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	const longest = 998
	encoding = sevenBit
	in := bufio.NewReaderSize(r, 64<<10)
	for column, last := 0, byte('\n'); ; {
		c, err := in.ReadByte()
		switch {
		case err == io.EOF && last == '\r':
			return "", nil
		case err == io.EOF:
			return encoding, nil
		case err != nil:
			return "", err
		case c == 0, (last == '\r') != (c == '\n'):
			return "", nil
		case c >= 0x80:
			encoding = eightBit
		}
		column++
		if c == '\n' {
			column = 0
		}
		if column > longest+1 { // with the CR
			return "", nil
		}
		last = c
	}
}
