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

// CreateOptions is what the commands that make a message have in common (behaviour
// section 12). The zero value makes an empty message.
//
// Of Parts, PartBody puts the account's signature below the text, and behind it the
// original's text under a few lines of its header, not quoted; PartAttachments takes
// the original's attachments, those that are complete; PartDescription or PartSubject
// its subject; PartOriginator and PartRecipient say whom a reply goes to. The other
// bits may be set and change nothing: a message always has its date.
type CreateOptions struct {
	Parts symbian.PartList
	Types symbian.TypeList
	// Service is the SMTP service that sends the message, or its account. 0 is that of
	// the original's account, else of the client's, else the first that there is.
	Service store.ID

	To, Cc, Bcc []string // added to whom the command finds; each may be several with commas between
	Subject     string   // instead of the one that the command makes; "" for that one
	Text        string   // UTF-8, with any line ends; up to 16 MiB
	HTML        string   // the same text as a page; without a text it becomes an attachment
	Attachments []AttachmentFile
}

// AttachmentFile is a file to attach. It is read while the message is made, to its
// end; its size counts towards the 2 GiB that a message can have.
type AttachmentFile struct {
	Name   string // without folders
	Type   string // "application/pdf", "text/plain; charset=utf-8"; "" for octets of an unknown kind
	Reader io.Reader
}

// maxText bounds the texts that a caller gives, in octets.
const maxText = 16 << 20

// check refuses what can be refused before the work starts.
func (o *CreateOptions) check(command string) error {
	if o.Types&^(symbian.TypeMHTML|symbian.TypeInvisible|symbian.TypeInPreparation) != 0 {
		return argument(command, fmt.Errorf("unknown types %#x", o.Types))
	}
	if _, err := o.recipients(); err != nil {
		return argument(command, err)
	}
	// A subject is given in one line: that it is short enough is seen when it is written.
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

// recipients reads the three lists.
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
