package store

import (
	"context"
	"errors"
	"io"
)

var errStub = errors.New("not yet written")

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
