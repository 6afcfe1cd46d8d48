package servermtm

import (
	"strconv"
	"strings"

	"pop3mtm/mtm/store"
)

// verdict says whether a listed message is the one that an entry knows.
type verdict int

const (
	same  verdict = iota
	other         // another message
	ask           // unknown until TOP n 0 has shown its header
	fetch         // unknown until RETR has fetched it: equal octets are stored once
)

// idMatch compares unique-ids.
type idMatch int

const (
	idSame    idMatch = iota
	idNone            // the server gives no unique-id for the message
	idRenamed         // known under another unique-id
)

// sizeMatch compares the size in LIST with the size in LIST at the last visit, never with the
// stored octets (QUIRK 42).
type sizeMatch int

const (
	sizeSame    sizeMatch = iota
	sizeOther             // LIST gave another size
	sizeUnknown           // LIST gives no size now, or gave none before (QUIRK 104)
	sizeVoid              // sizes of this server change from visit to visit
)

// headMatch compares the header from TOP or RETR with that of the entry.
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

// doubt says how far a unique-id can be trusted.
type doubt int

const (
	doubtNone   doubt = iota
	doubtSome         // a delete depends on it, the id looks like a counter, or several messages have it
	doubtReused       // the server has reused an id, or this id was missing for a while
)

// judge decides whether a listed message is the one that an entry knows. Nothing else decides that.
// RFC 1939 section 7 allows servers to reuse the id of a deleted message, so an id alone is not a
// proof. The first row that matches counts:
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

// compareSizes compares LIST's last size with the current one. void means that sizes of
// this server are ignored.
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

// headerUID returns a substitute for a missing UID: Message-ID and size (behaviour section 4,
// "Without UIDL"). Real UIDs have no blank.
func headerUID(messageID string, size int64) string {
	return messageID + " " + strconv.FormatInt(size, 10)
}

// byHeader reports whether an entry's UID comes from headerUID.
func byHeader(ref store.Ref) bool {
	return strings.HasSuffix(ref.UID, " "+strconv.FormatInt(ref.Size, 10))
}
