package control

import (
	"bufio"
	"io"
	"mime"
	"net/textproto"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"pop3mtm/fakeserver/maildrop"
)

// headerRead limits the part of a message that is read for a list.
const headerRead = 16 << 10

// described returns the row of a message in a list. Fields that cannot be read are left out.
func described(number int, m maildrop.Message) Message {
	out := Message{Number: number, UID: m.UID(), Size: m.Size()}
	body, err := m.Open()
	if err != nil {
		return out
	}
	defer func() { _ = body.Close() }() // it was only read
	header, _ := textproto.NewReader(bufio.NewReaderSize(io.LimitReader(body, headerRead), 4<<10)).ReadMIMEHeader()
	out.Subject, out.From, out.Date = text(header.Get("Subject")), text(header.Get("From")), text(header.Get("Date"))
	return out
}

// text returns a header field, decoded, for people.
func text(field string) string {
	decoder := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		encoding, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return encoding.NewDecoder().Reader(in), nil
	}}
	if decoded, err := decoder.DecodeHeader(field); err == nil {
		field = decoded
	}
	return strings.ToValidUTF8(field, "\uFFFD")
}
