package maildrop

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// tongue picks one of the languages.
func (l *layout) tongue() *tongue {
	all := tongues()
	return all[l.pick(len(all))]
}

// head writes the fields that most mail has, up to MIME-Version.
func (l *layout) head(t *tongue, subject string) {
	l.trace(1 + l.pick(3))
	l.say("From: ", l.mailbox(t), "\r\nTo: Reader <reader@example.net>\r\n")
	if l.pick(3) == 0 {
		l.say("Cc: ", l.mailbox(t), ",\r\n ", l.mailbox(l.tongue()), "\r\n")
	}
	l.say("Subject: ", subject, "\r\n")
	l.identity()
	if l.pick(4) == 0 {
		l.say("User-Agent: Synthetic/1.0 (seed ", strconv.FormatUint(l.seed, 10), ")\r\n")
	}
	l.say("MIME-Version: 1.0\r\n")
}

// identity writes Date and Message-ID.
func (l *layout) identity() {
	date := l.date()
	l.say("Date: ", date.Format(mailDate), "\r\nMessage-ID: <")
	l.buf = appendID(l.buf, l.seed, l.n)
	l.say(messageHost, ">\r\n")
}

// date returns the date of the message, in one of many time zones.
func (l *layout) date() time.Time {
	minutes := 30 * (l.pick(53) - 24)
	return syntheticDate(int64(l.n)).In(time.FixedZone("", 60*minutes))
}

// trace writes a return path and one Received field for each hop.
func (l *layout) trace(hops int) {
	l.say("Return-Path: <sender", strconv.Itoa(l.n%1000), "@example.org>\r\n")
	when := l.date().Add(time.Duration(hops) * time.Second)
	for hop := hops; hop > 0; hop-- {
		h := strconv.Itoa(hop)
		l.say("Received: from relay", h, ".example.org (relay", h, ".example.org [192.0.2.", h, "])\r\n\tby mx", h,
			".example.net (Postfix) with ESMTPS id ", strconv.FormatUint(mix64(l.luck+uint64(hop)), 36),
			"\r\n\tfor <reader@example.net>; ", when.Add(-time.Duration(hop)*time.Second).Format(mailDate), "\r\n")
	}
}

// mailbox returns a name and an address.
func (l *layout) mailbox(t *tongue) string {
	return t.names[l.pick(len(t.names))] + " <sender" + strconv.Itoa(l.n%1000) + "@example.org>"
}

// title returns a subject of this message.
func (l *layout) title(t *tongue) string {
	return t.subjects[l.pick(len(t.subjects))] + " " + strconv.Itoa(l.n)
}

// boundary returns the boundary of a level. It occurs in no text, and is never a prefix of
// the boundary of another level.
func (l *layout) boundary(level int) string {
	return "=_" + strconv.Itoa(level) + "." + strconv.Itoa(l.n) + "_"
}

// multipart writes the Content-Type of a multipart and the blank line.
func (l *layout) multipart(subtype, boundary string) {
	l.say("Content-Type: multipart/", subtype, "; boundary=\"", boundary, "\"\r\n\r\n")
}

// content writes the header of a text part and the blank line.
func (l *layout) content(subtype, charset, coding string) {
	l.say("Content-Type: text/", subtype, "; charset=", charset, "\r\nContent-Transfer-Encoding: ", coding, "\r\n\r\n")
}

// prose writes a text part whose text takes the room that the other parts leave.
func (l *layout) prose(t *tongue) {
	switch {
	case l.pick(2) == 0:
		l.content("plain", t.charset, "quoted-printable")
		l.flow(&t.quoted, 1)
	case t.eightBit:
		l.content("plain", t.charset, "8bit")
		l.flow(&t.asIs, 1)
	default:
		l.content("plain", t.charset, "7bit")
		l.flow(&t.asIs, 1)
	}
}

const mostHops = 64

// parent returns the number of the message that this one replies to, 0 for the first of a
// thread. A thread stays in a block of 64 messages.
func parent(seed uint64, n int) int {
	place := (n - 1) % mostHops
	h := mix64(seed ^ mix64(uint64(n)) ^ 0x7ead)
	if place == 0 || h%4 == 0 {
		return 0
	}
	return n - 1 - int(h>>8%uint64(min(place, 7)))
}

// references writes In-Reply-To and References, and returns the first message of
// the thread. RFC 5322 section 3.6.4: the parent's references and the parent.
func (l *layout) references() int {
	var line []int
	for n := parent(l.seed, l.n); n > 0; n = parent(l.seed, n) {
		line = append(line, n)
	}
	if len(line) == 0 {
		return l.n
	}
	id := func(n int) string { return "<" + string(appendID(nil, l.seed, n)) + messageHost + ">" }
	l.say("In-Reply-To: ", id(line[0]), "\r\nReferences:")
	first := line[len(line)-1]
	const most = 12 // the first of the thread and the latest; many programs cut the field like this
	if len(line) > most {
		line = append(line[:most-1], first)
	}
	for _, n := range slices.Backward(line) {
		l.say("\r\n ", id(n))
	}
	l.say("\r\n")
	return first
}

// wide writes a folded list of many addresses as the value of a field.
func (l *layout) wide(count int) string {
	var b strings.Builder
	for i := range count {
		if i > 0 {
			b.WriteString(",\r\n ")
		}
		b.WriteString(l.mailbox(l.tongue()))
	}
	return b.String()
}

// SyntheticNumber returns the seed and the number of the synthetic message with this
// Message-ID, with or without angle brackets.
func SyntheticNumber(messageID string) (seed uint64, n int, ok bool) {
	id := strings.TrimSuffix(strings.TrimPrefix(messageID, "<"), ">")
	id, ours := strings.CutSuffix(id, messageHost)
	number, hex, dot := strings.Cut(id, ".")
	n, err := strconv.Atoi(number)
	seed, bad := strconv.ParseUint(hex, 16, 64)
	ok = ours && dot && err == nil && bad == nil && n >= 1 && id == string(appendID(nil, seed, n))
	return seed, n, ok
}

const messageHost = "@synthetic.example"

// appendID appends the part of a Message-ID before messageHost.
func appendID(b []byte, seed uint64, n int) []byte {
	b = append(strconv.AppendInt(b, int64(n), 10), '.')
	return strconv.AppendUint(b, seed, 16)
}

// mailDate is the form of a date in a header.
const mailDate = "Mon, 02 Jan 2006 15:04:05 -0700"

// appendDate appends a time of UTC in the form of mailDate, which Time.AppendFormat does in three
// times the time.
func appendDate(b []byte, t time.Time) []byte {
	two := func(n int) { b = append(b, byte('0'+n/10), byte('0'+n%10)) }
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = append(append(b, t.Weekday().String()[:3]...), ", "...)
	two(day)
	b = append(append(append(b, ' '), month.String()[:3]...), ' ')
	two(year / 100)
	two(year % 100)
	for i, n := range []int{hour, minute, second} {
		b = append(b, " ::"[i])
		two(n)
	}
	return append(b, " +0000"...)
}

// syntheticDate returns the date of message n: one message a minute, for 50 years.
func syntheticDate(n int64) time.Time {
	return time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n%(50*365*24*60)) * time.Minute)
}
