package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pop3mtm/mtm/store"
)

// eml writes one file a message.
type eml struct{ dir string }

func (x eml) add(m exported, body *store.BodyReader) error {
	name := fmt.Sprintf("%0*d-%d.eml", m.digits, m.position, m.ID)
	f, err := os.OpenFile(filepath.Join(x.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return copyAndClose(f, body)
}

func (eml) close() error { return nil }

func copyAndClose(w io.WriteCloser, body *store.BodyReader) error {
	_, err := body.WriteTo(w)
	return errors.Join(err, w.Close())
}
