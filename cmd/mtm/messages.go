package main

import (
	"bytes"
	"strconv"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/mtm/store"
)

// messages writes the messages of a list as a JSON array. It writes exactly what an encoder would,
// which takes most of the time of a long list.
type messages struct {
	array
	line  []byte
	flags map[flagBits]flagTexts // few combinations occur in a list
}

type flagBits struct {
	flags store.Flags
	email store.EmailFlags
}

func newMessages(out page) *messages {
	return &messages{array: *newArray(out), flags: make(map[flagBits]flagTexts)}
}

// view returns the view of a message.
func (m *messages) view(e *store.Entry) messageView {
	bits := flagBits{e.Flags, e.Email}
	texts, known := m.flags[bits]
	if !known {
		texts = flagTextsOf(e)
		m.flags[bits] = texts
	}
	v := bareViewOf(e)
	v.setFlags(texts)
	return v
}

// add writes one message.
func (m *messages) add(v *messageView) error {
	m.line = append(m.line[:0], m.lead...)
	m.lead = ","
	m.line = append(v.appendJSON(m.line), '\n')
	_, err := m.out.Write(m.line)
	return err
}

// appendJSON appends the view as JSON.
func (v *messageView) appendJSON(b []byte) []byte {
	b = appendNumber(b, `{"id":`, int64(v.ID))
	b = appendNumber(b, `,"parent":`, int64(v.Parent))
	b = appendNumber(b, `,"service":`, int64(v.Service))
	b = appendNumber(b, `,"related":`, int64(v.Related))
	b = appendText(b, `,"from":`, v.From)
	if len(v.Addressees) > 0 {
		b = appendTexts(b, `,"to":`, v.Addressees)
	}
	b = appendText(b, `,"subject":`, v.Subject)
	b = appendText(b, `,"date":`, v.Date)
	b = appendNumber(b, `,"size":`, v.Size)
	b = appendNumber(b, `,"stored":`, v.Stored)
	b = appendTexts(b, `,"flags":`, v.Flags)
	b = appendText(b, `,"uid":`, v.UID)
	b = appendText(b, `,"message_id":`, v.MessageID)
	b = appendText(b, `,"body":`, v.Body)
	for _, one := range []struct {
		name string
		is   bool
	}{
		{`,"complete":`, v.Complete}, {`,"partial_download":`, v.PartialDownload}, {`,"new":`, v.New}, {`,"unread":`, v.Unread},
		{`,"visible":`, v.Visible}, {`,"attachment":`, v.Attachment}, {`,"receipt":`, v.Receipt},
	} {
		b = strconv.AppendBool(append(b, one.name...), one.is)
	}
	b = appendText(b, `,"priority":`, v.Priority)
	b = appendText(b, `,"operation":`, v.Operation)
	if len(v.Waiting) > 0 {
		b = appendTexts(b, `,"waiting":`, v.Waiting)
	}
	if v.Broke != 0 {
		b = appendNumber(b, `,"broke":`, int64(v.Broke))
	}
	return append(appendText(b, `,"sending":`, v.Sending), '}')
}

func appendNumber(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(b, name...), n, 10)
}

func appendText(b []byte, name, text string) []byte {
	b = append(b, name...)
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, encoded(text)...)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}

// encoded returns a text as the encoder writes it.
func encoded(text string) []byte {
	var out bytes.Buffer
	_ = cli.NewJSON(&out).Encode(text) // a string always has a form
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func appendTexts(b []byte, name string, texts []string) []byte {
	b = append(append(b, name...), '[')
	for i, text := range texts {
		between := ","
		if i == 0 {
			between = ""
		}
		b = appendText(b, between, text)
	}
	return append(b, ']')
}
