package mtm

import (
	"context"
	"html"
	"io"
	"slices"
	"strings"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/symbian"
)

// takeBody puts the texts of the original below the caller's, and its HTML beside them when the
// message is to have HTML (behaviour section 12). Of the parts of the original only siblings in an
// alternative are left out: the result lists them.
func (c *creation) takeBody(ctx context.Context, title string) error {
	own := c.ownText()
	texts, err := c.source.email.Texts(ctx)
	if err != nil {
		return err
	}
	texts = c.quoted(texts)
	if c.options.Parts&symbian.PartBody == 0 {
		if own != "" {
			c.letter.Text = compose.String(own)
		}
		return c.takeAttachments(ctx, texts)
	}
	if err := c.source.needBody(); err != nil {
		return err
	}
	if own != "" {
		own += "\n"
	}
	own += c.source.block(title, c.smtp().ToCcIncludeLimit)
	c.letter.Text = c.quote(ctx, own, texts)
	if page := pageOf(texts); page != nil && c.options.Types&symbian.TypeMHTML != 0 {
		c.letter.HTML = compose.Join(compose.String(asPage(own)), c.source.content(ctx, page, c.source.email.OpenText))
	}
	return c.takeAttachments(ctx, texts)
}

// quoted returns the texts to quote: those of embedded messages are left out, since these are
// attached, unless there is nothing else to quote and nothing is attached.
func (c *creation) quoted(texts []mail.Text) []mail.Text {
	own := slices.DeleteFunc(slices.Clone(texts), func(t mail.Text) bool { return t.Part.Embedded || t.Part.IsMessage() })
	if len(own) == 0 && c.options.Parts&symbian.PartAttachments == 0 {
		return texts
	}
	return own
}

// quote returns the caller's text with the texts of the original below it.
func (c *creation) quote(ctx context.Context, own string, texts []mail.Text) compose.Content {
	all := []compose.Content{compose.String(own)}
	for i, t := range texts {
		if i > 0 {
			all = append(all, compose.String("\n"))
		}
		if heading := t.Heading(); heading != "" {
			all = append(all, compose.String(compose.CleanText(heading, maxHeading)+"\n\n"))
		}
		if t.Part.IsMessage() {
			continue
		}
		text := c.source.content(ctx, t.Part, c.source.email.OpenView)
		if i < len(texts)-1 {
			text = endsLine(text)
		}
		all = append(all, text)
	}
	if notice := c.source.email.PartialNotice(); notice != "" {
		all = append(all, compose.String("\n"+notice+"\n"))
	}
	return compose.Join(all...)
}

// maxHeading limits the line above a text, in characters.
const maxHeading = 500

// pageOf returns the HTML part among the texts, or the HTML alternative to the first of them. It is
// nil when there is no HTML, or when the HTML is not the whole text.
func pageOf(texts []mail.Text) *mail.Part {
	if len(texts) != 1 {
		return nil
	}
	for _, p := range append([]*mail.Part{texts[0].Part}, texts[0].Instead...) {
		if p.MediaType == "text/html" {
			return p
		}
	}
	return nil
}

// takeAttachments adds the parts of the original that are not quoted. HTML that is quoted as plain
// text is attached too, since its form is lost, and so is a text that is a file.
func (c *creation) takeAttachments(ctx context.Context, texts []mail.Text) error {
	var without []*mail.Part
	page := pageOf(texts)
	for _, t := range texts {
		if c.options.Parts&symbian.PartBody != 0 && t.Part.MediaType == "text/html" && (t.Part != page || c.letter.HTML == nil) {
			if c.options.Parts&symbian.PartAttachments == 0 {
				c.letter.Attachments = append(c.letter.Attachments, c.source.attachment(ctx, t.Part))
			}
			continue
		}
		if t.Part.Filename == "" {
			without = append(without, t.Part)
		}
		for _, p := range t.Instead {
			without = append(without, p)
			if p != page || c.letter.HTML == nil {
				c.leftOut = append(c.leftOut, LeftOut{Path: p.Path, MediaType: p.MediaType, Size: p.Size})
			}
		}
	}
	if c.options.Parts&symbian.PartAttachments == 0 {
		return nil
	}
	if err := c.source.takenApart(); err != nil {
		return err
	}
	list, err := c.source.attachments(ctx, without)
	c.letter.Attachments = append(c.letter.Attachments, list...)
	return err
}

// asPage returns a text as HTML that the original's HTML can follow.
func asPage(text string) string {
	text = html.EscapeString(strings.TrimRight(text, "\n"))
	return "<div style=\"white-space: pre-wrap\">" + text + "</div>\n<hr>\n"
}

// endsLine adds a line end to a content that has none.
func endsLine(content compose.Content) compose.Content {
	return func() (io.ReadCloser, error) {
		r, err := content()
		if err != nil {
			return nil, err
		}
		return &lineEnder{ReadCloser: r}, nil
	}
}

type lineEnder struct {
	io.ReadCloser
	last  byte
	ended bool
}

// Read implements io.Reader.
func (l *lineEnder) Read(p []byte) (int, error) {
	if l.ended {
		return 0, io.EOF
	}
	n, err := l.ReadCloser.Read(p)
	if n > 0 {
		l.last = p[n-1]
	}
	if err != io.EOF || n == len(p) {
		return n, err
	}
	l.ended = true
	if l.last != '\n' && l.last != 0 {
		p[n] = '\n'
		n++
	}
	return n, nil
}
