package compose

import (
	"bytes"
	"net/mail"

	"github.com/emersion/go-message/textproto"
)

// Report says that a message was shown to its reader (RFC 8098 section 3).
type Report struct {
	Reader            *mail.Address
	OriginalRecipient string // the original's field of that name; "" for none
	OriginalID        string // the original's identifier; "" for none
}

// root returns the multipart/report of RFC 8098: a text for people, and the fields for programs.
func (r *Report) root(text *part) *part {
	var fields textproto.Header // in reverse order
	fields.Add("Disposition", "manual-action/MDN-sent-manually; displayed")
	if r.OriginalID != "" {
		fields.Add("Original-Message-ID", "<"+r.OriginalID+">")
	}
	fields.Add("Final-Recipient", "rfc822; "+Wire(r.Reader))
	if r.OriginalRecipient != "" && CheckText("recipient", r.OriginalRecipient, maxSubject) == nil && isASCII(r.OriginalRecipient) {
		fields.Add("Original-Recipient", r.OriginalRecipient)
	}
	fields.Add("Reporting-UA", "pop3mtm")
	var b bytes.Buffer
	_ = textproto.WriteHeader(&b, fields) // a buffer cannot fail, and the fields are checked
	p := &part{encoding: sevenBit, content: String(b.String())}
	p.header.Add("Content-Transfer-Encoding", sevenBit)
	p.header.Add("Content-Type", "message/disposition-notification")
	return multipart("report", map[string]string{"report-type": "disposition-notification"}, text, p)
}
