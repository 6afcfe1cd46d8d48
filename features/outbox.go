package features

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"

	"github.com/cucumber/godog"
	"github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/email"
	"pop3mtm/mtm/mail"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// outboxSteps returns the steps about messages that are written in this store.
func (w *world) outboxSteps() []step {
	return []step{
		{"I write {piece} into the {place}:", "a message with: " + strings.Join(writtenNames(), ", ") + "; a file is given by its name, and its content is the name too", "I write a new message into the Drafts:\n| to      | ben@example.org |\n| subject | Plan            |", w.write},
		{"I write {piece} into the {place}", "without text or recipients of my own", `I write a receipt for "Lunch" into the Outbox`, w.writeBare},
		{"{text} in the {place} says:", "for a message that was written in this store: " + strings.Join(slices.Sorted(maps.Keys(new(outgoing).told())), ", ") + "; - means nothing", "\"Re: Lunch\" in the Drafts says:\n| to   | Ann <Ann1@example.org> |\n| text | At noon, then.         |", w.says},
	}
}

// The values of {piece}: what a person writes.
const piecePattern = `a new message|a reply to "[^"]*"|a reply to all of "[^"]*"|"[^"]*" on|"[^"]*" on as an attachment|a receipt for "[^"]*"`

func writtenNames() []string {
	return []string{"to", "cc", "bcc", "subject", "text", "page", "files", "with"}
}

func (w *world) writeBare(ctx context.Context, piece, place string) error {
	return w.write(ctx, piece, place, &godog.Table{})
}

func (w *world) write(ctx context.Context, piece, place string, table *godog.Table) error {
	options, err := written(table)
	if err != nil {
		return err
	}
	command := w.piece(ctx, piece, w.place(ctx, place), options)
	w.last = result{words: "write"}
	if w.last.operation, w.last.refused = w.client.InvokeAsync(ctx, command); w.last.refused == nil {
		w.newest = w.last.operation
	}
	_ = w.wait(w.last) // the scenario says what it expects
	return nil
}

// written returns the options for a message that a table describes.
func written(table *godog.Table) (o mtm.CreateOptions, err error) {
	for _, row := range table.Rows {
		value := row.Cells[1].Value
		switch row.Cells[0].Value {
		case "to":
			o.To = append(o.To, value)
		case "cc":
			o.Cc = append(o.Cc, value)
		case "bcc":
			o.Bcc = append(o.Bcc, value)
		case "subject":
			o.Subject = value
		case "text":
			o.Text = value
		case "page":
			o.HTML = value
		case "files":
			for name := range strings.SplitSeq(value, ", ") {
				o.Attachments = append(o.Attachments, mtm.AttachmentFile{Name: name, Reader: strings.NewReader(name)})
			}
		case "with":
			err = with(&o, value)
		default:
			err = fmt.Errorf("a message has no %q; it has %s", row.Cells[0].Value, strings.Join(writtenNames(), ", "))
		}
	}
	return o, err
}

// with sets the options in the cell named with.
func with(o *mtm.CreateOptions, list string) error {
	for name := range strings.SplitSeq(list, ", ") {
		switch name {
		case "the original's text":
			o.Parts |= symbian.PartBody
		case "its page":
			o.Types |= symbian.TypeMHTML
		case "hidden":
			o.Types |= symbian.TypeInvisible
		case "in preparation":
			o.Types |= symbian.TypeInPreparation
		default:
			return fmt.Errorf("a message cannot be written with %q", name)
		}
	}
	return nil
}

// piece returns the command that writes a {piece}.
func (w *world) piece(ctx context.Context, piece string, into store.ID, o mtm.CreateOptions) mtm.Command {
	var original store.ID
	if names := subjects(piece); len(names) > 0 {
		original = w.ids(ctx, piece, "Inbox")[0]
	}
	switch {
	case strings.HasPrefix(piece, "a reply to all"):
		o.Parts |= mtm.ReplyAllParts
		return mtm.CreateReply{Into: into, Original: original, CreateOptions: o}
	case strings.HasPrefix(piece, "a reply"):
		o.Parts |= mtm.ReplyParts
		return mtm.CreateReply{Into: into, Original: original, CreateOptions: o}
	case strings.HasPrefix(piece, "a receipt"):
		return mtm.CreateReceipt{Into: into, Original: original, Types: o.Types}
	case strings.HasSuffix(piece, "as an attachment"):
		o.Parts |= mtm.ForwardParts
		return mtm.CreateForwardAsAttachment{Into: into, Original: original, CreateOptions: o}
	case strings.HasSuffix(piece, "on"):
		o.Parts |= mtm.ForwardParts
		return mtm.CreateForward{Into: into, Original: original, CreateOptions: o}
	}
	return mtm.CreateNew{Into: into, CreateOptions: o}
}

func (w *world) says(ctx context.Context, subject, place string, table *godog.Table) error {
	e := find(w.entries(ctx, place), subject)
	w.Expect(e).NotTo(gomega.BeNil(), "no %q in the %s", subject, place)
	made, err := w.outgoing(ctx, e.ID)
	if err != nil {
		return err
	}
	got := made.told()
	for _, row := range table.Rows {
		w.Expect(got).To(gomega.HaveKeyWithValue(row.Cells[0].Value, row.Cells[1].Value))
	}
	return nil
}

