package servermtm

import (
	"context"
	"errors"
	"io"
	"time"

	"pop3mtm/mtm/store"
)

// face holds the header fields that distinguish messages. No field is always present: an empty one
// and a zero date mean unknown.
type face struct {
	messageID, from, subject string
	date                     time.Time
}

func faceOf(e *store.Entry) face {
	return face{messageID: e.MessageID, from: e.Details, subject: e.Description, date: e.Date}
}

// compareFaces compares two headers by their Message-IDs, or by other fields if neither has one.
func compareFaces(then, now face) headMatch {
	switch {
	case then.messageID != "" && then.messageID == now.messageID:
		return headSame
	case then.messageID != "" && now.messageID != "":
		return headOther
	case then.messageID != "" || now.messageID != "":
		return headHalf
	case then.from != now.from || then.subject != now.subject:
		return headUnlike
	case then.date.IsZero() || now.date.IsZero():
		return headVague
	case !then.date.Equal(now.date):
		return headUnlike
	}
	return headAlike
}

// faceOfEntry returns the face of an entry's message. It reads the header when the entry has no
// Message-ID, since then the entry may have a date that is not in the header.
func (m *Mailbox) faceOfEntry(ctx context.Context, e *store.Entry, charset string) (face, error) {
	if e.MessageID != "" || e.Body.Kind == store.BodyNone {
		return faceOf(e), nil
	}
	raw, err := m.headerOf(ctx, e.ID)
	if errors.Is(err, store.ErrCorrupt) { // a damaged body must not prevent judging the other messages
		return face{from: e.Details, subject: e.Description}, nil
	}
	if err != nil {
		return face{}, err
	}
	var shown store.Entry
	newHeaderReader(noDate, charset).fill(&shown, cutHeader(raw))
	return faceOf(&shown), nil
}

// headerOf returns the beginning of an entry's body.
func (m *Mailbox) headerOf(ctx context.Context, id store.ID) ([]byte, error) {
	body, err := m.Store.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxHeader))
	return raw, errors.Join(err, body.Close())
}

// noDate is a clock for a header reader that leaves a missing date unknown.
func noDate() time.Time { return time.Time{} }
