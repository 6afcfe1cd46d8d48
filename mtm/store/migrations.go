package store

// migrations returns the steps from one version of the schema to the next: step i migrates version
// i to i+1. A step is never edited, and does not use constants of the program, since those may
// change.
func migrations() []migration {
	return []migration{{schema1, nil}, {schemaOutgoing, nil}, {schemaOperations, nil}, {schemaHidden, nil},
		{schemaSafety + schemaCache + schemaNoParts, fillChecksums}, {schemaShown, nil}, {schemaPreparing, nil}, {schemaWaiting, nil}}
}

// migration is one step: a script, and a function for what statements cannot do, or nil.
type migration struct {
	script string
	then   func(c *conn) error
}

// The columns that UIDs needs come first, since SQLite decodes a row only up to the last column
// that a query needs.
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

// schemaOutgoing also adds SMTP services to the accounts of older stores.
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

// schemaOperations adds records for the deletes that version 2 kept only as flags.
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

// schemaHidden adds a list of services whose messages are hidden: one row instead of a change of
// every message.
const schemaHidden = `
CREATE TABLE hidden (
	service INTEGER PRIMARY KEY
) STRICT;
`

// schemaSafety adds separate tables for data that few accounts and entries have, so that other
// entries cost no more. A claim says which program carries out an operation.
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

// schemaCache adds what the index must know about segments to serve as a cache of them.
//
// shared counts the entries of each body that has more than one. deleted lists bodies whose last
// entry was deleted, until their segment is reclaimed; noted is the segment that has a note of the
// deletion, 0 before there is one, and -1 for a body that has an entry again (see revive).
//
// unknown lists complete records that an older index, put back, did not know. In it, kind 0 stands
// for octets between such records that are not a record.
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

// schemaNoParts drops the table of parts: package mail reads parts from the body when they are
// needed.
const schemaNoParts = "DROP TABLE IF EXISTS parts;"

// schemaShown adds a table whose row says how readers see all messages of an account, instead of a
// change of each message. A row is damaged when sum is not the sum of its other columns.
//
// Columns of entries that mostly have the same value stand at the end and have it as their default,
// so that an INSERT can omit them.
//
// The index by parent contains the dates, so that a reader can sort a hundred thousand entries
// without reading their rows. An index by date would cost new messages three times as much.
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

// schemaPreparing adds from which id on messages of an account are still being written, so that the
// end of a refresh changes one row.
const schemaPreparing = "ALTER TABLE shown ADD COLUMN preparing_from INTEGER NOT NULL DEFAULT 0;"

// schemaWaiting adds an index of the few entries with the flags Pending and PendingPopulate, so
// that a visit does not read all others. SQLite uses it for queries with the same number.
const schemaWaiting = "CREATE INDEX entries_waiting ON entries (parent, id) WHERE flags & 3221225472;"
