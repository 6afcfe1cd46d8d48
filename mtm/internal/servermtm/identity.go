package servermtm

import (
	"strconv"
	"strings"

	"pop3mtm/mtm/store"
)

// verdict says whether a message that the server lists is the one that is known here.
type verdict int

const (
	same  verdict = iota
	other         // another message
	ask           // unknown until TOP n 0 has shown its header
	fetch         // unknown until RETR has brought it: equal octets are kept once
)

// idMatch compares unique-ids.
type idMatch int

const (
	idSame    idMatch = iota
	idNone            // the server names no messages, or not this one
	idRenamed         // known here under another unique-id
)

// sizeMatch compares the size in LIST now with the size in LIST when the message was seen last,
// never with stored octets (QUIRK 42).
type sizeMatch int

const (
	sizeSame    sizeMatch = iota
	sizeOther             // LIST told another one
	sizeUnknown           // LIST does not tell it, or did not (QUIRK 104)
	sizeVoid              // sizes of this server change from visit to visit
)

// headMatch compares headers: that of TOP or RETR now with the one that made the entry.
type headMatch int

const (
	headUnasked headMatch = iota
	headRefused           // the server has no TOP, or refuses it for this message
	headSame              // the same Message-ID (QUIRK 69: nothing else counts then)
	headOther             // another Message-ID
	headAlike             // no Message-ID in either, and sender, subject and date agree
	headVague             // no Message-ID in either, sender and subject agree, and one has no date
	headUnlike            // no Message-ID in either, and another sender, subject or date
	headHalf              // a Message-ID in one of them only (QUIRK 71)
)

// doubt says how much a unique-id is worth.
type doubt int

const (
	doubtNone   doubt = iota
	doubtSome         // a deletion hangs on it; or the id looks counted, or names several
	doubtReused       // this server has given an id to another message, or this id was away
)

// judge decides whether a listed message is the one that is known here: the only place that does.
// RFC 1939 section 7 lets servers give the id of a deleted message to another one, so an id alone
// is no proof. The first row that fits holds:
//
//	unique-id  size           header         doubt         verdict
//	any        any            other, unlike  any           other
//	renamed    same           same           any           same   (QUIRK 53)
//	renamed    any            any            any           other
//	none       same           same, alike    any           same   (behaviour section 4, "Without UIDL")
//	none       unknown        same           any           same
//	none       same           unasked        any           ask
//	none       any            any            any           other
//	same       any            same           any           same   (QUIRK 69)
//	same       same, void     unasked        none          same
//	same       any            unasked        any           ask
//	same       same           refused, vague none, some    same
//	same       unknown, void  refused        none          same
//	same       same           alike          any           same
//	same       unknown, void  alike          none          same
//	same       any            any            any           fetch
func judge(id idMatch, size sizeMatch, head headMatch, d doubt) verdict {
	if head == headOther || head == headUnlike {
		return other
	}
	switch id {
	case idRenamed:
		return judgeRenamed(size, head)
	case idNone:
		return judgeUnnamed(size, head)
	default:
		return judgeNamed(size, head, d)
	}
}

func judgeRenamed(size sizeMatch, head headMatch) verdict {
	if size == sizeSame && head == headSame {
		return same
	}
	return other
}

func judgeUnnamed(size sizeMatch, head headMatch) verdict {
	switch {
	case head == headSame && (size == sizeSame || size == sizeUnknown), head == headAlike && size == sizeSame:
		return same
	case head == headUnasked && size == sizeSame:
		return ask
	}
	return other
}

func judgeNamed(size sizeMatch, head headMatch, d doubt) verdict {
	vague := size == sizeUnknown || size == sizeVoid
	switch head {
	case headSame:
		return same
	case headUnasked:
		if d == doubtNone && (size == sizeSame || size == sizeVoid) {
			return same
		}
		return ask
	case headRefused:
		if size == sizeSame && d != doubtReused || vague && d == doubtNone {
			return same
		}
	case headVague:
		if size == sizeSame && d != doubtReused {
			return same
		}
	case headAlike:
		if size == sizeSame || vague && d == doubtNone {
			return same
		}
	}
	return fetch
}

// compareSizes compares LIST's size of last time with the one of now; void says that sizes of
// the server mean nothing.
func compareSizes(then, now int64, void bool) sizeMatch {
	switch {
	case void:
		return sizeVoid
	case then <= 0 || now <= 0:
		return sizeUnknown
	case then == now:
		return sizeSame
	}
	return sizeOther
}

// headerUID stands in for the UID that the server does not give: Message-ID and size
// (behaviour section 4, "Without UIDL"). The blank keeps it apart from real UIDs.
func headerUID(messageID string, size int64) string {
	return messageID + " " + strconv.FormatInt(size, 10)
}

// byHeader says whether an entry is named by headerUID.
func byHeader(ref store.Ref) bool {
	return strings.HasSuffix(ref.UID, " "+strconv.FormatInt(ref.Size, 10))
}
