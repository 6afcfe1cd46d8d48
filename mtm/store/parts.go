package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Part is one MIME part of a message that holds content; multiparts are not
// listed, and an embedded message is one part.
type Part struct {
	Path        string // "1.2": the second part of the first; "1" when there are no parts
	MediaType   string // "text/plain", lower case
	Charset     string // as the message names it, lower case; "" when it does not
	Filename    string // as the message gives it: never use it as a path unchecked
	Disposition string // "inline", "attachment" or ""
	Size        int64  // octets after transfer decoding, as far as it can be decoded
}

// Structure is a message taken apart. Parts has at least one element.
type Structure struct {
	Parts  []Part
	Limits PartLimits // what of the message is not in Parts
}

// cacheAbove is the body size from which a list of parts is kept: to parse a
// smaller body again costs less than a synced transaction.
const cacheAbove = 64 << 10

// Parts lists the MIME parts of a message in order; see Structure.
func (s *Store) Parts(ctx context.Context, id ID) ([]Part, error) {
	m, err := s.Structure(ctx, id)
	return m.Parts, err
}

// Structure takes a message apart. It is made from the stored bytes in one pass; broken MIME
// gives what can be made out, and at least one part. At most 10,000 parts are listed, nested
// 50 deep at most. Errors: ErrNotFound, ErrNoBody, or what reading the body gives.
func (s *Store) Structure(ctx context.Context, id ID) (Structure, error) {
	list, err := s.cachedParts(ctx, id)
	if err != nil || len(list) > 0 {
		return Structure{Parts: list}, err
	}
	r, err := s.Body(ctx, id)
	if err != nil {
		return Structure{}, err
	}
	m, err := s.takeApart(ctx, r)
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return Structure{}, fmt.Errorf("entry %d: %w", id, err)
	}
	all := Structure{Parts: make([]Part, len(m.list)), Limits: m.limits}
	for i := range m.list {
		all.Parts[i] = m.list[i].Part
	}
	if r.Size() > cacheAbove && m.limits == 0 && !s.options.ReadOnly {
		// A cache that cannot be written is no reason to withhold the list.
		_ = s.cacheParts(ctx, id, r.body, all.Parts)
	}
	return all, nil
}

// takeApart locates and measures the parts of the body that r has open, or takes them from the
// structures that were made before.
func (s *Store) takeApart(ctx context.Context, r *BodyReader) (*mimeWalk, error) {
	if m := s.taken.find(r.body); m != nil {
		return m, nil
	}
	m, err := walkMIME(ctx, r)
	if err != nil {
		return nil, err
	}
	for i := range m.list {
		p := &m.list[i]
		content, err := r.part(ctx, p)
		if err != nil {
			return nil, err
		}
		// Broken encoding: what came before it.
		if p.Size, _ = io.Copy(io.Discard, content); ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	s.taken.keep(r.body, m)
	return m, nil
}

// part returns the decoded content of p; it moves r.
func (r *BodyReader) part(ctx context.Context, p *located) (io.Reader, error) {
	if _, err := r.Seek(p.start, io.SeekStart); err != nil {
		return nil, err
	}
	octets := &whileAlive{alive: ctx.Err, r: r}
	return transferDecoded(p.encoding, io.LimitReader(octets, p.length)), nil
}

func (s *Store) cachedParts(ctx context.Context, id ID) ([]Part, error) {
	var list []Part
	err := s.read(ctx, func(c *conn) error {
		return c.query(ctx, `SELECT path, media_type, charset, filename, disposition, size
			FROM parts WHERE entry = ? ORDER BY position`, func(row []driver.Value) error {
			list = append(list, Part{asText(row[0]), asText(row[1]), asText(row[2]), asText(row[3]),
				asText(row[4]), asInt(row[5])})
			return nil
		}, id)
	})
	return list, err
}

// cacheParts keeps the list if the entry still has the body it was made from.
func (s *Store) cacheParts(ctx context.Context, id ID, from Body, list []Part) error {
	return s.change(ctx, func(c *conn) error {
		bg := context.Background()
		_, same, err := c.number(bg, "SELECT 1 FROM entries WHERE id = ? AND segment = ? AND offset = ?",
			id, from.Segment, from.Offset)
		if err != nil || !same {
			return err
		}
		if _, err := c.exec(bg, "DELETE FROM parts WHERE entry = ?", id); err != nil {
			return err
		}
		for i, p := range list {
			if _, err := c.exec(bg, "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", id, i,
				p.Path, p.MediaType, p.Charset, p.Filename, p.Disposition, p.Size); err != nil {
				return err
			}
		}
		return nil
	})
}

// OpenPart streams a part that Parts listed, after transfer decoding; the
// charset is left as it is. Content that cannot be decoded ends early with an
// error. The caller must Close it. ErrNotFound when there is no such part.
func (s *Store) OpenPart(ctx context.Context, id ID, path string) (io.ReadCloser, error) {
	r, err := s.Body(ctx, id)
	if err != nil {
		return nil, err
	}
	content, err := s.openPart(ctx, r, path)
	if err != nil {
		return nil, fmt.Errorf("entry %d, part %s: %w", id, cutPath(path), errors.Join(err, r.Close()))
	}
	return &partReader{Reader: content, body: r}, nil
}

func (s *Store) openPart(ctx context.Context, r *BodyReader, path string) (io.Reader, error) {
	m, err := s.takeApart(ctx, r)
	if err != nil {
		return nil, err
	}
	i, found := m.paths[path]
	if !found {
		return nil, ErrNotFound
	}
	return r.part(ctx, &m.list[i])
}

// EachPart calls f with the parts of a message in order, until f returns an error. content is
// decoded as OpenPart does it, and is valid only during the call. However many parts f reads,
// the message is gone through once for them all. It returns the limits that the message exceeds.
func (s *Store) EachPart(ctx context.Context, id ID, f func(p Part, content io.Reader) error) (_ PartLimits, err error) {
	r, err := s.Body(ctx, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	m, err := s.takeApart(ctx, r)
	if err != nil {
		return 0, fmt.Errorf("entry %d: %w", id, err)
	}
	for i := range m.list {
		content, err := r.part(ctx, &m.list[i])
		if err != nil {
			return m.limits, fmt.Errorf("entry %d: %w", id, err)
		}
		if err := f(m.list[i].Part, content); err != nil {
			return m.limits, err
		}
	}
	return m.limits, nil
}

// cutPath keeps a path that came from outside short in an error.
func cutPath(path string) string {
	if len(path) > 40 {
		path = path[:40] + "..."
	}
	return strings.ToValidUTF8(path, "?")
}

// partReader is a decoded part and the body below it.
type partReader struct {
	io.Reader
	body *BodyReader
}

// Close releases the body.
func (p *partReader) Close() error { return p.body.Close() }
