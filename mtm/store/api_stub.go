package store

import (
	"context"
	"errors"
	"io"
)

var errStub = errors.New("not yet written")

// Store is an open message store.
type Store struct{}

// Open opens the store in dir, and creates it when dir is absent or empty.
func Open(dir string, o *Options) (*Store, error) { return nil, errStub }

// Close ends the use of the store.
func (s *Store) Close() error { return errStub }

// Entry returns the entry, or ErrNotFound.
func (s *Store) Entry(ctx context.Context, id ID) (Entry, error) { return Entry{}, errStub }

// Children lists the children of parent by id.
func (s *Store) Children(ctx context.Context, parent ID) ([]Entry, error) { return nil, errStub }

// Each calls f for each child of parent by id; f must not keep the pointer.
func (s *Store) Each(ctx context.Context, parent ID, f func(*Entry) error) error { return errStub }

// UIDs lists the children of parent that belong to service and have a UID, by id.
func (s *Store) UIDs(ctx context.Context, parent, service ID) ([]Ref, error) { return nil, errStub }

// BodyReader streams a body.
type BodyReader struct{}

// Body opens the raw bytes of an entry; ErrNoBody when it has none.
func (s *Store) Body(ctx context.Context, id ID) (*BodyReader, error) { return nil, errStub }

// Size is the length in octets.
func (r *BodyReader) Size() int64 { return 0 }

// Kind says how much of the message the body holds.
func (r *BodyReader) Kind() BodyKind { return BodyNone }

func (r *BodyReader) Read(p []byte) (int, error)                   { return 0, io.EOF }
func (r *BodyReader) Seek(offset int64, whence int) (int64, error) { return 0, errStub }
func (r *BodyReader) WriteTo(w io.Writer) (int64, error)           { return 0, errStub }
func (r *BodyReader) Close() error                                 { return nil }

// Settings returns the settings of a service; an empty map when it has none.
func (s *Store) Settings(ctx context.Context, service ID) (map[string]string, error) {
	return nil, errStub
}

// Dump prints the tree, one entry a line.
func (s *Store) Dump(ctx context.Context, w io.Writer) error { return errStub }

// Free gives the free octets on the store's volume.
func (s *Store) Free() (int64, error) { return 0, errStub }

// Problem is one finding of Check.
type Problem struct {
	Entry   ID    // 0 when it concerns no single entry
	Segment int64 // 0 when it concerns no segment
	Offset  int64
	Text    string
}

// Summary is what Check counted.
type Summary struct {
	Entries, Bodies, Segments int
	Problems                  int
	BodyBytes                 int64 // octets of live records
	DeadBytes                 int64 // octets of records that nothing refers to
}

// Check verifies the whole store.
func (s *Store) Check(ctx context.Context, report func(Problem)) (Summary, error) {
	return Summary{}, errStub
}

// ReclaimResult is what Reclaim did.
type ReclaimResult struct {
	Segments int   // segment files rewritten or removed
	Busy     int   // mostly dead, but in use by a reader or writer
	Freed    int64 // octets
}

// Reclaim rewrites segments that are mostly dead.
func (s *Store) Reclaim(ctx context.Context) (ReclaimResult, error) { return ReclaimResult{}, errStub }

// Part is one MIME part of a message.
type Part struct {
	Path        string // "1.2"; "1" for the body of a message without parts
	MediaType   string // "text/plain", lower case
	Charset     string // as the message says it, lower case
	Filename    string
	Disposition string // "inline", "attachment" or ""
	Size        int64  // octets after transfer decoding
}

// Parts lists the MIME parts of a message.
func (s *Store) Parts(ctx context.Context, id ID) ([]Part, error) { return nil, errStub }

// OpenPart streams a part after transfer decoding.
func (s *Store) OpenPart(ctx context.Context, id ID, path string) (io.ReadCloser, error) {
	return nil, errStub
}

// Batch gathers changes that appear together or not at all.
type Batch struct{}

// Where restricts UpdateChildren.
type Where uint8

// The restrictions, to be or-ed.
const (
	VisibleOnly Where = 1 << iota // without the Invisible flag
	NotPending
)

// NewBatch starts a batch.
func (s *Store) NewBatch() *Batch { return &Batch{} }

// Body starts a body; write it, then Close or Discard.
func (b *Batch) Body(kind BodyKind) *BodyWriter { return &BodyWriter{} }

// BodyWriter takes the bytes of one body.
type BodyWriter struct{}

func (w *BodyWriter) Write(p []byte) (int, error) { return 0, errStub }

// Close ends the body and says where it is.
func (w *BodyWriter) Close() (Body, error) { return Body{}, errStub }

// Discard throws the body away.
func (w *BodyWriter) Discard() error { return errStub }

// Add adds an entry; Commit sets e.ID.
func (b *Batch) Add(e *Entry) {}

// Update replaces all fields of the entry with e.ID.
func (b *Batch) Update(e *Entry) {}

// SetFlags sets and clears flags of one entry.
func (b *Batch) SetFlags(id ID, set, clear Flags) {}

// SetPending marks entries.
func (b *Batch) SetPending(ids []ID, pending bool) {}

// Delete deletes entries and all below them.
func (b *Batch) Delete(ids ...ID) {}

// SetSettings replaces the settings of a service.
func (b *Batch) SetSettings(service ID, m map[string]string) {}

// UpdateChildren sets and clears flags of all children of parent that where selects.
func (b *Batch) UpdateChildren(parent ID, set, clear Flags, where Where) {}

// Commit makes the batch durable and visible.
func (b *Batch) Commit(ctx context.Context) error { return errStub }

// Rollback throws the batch away.
func (b *Batch) Rollback() {}
