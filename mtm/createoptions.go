package mtm

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"pop3mtm/mtm/internal/compose"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

// The parts that a reply, a reply to everybody and a forwarded message usually have.
const (
	ReplyParts    = symbian.PartOriginator | symbian.PartDescription
	ReplyAllParts = ReplyParts | symbian.PartRecipient
	ForwardParts  = symbian.PartBody | symbian.PartDescription | symbian.PartAttachments
)

// CreateOptions holds what the commands that write a message have in common (behaviour section 12).
// The zero value writes an empty message.
//
// Of Parts, PartBody adds the account's signature below the text, and below it the text of the
// original under a few lines of its header, without quote marks. PartAttachments adds the
// attachments of the original that are complete. PartDescription and PartSubject take its subject.
// PartOriginator and PartRecipient say to whom a reply goes. The other bits change nothing: a
// message always has its date.
type CreateOptions struct {
	Parts symbian.PartList
	Types symbian.TypeList
	// Service is the SMTP service that sends the message, or its account. 0 means that of the
	// original's account, else of the client's, else the first one.
	Service store.ID

	To, Cc, Bcc []string // added to the recipients that the command finds; each may be several, separated by commas
	Subject     string   // instead of the one that the command makes; "" for that one
	Text        string   // UTF-8, with any line ends; up to 16 MiB
	HTML        string   // the same text as HTML; without Text it becomes an attachment
	Attachments []AttachmentFile
}

// AttachmentFile is a file to attach. It is read to its end while the message is written. A message
// can have 2 GiB with its attachments.
type AttachmentFile struct {
	Name   string // without directories
	Type   string // "application/pdf", "text/plain; charset=utf-8"; "" for octets of an unknown kind
	Reader io.Reader
}

// maxText bounds the texts that a caller gives, in octets.
const maxText = 16 << 20

// check rejects invalid options before the work starts.
func (o *CreateOptions) check(command string) error {
	if o.Types&^(symbian.TypeMHTML|symbian.TypeInvisible|symbian.TypeInPreparation) != 0 {
		return argument(command, fmt.Errorf("unknown types %#x", o.Types))
	}
	if _, err := o.recipients(); err != nil {
		return argument(command, err)
	}
	// A subject is one line here; writing it checks that it is short enough.
	if err := compose.CheckText("subject", o.Subject, maxText); err != nil {
		return argument(command, err)
	}
	for _, text := range []string{o.Text, o.HTML} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return argument(command, fmt.Errorf("a text has to be UTF-8, up to %d octets", maxText))
		}
	}
	for _, a := range o.Attachments {
		if a.Reader == nil {
			return argument(command, errors.New("an attachment without a reader"))
		}
		if err := compose.CheckFileName(a.Name); err != nil {
			return argument(command, err)
		}
	}
	return nil
}

// recipients parses the three lists.
func (o *CreateOptions) recipients() (r recipients, err error) {
	if r.to, err = compose.ParseList("recipient (to)", o.To); err != nil {
		return r, err
	}
	if r.cc, err = compose.ParseList("recipient (cc)", o.Cc); err != nil {
		return r, err
	}
	r.bcc, err = compose.ParseList("recipient (bcc)", o.Bcc)
	return r, err
}

func argument(command string, err error) error {
	return &Error{Command: command, Code: ErrArgument, Err: err}
}