// outgoing is a message that was written in this store.
type outgoing struct {
	outbox.Message
	header  netmail.Header
	text    string
	page    string
	files   []string
	answers string // the subject of the message that it answers
	invalid symbian.PartList
}

func (w *world) outgoing(ctx context.Context, id store.ID) (*outgoing, error) {
	made, err := outbox.Read(ctx, w.store, id)
	if err != nil {
		return nil, err
	}
	o := &outgoing{Message: made}
	if o.invalid, err = outbox.ValidateMessage(ctx, w.store, id); err != nil {
		return nil, err
	}
	body, err := w.store.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	message, err := netmail.ReadMessage(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, err
	}
	o.header = message.Header
	parsed, err := email.Read(ctx, w.store, id)
	if err != nil {
		return nil, err
	}
	for _, p := range parsed.Parts {
		if p.Embedded {
			continue // it is in one of the other folders
		}
		if err = o.readPart(ctx, &parsed, p); err != nil {
			return nil, err
		}
	}
	o.answers, err = w.withID(o.header.Get("In-Reply-To"))
	return o, err
}

func (o *outgoing) readPart(ctx context.Context, e *email.Entry, p *mail.Part) error {
	content, err := e.OpenPart(ctx, p)
	if err != nil {
		return err
	}
	octets, err := io.ReadAll(content)
	text := strings.ReplaceAll(string(octets), "\r\n", "\n")
	switch {
	case p.Disposition == "attachment":
		o.files = append(o.files, p.Filename)
	case p.MediaType == "text/html":
		o.page = text
	case p.MediaType == "text/plain":
		o.text = text
	}
	return errors.Join(err, content.Close())
}

// withID returns the subject of the letter with a Message-ID, or "".
func (w *world) withID(id string) (string, error) {
	for subject, l := range w.letters {
		raw, err := maildrop.Read(l)
		if err != nil {
			return "", err
		}
		if id != "" && strings.Contains(string(raw), "Message-ID: "+id) {
			return subject, nil
		}
	}
	return "", nil
}

func invalidParts(parts symbian.PartList) (names []string) {
	for part, name := range map[symbian.PartList]string{
		symbian.PartBody: "its text", symbian.PartRecipient: "its recipients", symbian.PartOriginator: "its sender",
	} {
		if parts&part != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// told returns what a person can see of the message, by the names in tables.
func (o *outgoing) told() map[string]string {
	var addresses, reached []string
	for _, r := range o.Recipients {
		addresses = append(addresses, r.Address)
		if r.State == store.RecipientAccepted {
			reached = append(reached, r.Address)
		}
	}
	var quoted, blocks []string
	for line := range strings.Lines(o.text) {
		if strings.HasPrefix(line, ">") {
			quoted = append(quoted, line)
		}
		if title, ok := strings.CutPrefix(line, "----- "); ok {
			blocks = append(blocks, strings.TrimRight(title, " -\n"))
		}
	}
	says := map[string]string{
		"quotes": words(quoted), "text below": words(blocks),
		"goes to": words(addresses), "has it": words(reached), "state": o.Sending.String(), "listed as": o.Details, "files": words(o.files),
		"text": strings.TrimRight(o.text, "\n"), "failed": "", "page": strings.TrimSpace(o.page), "answers": o.answers, "failures go to": o.Outgoing.From,
		"cannot be sent for": words(invalidParts(o.invalid)),
	}
	if o.Flags.Has(store.Failed) {
		says["failed"] = "yes, " + o.Outgoing.Reason[strings.LastIndex(o.Outgoing.Reason, ": ")+2:]
	}
	for name, field := range map[string]string{
		"from": "From", "to": "To", "cc": "Cc", "bcc": "Bcc", "subject": "Subject", "answers go to": "Reply-To", "receipt goes to": "Disposition-Notification-To",
	} {
		value := o.header.Get(field)
		if decoded, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
			value = decoded
		}
		says[name] = strings.NewReplacer(`"`, "", "<>", "").Replace(value)
	}
	for name, value := range says {
		if value == "" {
			says[name] = nothing
		}
	}
	return says
}

// checkMade checks that every message written in this store is valid, and that Bcc is only in its
// envelope.
func (w *world) checkMade(ctx context.Context, folder store.Entry) error {
	entries, err := w.store.Children(ctx, folder.ID)
	found := []error{err}
	for _, e := range entries {
		made, err := w.outgoing(ctx, e.ID)
		if err == nil && (made.header.Get("Bcc") != "" || made.header.Get("Message-Id") != "<"+e.MessageID+">" || !e.Flags.Has(store.Complete)) {
			err = errors.New("it differs from the message that was written")
		}
		if err != nil {
			found = append(found, fmt.Errorf("%q in %s: %w", e.Description, folder.Name, err))
		}
	}
	return errors.Join(found...)
}
