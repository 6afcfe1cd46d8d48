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

// The usual parts of a reply, of a reply to everybody and of a forwarded message.
const (
	ReplyParts    = symbian.PartOriginator | symbian.PartDescription
	ReplyAllParts = ReplyParts | symbian.PartRecipient
	ForwardParts  = symbian.PartBody | symbian.PartDescription | symbian.PartAttachments
)

// CreateOptions holds what the commands that write a message have in common (behaviour section 12).
// The zero value writes an empty message.
//
// Parts selects what is added. PartBody: the account's signature below the text, and below it
// the text of the original after a few lines of its header, without quote marks.
// PartAttachments: the attachments of the original that are complete. PartDescription or
// PartSubject: the original's subject. PartOriginator and PartRecipient select the recipients of
// a reply. The other bits have no effect.
type CreateOptions struct {
	Parts symbian.PartList
	Types symbian.TypeList
	// Service is the SMTP service that sends the message, or its account. 0 means that of the
	// original's account, else of the client's, else the first one.
	Service store.ID

	To, Cc, Bcc []string // added to the recipients that the command finds; one string may have several addresses, separated by commas
	Subject     string   // "" = the subject that the command makes
	Text        string   // UTF-8, with any line ends; up to 16 MiB
	HTML        string   // the same text as HTML; without Text it is an attachment
	Attachments []AttachmentFile
}

// AttachmentFile is a file to attach. Reader is read to its end while the message is written. A
// message with its attachments is limited to 2 GiB.
type AttachmentFile struct {
	Name   string // without directories
	Type   string // "application/pdf", "text/plain; charset=utf-8"; "" for octets of an unknown kind
	Reader io.Reader
}

// maxText limits the texts that a caller gives, in octets.
const maxText = 16 << 20

// check returns an error for invalid options, before the work starts.
func (o *CreateOptions) check(command string) error {
	if o.Types&^(symbian.TypeMHTML|symbian.TypeInvisible|symbian.TypeInPreparation) != 0 {
		return argument(command, fmt.Errorf("unknown types %#x", o.Types))
	}
	if _, err := o.recipients(); err != nil {
		return argument(command, err)
	}
	// The subject is checked as text; its length is checked when it is written.
	if err := compose.CheckText("subject", o.Subject, maxText); err != nil {
		return argument(command, err)
	}
	for _, text := range []string{o.Text, o.HTML} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return argument(command, fmt.Errorf("text and HTML must be UTF-8 of at most %d octets", maxText))
		}
	}
	for _, a := range o.Attachments {
		if a.Reader == nil {
			return argument(command, errors.New("an attachment has no Reader"))
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
