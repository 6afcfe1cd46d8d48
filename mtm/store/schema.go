package store

import (
	"context"
	"errors"
	"fmt"
)

// applicationID marks our index files; it is "POP3" in ASCII.
const applicationID = 0x504F5033

// pageSize of the index: fewer, larger pages cost less per synced batch.
const pageSize = 8192

// migrations are the steps from one version of the schema to the next: step i
// brings version i to i+1. Steps are never edited, only added.
func migrations() []migration {
	return []migration{{schema1, nil}, {schemaOutgoing, nil}, {schemaOperations, nil}, {schemaHidden, nil},
		{schemaSafety + schemaCache + schemaNoParts, fillChecksums}}
}

// migration is one step: a script, and what statements cannot do, or nil.
type migration struct {
	script string
	then   func(c *conn) error
}

// The columns that UIDs needs come first: SQLite decodes a row only up to
// the last column that is asked for.
const schema1 = `
CREATE TABLE store (
	id           INTEGER PRIMARY KEY CHECK (id = 1),
	next_entry   INTEGER NOT NULL,
	next_segment INTEGER NOT NULL
) STRICT;

CREATE TABLE entries (
	id           INTEGER PRIMARY KEY,
	parent       INTEGER NOT NULL,
	type         INTEGER NOT NULL,
	service      INTEGER NOT NULL,
	size         INTEGER NOT NULL,
	flags        INTEGER NOT NULL,
	body_kind    INTEGER NOT NULL,
	uid          TEXT NOT NULL,
	segment      INTEGER NOT NULL,
	offset       INTEGER NOT NULL,
	length       INTEGER NOT NULL,
	crc          INTEGER NOT NULL,
	related      INTEGER NOT NULL,
	date         INTEGER,
	email_flags  INTEGER NOT NULL,
	remote_count INTEGER NOT NULL,
	sending      INTEGER NOT NULL,
	name         TEXT NOT NULL,
	details      TEXT NOT NULL,
	description  TEXT NOT NULL,
	message_id   TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_parent ON entries (parent);

CREATE TABLE segments (
	id     INTEGER PRIMARY KEY,
	length INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
	service INTEGER NOT NULL,
	name    TEXT NOT NULL,
	value   TEXT NOT NULL,
	PRIMARY KEY (service, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE parts (
	entry       INTEGER NOT NULL,
	position    INTEGER NOT NULL,
	path        TEXT NOT NULL,
	media_type  TEXT NOT NULL,
	charset     TEXT NOT NULL,
	filename    TEXT NOT NULL,
	disposition TEXT NOT NULL,
	size        INTEGER NOT NULL,
	PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;

INSERT INTO store VALUES (1, 7, 1);
INSERT INTO entries VALUES
	(1, 0, 1, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, '', '', '', ''),
	(2, 1, 2, 2, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, 'Local', '', '', ''),
	(3, 2, 3, 2, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, 'Inbox', '', '', ''),
	(4, 2, 3, 2, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, 'Outbox', '', '', ''),
	(5, 2, 3, 2, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, 'Drafts', '', '', ''),
	(6, 2, 3, 2, 0, 0, 0, '', 0, 0, 0, 0, 0, NULL, 0, 0, 0, 'Sent', '', '', '');
`

// schemaNoParts: parts are read from the body when they are asked for, by package mail.
const schemaNoParts = "DROP TABLE IF EXISTS parts;"

// version reads the schema's version; a newer one than ours is refused.
func version(ctx context.Context, c *conn, dir string) (int, error) {
	var v int64
	v, _, err := c.number(ctx, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	if known := len(migrations()); v > int64(known) {
		return 0, fmt.Errorf("%s: %w: it has version %d and this program knows up to %d; use a newer program",
			dir, ErrNewer, v, known)
	}
	return int(v), nil
}

// migrate brings the index to the newest version, all steps in one
// transaction.
func migrate(ctx context.Context, c *conn, dir string) error {
	if v, err := version(ctx, c, dir); err != nil || v == len(migrations()) {
		return err
	}
	return c.transaction(ctx, func() error {
		// Another process may have migrated while this one waited for the lock.
		v, err := version(ctx, c, dir)
		if err != nil {
			return err
		}
		for _, step := range migrations()[v:] {
			if err := c.script(ctx, step.script); err != nil {
				return err
			}
			if step.then == nil {
				continue
			}
			if err := step.then(c); err != nil {
				return err
			}
		}
		return c.script(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			applicationID, len(migrations())))
	})
}

// errInDoubt: a transaction may turn out to be there after a crash. What it
// refers to must stay.
var errInDoubt = errors.New("the index may or may not have taken the change; open the store again")

// transaction runs f in a write transaction. ctx bounds the wait for the lock;
// once f runs nothing but an error of f stops it.
func (c *conn) transaction(ctx context.Context, f func() error) error {
	if _, err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = c.exec(context.Background(), "COMMIT")
		if err != nil && !notTaken(err) {
			err = fmt.Errorf("%w: %w", errInDoubt, err)
		}
	}
	if err != nil {
		// SQLite may have rolled back by itself; then this has nothing to do.
		_, _ = c.exec(context.Background(), "ROLLBACK")
	}
	return err
}
