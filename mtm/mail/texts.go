package mail

import (
	"io"
	"strings"
)

// Text is a part to be read, in the order of the message.
type Text struct {
	// Part is a text; of a message in the message it is that message, and its texts follow.
	Part *Part
	// Instead are the texts that it was chosen from: siblings in a multipart/alternative. They say
	// the same and are left out.
	Instead []*Part
}

// Heading returns the line that tells what a text is, "" for one that needs none: that of a message
// in the message begins with who wrote it, that of a file has its name.
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

// Texts returns what there is to read in a message: all texts in their order, of each
// multipart/alternative one. A plain text comes before a page, unless it is blank or only says that
// there is a page. An appointment is a text where there is no other. open opens the view of a part;
// its error ends the choice.
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
	first bool // no part with content came yet
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
		return // files in a text are no texts
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

// isAppointment reports whether a part is of a calendar.
func (p *Part) isAppointment() bool {
	return p.MediaType == "text/calendar" || p.MediaType == "text/x-vcalendar"
}

// choose takes one of the parts of a multipart/alternative: a plain text where it is the message,
// else the page, else the last that is readable. What else stands in the others is collected.
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

// firstText returns the first text in a part that is not attached, nil for none.
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

// poorer reports whether a plain text is blank, or much shorter than the page beside it: then it
// says no more than that there is a page.
func (c *chooser) poorer(plain, page *Part) bool {
	const (
		stub = 300      // letters that such a text has at most
		many = 4        // times as many letters make a page the message
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

// letters counts the octets of a part's view that are no blanks, up to most or a little more.
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
