package outbox_test

import (
	"errors"
	"testing"

	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
	"pop3mtm/mtm/symbian"
)

func TestWhatKeepsAMessageFromBeingSent(t *testing.T) {
	const good = "ada@example.org"
	st, err := store.Open(t.TempDir(), nil)
	must(t, err)
	defer func() { must(t, st.Close()) }()
	for name, c := range map[string]struct {
		from    string
		to      []string
		partial bool
		want    symbian.PartList
	}{
		"nothing":                 {from: good, to: []string{good, "ben@example.org"}},
		"nothing, without sender": {to: []string{good}},
		"no recipient":            {from: good, want: symbian.PartRecipient},
		"one wrong recipient":     {from: good, to: []string{good, "ben example.org"}, want: symbian.PartRecipient},
		"a recipient that is two": {from: good, to: []string{"a@b>\r\nRCPT TO:<c@d"}, want: symbian.PartRecipient},
		"the sender":              {from: "ada", to: []string{good}, want: symbian.PartOriginator},
		"half a text":             {from: good, to: []string{good}, partial: true, want: symbian.PartBody},
		"all of it":               {from: "ada", partial: true, want: symbian.PartRecipient | symbian.PartOriginator | symbian.PartBody},
	} {
		t.Run(name, func(t *testing.T) {
			kind := store.BodyWhole
			if c.partial {
				kind = store.BodyPartial
			}
			e := newMessage(t, st, kind, func(b *store.Batch, e *store.Entry) {
				o := store.Outgoing{From: c.from}
				for _, address := range c.to {
					o.Recipients = append(o.Recipients, store.Recipient{Address: address})
				}
				b.SetOutgoing(e, o)
			})
			if got, err := outbox.ValidateMessage(t.Context(), st, e); err != nil || got != c.want {
				t.Errorf("got %b, %v, want %b", got, err, c.want)
			}
			queued := outbox.Queue(t.Context(), st, e)
			if (queued == nil) != (c.want == 0) || queued != nil && !errors.Is(queued, symbian.ErrArgument) {
				t.Errorf("to queue it: %v", queued)
			}
		})
	}
	received := newMessage(t, st, store.BodyWhole, func(*store.Batch, *store.Entry) {})
	if got, err := outbox.ValidateMessage(t.Context(), st, received); err != nil || got != symbian.PartRecipient {
		t.Errorf("received mail: %b, %v", got, err)
	}
	for _, id := range []store.ID{store.Drafts, 9999} {
		if _, err := outbox.ValidateMessage(t.Context(), st, id); !errors.Is(err, symbian.ErrNotFound) {
			t.Errorf("entry %d: %v", id, err)
		}
	}
}

// newMessage adds a message to the Drafts.
func newMessage(t *testing.T, st *store.Store, kind store.BodyKind, also func(*store.Batch, *store.Entry)) store.ID {
	t.Helper()
	b := st.NewBatch()
	e := &store.Entry{Parent: store.Drafts, Service: store.Local, Type: store.TypeMessage, Sending: store.SendUponRequest}
	w := b.BodyOf(kind, store.Origin{})
	_, err := w.Write([]byte("Subject: Plan\r\n\r\nSee it.\r\n"))
	must(t, err)
	e.Body, err = w.Close()
	must(t, err)
	b.Add(e)
	also(b, e)
	must(t, b.Commit(t.Context()))
	return e.ID
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
