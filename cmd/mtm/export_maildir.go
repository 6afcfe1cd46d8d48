package main

import (
	"github.com/emersion/go-maildir"

	"pop3mtm/mtm/store"
)

// mailDir writes a Maildir.
type mailDir struct{ dir maildir.Dir }

func newMaildir(dir string) (mailDir, error) {
	x := mailDir{maildir.Dir(dir)}
	return x, x.dir.Init()
}

func (x mailDir) add(m exported, body *store.BodyReader) error {
	var flags []maildir.Flag
	if !m.Flags.Has(store.Unread) {
		flags = append(flags, maildir.FlagSeen)
	}
	_, w, err := x.dir.Create(flags)
	if err != nil {
		return err
	}
	return copyAndClose(w, body)
}

func (mailDir) close() error { return nil }
