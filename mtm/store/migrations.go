package store

// migrations are the steps from one version of the schema to the next: step i
// brings version i to i+1. They are history: none is ever edited, and none
// names a constant of today.
func migrations() []migration {
	return []migration{{schema1, nil}, {schemaOutgoing, nil}, {schemaOperations, nil}, {schemaHidden, nil},
		{schemaSafety + schemaCache + schemaNoParts, fillChecksums}, {schemaShown, nil}}
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

// schemaOutgoing also gives the accounts of older stores their SMTP services.
const schemaOutgoing = `
CREATE TABLE outgoing (
	entry       INTEGER PRIMARY KEY,
	sender      TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	code        INTEGER NOT NULL,
	reason      TEXT NOT NULL,
	lease_owner TEXT NOT NULL,
	lease_until INTEGER NOT NULL
) STRICT;

CREATE TABLE recipients (
	entry    INTEGER NOT NULL,
	position INTEGER NOT NULL,
	address  TEXT NOT NULL,
	state    INTEGER NOT NULL,
	reply    TEXT NOT NULL,
	PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;

INSERT INTO entries (id, parent, type, service, size, flags, body_kind, uid, segment, offset, length, crc, related,
	date, email_flags, remote_count, sending, name, details, description, message_id)
SELECT next_entry - 1 + row_number() OVER (ORDER BY account.id), 1, 2, account.id, 0, 0, 0, '', 0, 0, 0, 0, 0,
	NULL, 0, 0, 0, account.name || ' (SMTP)', '', '', ''
FROM store, settings JOIN entries AS account ON account.id = settings.service
WHERE settings.name = 'smtp-host' AND settings.value <> '' AND account.type = 2 AND account.related = 0;
UPDATE entries SET related = smtp.id FROM entries AS smtp
WHERE entries.type = 2 AND smtp.type = 2 AND smtp.service = entries.id AND smtp.id <> entries.id;
UPDATE store SET next_entry = max(next_entry, (SELECT max(id) + 1 FROM entries));
`

// schemaOperations makes records of the deletes that version 2 kept as flags alone.
const schemaOperations = `
CREATE TABLE operations (
	id      INTEGER PRIMARY KEY,
	entry   INTEGER NOT NULL,
	kind    INTEGER NOT NULL,
	folder  INTEGER NOT NULL,
	ghost   INTEGER NOT NULL,
	lines   INTEGER NOT NULL,
	problem TEXT NOT NULL
) STRICT;
CREATE INDEX operations_by_entry ON operations (entry);
CREATE INDEX operations_by_ghost ON operations (ghost) WHERE ghost <> 0;

INSERT INTO operations (entry, kind, folder, ghost, lines, problem)
	SELECT id, 5, 0, 0, 0, '' FROM entries
	WHERE type = 4 AND flags & 0x80 AND email_flags & 0xF00 = 0x200 ORDER BY id;
UPDATE entries SET flags = flags & ~0x80, email_flags = email_flags & ~0xF00
	WHERE (flags & 0x80 OR email_flags & 0xF00) AND id NOT IN (SELECT entry FROM operations);
`

// schemaHidden lists the services whose messages are hidden: one row in place of a
// change of every message.
const schemaHidden = `
CREATE TABLE hidden (
	service INTEGER PRIMARY KEY
) STRICT;
`

// schemaSafety keeps what few accounts and entries have in tables of their own: it costs other
// messages nothing. An operation says who carries it out.
const schemaSafety = `
ALTER TABLE operations ADD COLUMN claim TEXT NOT NULL DEFAULT '';

CREATE TABLE facts (
	service INTEGER NOT NULL,
	name    TEXT NOT NULL,
	value   INTEGER NOT NULL,
	PRIMARY KEY (service, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE breaks (
	entry  INTEGER PRIMARY KEY,
	visits INTEGER NOT NULL
) STRICT;
`

// schemaCache makes the index a cache of the segments: what it knows that they do not tell.
//
// shared counts the entries of bodies that more than one has, so that a deletion knows whether it
// was the last. deleted lists bodies whose last entry was deleted, until the segment is reclaimed;
// noted is the segment that has a note of it, 0 until there is one, -1 for a body that has an entry
// all the same, see revive. unknown lists whole records that segments had when an index came that
// knew nothing of them; kind 0 is a stretch between such records that is no record.
const schemaCache = `
ALTER TABLE entries ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN birth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE segments ADD COLUMN notes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE shared (
	segment INTEGER NOT NULL,
	offset  INTEGER NOT NULL,
	uses    INTEGER NOT NULL,
	PRIMARY KEY (segment, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE deleted (
	segment INTEGER NOT NULL,
	offset  INTEGER NOT NULL,
	length  INTEGER NOT NULL,
	crc     INTEGER NOT NULL,
	noted   INTEGER NOT NULL,
	PRIMARY KEY (segment, offset)
) STRICT, WITHOUT ROWID;

CREATE INDEX deleted_unnoted ON deleted (segment, offset) WHERE noted <= 0;

CREATE TABLE unknown (
	segment INTEGER NOT NULL,
	offset  INTEGER NOT NULL,
	length  INTEGER NOT NULL,
	crc     INTEGER NOT NULL,
	kind    INTEGER NOT NULL,
	uid     TEXT NOT NULL,
	PRIMARY KEY (segment, offset)
) STRICT, WITHOUT ROWID;

INSERT INTO shared SELECT segment, offset, count(*) FROM entries
	WHERE body_kind <> 0 GROUP BY segment, offset HAVING count(*) > 1;
`

// schemaNoParts: parts are read from the body when they are asked for, by package mail.
const schemaNoParts = "DROP TABLE IF EXISTS parts;"

// schemaShown says in one row how all messages of an account are shown, in place of a change of
// each. A row whose sum is not that of the others is damaged, and counts for nothing. Columns of
// entries that mostly have the same value stand at the end, with that as their default: an
// INSERT leaves them out. With the dates in the index by parent a reader sorts a hundred thousand
// entries without reading their rows; an index by date would cost new messages three times as much.
const schemaShown = `
CREATE TABLE shown (
	account     INTEGER PRIMARY KEY,
	hidden      INTEGER NOT NULL,
	new_from    INTEGER NOT NULL,
	unread_from INTEGER NOT NULL,
	sum         INTEGER NOT NULL
) STRICT;

INSERT INTO shown SELECT service, 1, 0, 0, service + 1 FROM hidden;
DROP TABLE hidden;

CREATE TABLE ordered (
	id           INTEGER PRIMARY KEY,
	parent       INTEGER NOT NULL,
	service      INTEGER NOT NULL,
	size         INTEGER NOT NULL,
	flags        INTEGER NOT NULL,
	body_kind    INTEGER NOT NULL,
	uid          TEXT NOT NULL,
	segment      INTEGER NOT NULL,
	offset       INTEGER NOT NULL,
	length       INTEGER NOT NULL,
	crc          INTEGER NOT NULL,
	date         INTEGER,
	details      TEXT NOT NULL,
	description  TEXT NOT NULL,
	message_id   TEXT NOT NULL,
	checksum     INTEGER NOT NULL,
	email_flags  INTEGER NOT NULL DEFAULT 0,
	related      INTEGER NOT NULL DEFAULT 0,
	sending      INTEGER NOT NULL DEFAULT 9,
	type         INTEGER NOT NULL DEFAULT 4,
	name         TEXT NOT NULL DEFAULT '',
	remote_count INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO ordered SELECT id, parent, service, size, flags, body_kind, uid, segment, offset, length, crc, date, details,
	description, message_id, checksum, email_flags, related, sending, type, name, remote_count FROM entries ORDER BY id;
DROP TABLE entries;
ALTER TABLE ordered RENAME TO entries;
CREATE INDEX entries_by_parent ON entries (parent, id, date);
`
