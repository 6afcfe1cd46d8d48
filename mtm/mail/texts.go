package mail

import (
	"io"
	"strings"
)

// Text is a part of a message that people read.
type Text struct {
	// Part is a text, or an embedded message, whose texts follow.
	Part *Part
	// Instead holds the texts that are left out in favour of Part: alternatives in a
	// multipart/alternative, with the same content.
	Instead []*Part
}

// Heading returns the line to show above a text: for an embedded message its author and subject,
// for a file its name, and "" for other texts.
func (t Text) Heading() string {
	p := t.Part
	switch {
	case p.IsMessage():
		words := strings.Join(strings.Fields(p.Header.Text("From")+" \u2014 "+p.Header.Text("Subject")), " ")
		return "----- Message: " + strings.Trim(words, " \u2014") + " -----"
	case p.Filename != "":
		return "----- " + p.Filename + " -----"
	}
	return ""
}

// Texts returns the texts to show, in the order of the message, and one of each
// multipart/alternative. Plain text is preferred to HTML, unless it is blank or only says that
// there is HTML. An appointment is returned only when there is no other text. open opens the view
// of a part; its error ends Texts.
func (m *Message) Texts(open func(*Part) (io.Reader, error)) ([]Text, error) {
	c := &chooser{open: open, first: true}
	c.collect(m.Root)
	if len(c.list) == 0 {
		m.Root.walk(func(p *Part) {
			if p.isAppointment() && p.Disposition != "attachment" {
				c.list = append(c.list, Text{Part: p})
			}
		})
	}
	return c.list, c.err
}

// chooser collects texts.
type chooser struct {
	open  func(*Part) (io.Reader, error)
	list  []Text
	first bool // no part with content was found yet
	err   error
}

func (c *chooser) collect(p *Part) {
	switch {
	case p.MediaType == "multipart/alternative" && p.IsMultipart():
		c.choose(p)
		return
	case p.IsMultipart():
	case p.IsMessage() && len(p.Children) > 0:
		c.list = append(c.list, Text{Part: p})
	default:
		if p.readable() && (!p.Attached() || c.first && p.Disposition != "attachment") {
			c.list = append(c.list, Text{Part: p})
		}
		c.first = false
		return // files inside a text are not texts
	}
	for _, child := range p.Children {
		c.collect(child)
	}
}

// readable reports whether a part is a text for people.
func (p *Part) readable() bool {
	switch p.MediaType {
	case "text/calendar", "text/x-vcalendar", "text/vcard", "text/x-vcard", "text/directory", "text/rtf", "text/css",
		"text/javascript":
		return false
	case "message/delivery-status", "message/disposition-notification", "message/global-delivery-status":
		return true
	}
	return strings.HasPrefix(p.MediaType, "text/")
}

// isAppointment reports whether a part is a calendar entry.
func (p *Part) isAppointment() bool {
	return p.MediaType == "text/calendar" || p.MediaType == "text/x-vcalendar"
}

// choose chooses one of the parts of a multipart/alternative: plain text if it is the message, else
// HTML, else the last readable part. It collects the other contents of the alternatives.
func (c *chooser) choose(p *Part) {
	var plain, page, last *Part
	for _, child := range p.Children {
		text := child.firstText()
		switch {
		case text == nil:
			continue
		case text.MediaType == "text/html":
			page = child
		case plain == nil && text.MediaType == "text/plain":
			plain = child
		}
		last = child
	}
	best := plain
	if plain == nil || page != nil && c.poorer(plain.firstText(), page.firstText()) {
		best = page
	}
	if best == nil {
		best = last
	}
	if best == nil {
		return
	}
	at := len(c.list)
	c.collect(best)
	if at == len(c.list) {
		return
	}
	for _, child := range p.Children {
		if child != best && child.firstText() != nil {
			c.list[at].Instead = append(c.list[at].Instead, child.texts()...)
		}
	}
}

// firstText returns the first text in a part that is not an attachment, or nil.
func (p *Part) firstText() *Part {
	if list := p.texts(); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (p *Part) texts() []*Part {
	var list []*Part
	p.walk(func(leaf *Part) {
		if leaf.readable() && leaf.Disposition != "attachment" {
			list = append(list, leaf)
		}
	})
	return list
}

// poorer reports whether a plain text is blank, or so much shorter than the HTML beside it that it
// only says that there is HTML.
func (c *chooser) poorer(plain, page *Part) bool {
	const (
		stub = 300      // the most letters that such a text has
		many = 4        // HTML with this many times as many letters is the message
		read = 64 << 10 // octets of it
	)
	letters := c.letters(plain, stub+1)
	switch {
	case letters == 0:
		return c.letters(page, 1) > 0
	case letters > stub:
		return false
	}
	return c.letters(page, read) > max(stub, many*letters)
}

// letters counts the octets of a part's view that are not blanks, up to most or a little more.
func (c *chooser) letters(p *Part, most int) int {
	r, err := c.open(p)
	if err != nil {
		c.err = err
		return 0
	}
	count, buf := 0, make([]byte, 4<<10)
	for read := 0; count < most && read < 1<<20; {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			if b > ' ' {
				count++
			}
		}
		if read += n; err != nil {
			break // a text that cannot be read is reported when it is shown
		}
	}
	return count
}
