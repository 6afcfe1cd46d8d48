package page

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// tab is one way to see something.
type tab struct{ ID, Label, About, Text, Frame string }

// field is a field of a header.
type field struct{ Name, Value string }

// letter is a message as it is shown.
type letter struct {
	Subject     string
	Fields      []field
	Tabs        []tab
	Attachments []string
	Raw         string // the address of its octets
}

const (
	// maxRead limits the part of a message that is read to show it.
	maxRead = 4 << 20
	// maxShown limits the part of a text that is shown.
	maxShown = 256 << 10
	// maxInline limits the images that are shown inside HTML, in octets.
	maxInline = 2 << 20
)

// read returns the beginning of a message; whole reports whether that is all of it.
func (p *Page) read(r *http.Request) (raw []byte, whole bool, err error) {
	body, err := p.service.Message(r.Context(), r.FormValue("user"), r.FormValue("uid"))
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = body.Close() }() // it was only read
	raw, err = io.ReadAll(io.LimitReader(body, maxRead+1))
	whole = len(raw) <= maxRead
	return raw[:min(len(raw), maxRead)], whole, err
}

// message serves a message: its fields, its text, its HTML in a frame, and its source.
func (p *Page) message(w http.ResponseWriter, r *http.Request) error {
	raw, whole, err := p.read(r)
	if err != nil {
		return err
	}
	user, uid := r.FormValue("user"), r.FormValue("uid")
	l := letter{Subject: "(no subject)", Raw: "/api/v1/users/" + url.PathEscape(user) + "/messages/" + url.PathEscape(uid)}
	if e, err := parse(raw); err == nil {
		l.describe(e)
		if e.HTML != "" {
			l.Tabs = append(l.Tabs, tab{ID: "html", Label: "HTML", Frame: "/page/html?" + url.Values{"user": {user}, "uid": {uid}}.Encode()})
		}
		if e.Text != "" {
			l.Tabs = append(l.Tabs, tab{ID: "text", Label: "Text", Text: clip(e.Text)})
		}
	}
	source := clip(strings.ToValidUTF8(string(raw), "\uFFFD"))
	if !whole {
		source += "\n(the rest of a large message is left out)"
	}
	l.Tabs = append(l.Tabs, tab{ID: "source", Label: "Source", Text: source})
	return p.write(w, "message", l)
}

// parse reads a message, as far as it can be read. A parser that fails in an unforeseen way leaves
// the source to be shown.
func parse(raw []byte) (*enmime.Envelope, error) {
	parser := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.SetReadPartErrorPolicy(enmime.AllowCorruptTextPartErrorPolicy))
	return parser.ReadEnvelope(strings.NewReader(string(raw)))
}

// describe adds the fields and the attachments.
func (l *letter) describe(e *enmime.Envelope) {
	for _, name := range []string{"From", "To", "Cc", "Date", "Reply-To", "Message-Id"} {
		if value := e.GetHeader(name); value != "" {
			l.Fields = append(l.Fields, field{name, clip(value)})
		}
	}
	if subject := strings.TrimSpace(e.GetHeader("Subject")); subject != "" {
		l.Subject = clip(subject)
	}
	for _, part := range append(e.Attachments, e.OtherParts...) {
		name := part.FileName
		if name == "" {
			name = part.ContentType
		}
		l.Attachments = append(l.Attachments, clip(name))
	}
}

func clip(text string) string {
	if len(text) > maxShown {
		return strings.ToValidUTF8(text[:maxShown], "") + "\n(the rest is left out)"
	}
	return text
}

// letterPolicy restricts the HTML of a message: no scripts, nothing from the network, no forms, no
// frames. The policy of the page keeps the frame from leading elsewhere.
const letterPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// html serves the HTML of a message, for the frame.
func (p *Page) html(w http.ResponseWriter, r *http.Request) error {
	raw, _, err := p.read(r)
	if err != nil {
		return err
	}
	e, err := parse(raw)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", letterPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, withImages(e)) // a browser that is gone needs no answer
	return nil
}

// withImages returns the HTML with the images that are parts of the message.
func withImages(e *enmime.Envelope) string {
	html, octets := e.HTML, 0
	for _, part := range append(e.Inlines, e.OtherParts...) {
		kind, _, err := mime.ParseMediaType(part.ContentType)
		id := strings.Trim(part.ContentID, "<>")
		if err != nil || id == "" || !strings.HasPrefix(kind, "image/") {
			continue
		}
		if octets += len(part.Content); octets > maxInline {
			break
		}
		html = strings.ReplaceAll(html, "cid:"+id, "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(part.Content))
	}
	return html
}
