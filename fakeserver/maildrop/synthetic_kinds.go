package maildrop

import (
	"strconv"
	"strings"
	"sync"
)

// layText writes a single text part in any charset and encoding.
func layText(l *layout) {
	t := l.tongue()
	l.head(t, l.title(t))
	if l.pick(3) > 0 {
		l.prose(t)
		return
	}
	// A line of base64 is not cut, so a header field takes the rest of the room.
	l.say("X-Room:\r\n")
	l.tail = folded
	l.flow(folds(), 0)
	l.content("plain", t.charset, "base64")
	l.fill(&t.base64, 1)
}

// layRaw writes a header with octets above 127: names and subjects without encoding. RFC 6532
// allows that for UTF-8; no standard allows it for other charsets.
func layRaw(l *layout) {
	t := l.tongue()
	if !t.eightBit {
		t = tongues()[1]
	}
	l.trace(1)
	l.say("From: \"", t.rawName, "\" <sender@example.org>\r\nTo: Reader <reader@example.net>\r\nSubject: ", t.rawTitle, "\r\n")
	l.identity()
	l.say("MIME-Version: 1.0\r\n")
	l.prose(t)
}

// layHTML writes text and HTML, some with a picture.
func layHTML(l *layout) {
	t := l.tongue()
	l.head(t, l.title(t))
	alternative, related := l.boundary(1), l.boundary(2)
	l.multipart("alternative", alternative)
	l.say("--", alternative, "\r\n")
	l.prose(t)
	l.say("\r\n--", alternative, "\r\n")
	picture := l.pick(3) == 0
	if picture {
		l.say("Content-Type: multipart/related; type=\"text/html\"; boundary=\"", related, "\"\r\n\r\n--", related, "\r\n")
	}
	l.content("html", t.charset, "quoted-printable")
	l.say("<html><head><title>", strconv.Itoa(l.n), "</title></head><body>\r\n")
	l.fill(&t.html, 2)
	if picture {
		l.say("<img src=3D\"cid:picture.", strconv.Itoa(l.n), messageHost, "\" alt=3D\"\">\r\n")
	}
	l.say("</body></html>\r\n")
	if picture {
		l.say("\r\n--", related, "\r\nContent-Type: image/png\r\nContent-ID: <picture.", strconv.Itoa(l.n), messageHost, ">\r\n"+
			"Content-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		l.fill(files(), 4)
		l.say(lastFile, "\r\n--", related, "--\r\n")
	}
	l.say("\r\n--", alternative, "--\r\n")
}

// lastFile is the last line of a file in base64, with its padding.
const lastFile = "c3ludGhldGljIQ==\r\n"

// layFiles writes text with attachments.
func layFiles(l *layout) {
	t := l.tongue()
	l.head(t, l.title(t))
	mixed := l.boundary(1)
	l.multipart("mixed", mixed)
	l.say("This is a message with parts.\r\n--", mixed, "\r\n")
	l.prose(t)
	for range 1 + l.pick(4) {
		l.say("\r\n--", mixed, "\r\n")
		l.file()
	}
	l.say("\r\n--", mixed, "--\r\n")
}

// file writes an attachment, named in one of the ways that mail programs use.
func (l *layout) file() {
	named := []string{
		"application/pdf; name=report.pdf\r\nContent-Disposition: attachment; filename=report.pdf",
		"image/jpeg\r\nContent-Disposition: attachment;\r\n\tfilename=\"a picture (1).jpeg\"; size=1000",
		"application/zip\r\nContent-Disposition: attachment;\r\n filename*=utf-8''%E2%98%83%20snow.zip",
		"application/octet-stream\r\nContent-Disposition: attachment;\r\n filename*0*=iso-8859-1'de'Stra%DFe;\r\n filename*1=\"-und-Hafen.bin\"",
		"application/ics; method=REQUEST\r\nContent-Disposition: attachment; filename=meeting.ics",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document;\r\n name=letter.docx\r\nContent-Disposition: attachment",
	}
	l.say("Content-Type: ", named[l.pick(len(named))], "\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	l.fill(files(), 5)
	l.say(lastFile)
}

// layNested writes multiparts in multiparts; every third level is a message/rfc822 part. The
// depth grows with the size.
func layNested(l *layout) {
	t := l.tongue()
	l.head(t, l.title(t))
	const level = 360 // most octets of a level
	depth := int(min(int64(3+l.pick(38)), (l.size-2<<10)/level))
	l.multipart("mixed", l.boundary(1))
	for d := 1; d < depth; d++ {
		l.say("--", l.boundary(d), "\r\n")
		if l.pick(3) == 0 {
			l.say("Content-Type: message/rfc822\r\n\r\nFrom: Forwarder <forwarder@example.org>\r\nSubject: level ", strconv.Itoa(d),
				"\r\nDate: ", l.date().Format(mailDate), "\r\nMIME-Version: 1.0\r\n")
		}
		l.multipart("mixed", l.boundary(d+1))
	}
	l.say("--", l.boundary(depth), "\r\n")
	l.prose(t)
	for d := depth; d > 0; d-- {
		l.say("\r\n--", l.boundary(d), "--\r\n")
	}
}

// layHeaders writes a header with all kinds of fields.
func layHeaders(l *layout) {
	t, other := l.tongue(), l.tongue()
	l.trace(4 + l.pick(12))
	l.say("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=mail; bh=", strings.Repeat("A", 43), "=;\r\n\tb=", strings.Repeat("Ab0/+", 60), "\r\n")
	l.say("Authentication-Results: mx.example.net; dkim=pass (2048-bit key) header.d=example.org;\r\n\tspf=pass smtp.mailfrom=sender@example.org\r\n")
	l.say("from: ", l.mailbox(t), "\r\nTO: ", l.wide(1+l.pick(30)), "\r\n")
	l.say("Cc: Crew: ann@example.org, \"O'Hara, Bob\" <bob@example.org>;, Reader (at home (upstairs)) <reader@example.net>\r\n")
	l.say("Sender: \"A \\\"quoted\\\" name\" <\"odd name\"@example.org>\r\nReply-To: <reply@[192.0.2.1]>\r\n")
	switch l.pick(4) {
	case 0:
		l.say("Subject: \r\n")
	case 1:
		l.say("Subject: ", t.subjects[0], "\r\n ", other.subjects[1], "\r\n\t", t.subjects[2], " ", strconv.Itoa(l.n), "\r\n")
	case 2:
		l.say("SUBJECT:", l.title(t), "\r\n")
	default: // a line of nearly 998 octets
		l.say("Subject: ", strings.Repeat("a long subject ", 60), strconv.Itoa(l.n), "\r\n")
	}
	l.identity()
	l.say("Keywords: one, two,\r\n three\r\nComments: ", other.subjects[3], "\r\nComments: again\r\n")
	l.say("List-Id: A list <list.example.org>\r\nList-Unsubscribe: <mailto:leave@example.org>,\r\n <https://example.org/leave?n=", strconv.Itoa(l.n), ">\r\n")
	l.say("X-Empty: \r\nX-Priority: 3 (Normal)\r\nPrecedence: bulk\r\nMIME-Version: 1.0 (made by hand)\r\n")
	l.prose(t)
}

// layReply writes a message of a thread; all but the first quote others.
func layReply(l *layout) {
	t := l.tongue()
	answers := parent(l.seed, l.n) > 0
	first := l.n
	if answers {
		first = l.references()
	}
	subject := "Thread " + strconv.Itoa(first)
	if answers {
		subject = "Re: " + subject
	}
	l.head(t, subject)
	if t.eightBit {
		l.content("plain", t.charset, "8bit")
	} else {
		l.content("plain", t.charset, "7bit")
	}
	if answers {
		l.say("> somebody wrote:\r\n>\r\n>> and somebody else before.\r\n> .\r\n\r\n")
	}
	l.flow(&t.asIs, 1)
	l.say("-- \r\n", strconv.Itoa(l.n), "\r\n")
}

// layLines writes lines of the greatest length allowed, and lines with dots in all positions.
func layLines(l *layout) {
	ascii := tongues()[0]
	l.head(ascii, l.title(ascii))
	l.content("plain", ascii.charset, "7bit")
	l.say(".\r\n..\r\n...\r\n.leading\r\n..two\r\ntrailing.\r\n\r\n.\r\n\r\n. \r\n")
	l.fill(longLines(), 2)
	l.say(".\r\n")
	l.flow(&ascii.asIs, 1)
	l.say("\r\n.\r\n.\r\n.")
	l.say(strings.Repeat(".", l.pick(900)), "\r\n")
}

// longLines holds lines of 998 octets and their CRLF (RFC 5322 section 2.1.1). Every second
// one begins with a dot.
var longLines = sync.OnceValue(func() *pool {
	const line, rows = 1000, 16
	var ring []byte
	for i := range rows {
		start := strings.Repeat(".", i%2) + strconv.Itoa(i)
		ring = append(append(ring, start...), lastLine[:line-2-len(start)]...)
		ring = append(ring, "\r\n"...)
	}
	return &pool{ring, line}
})

// folds holds lines that continue a header field.
var folds = sync.OnceValue(func() *pool {
	const line = 72
	return &pool{[]byte(strings.Repeat(" "+string(lastLine[:line-3])+"\r\n", 4)), line}
})

// folded is lastLine for a header field.
var folded = append([]byte{' '}, lastLine...)
