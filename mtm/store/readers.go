package store

import (
	"context"
	"errors"
	"net/url"
	"sync"
)

// maxIdleReaders bounds the connections kept for later; more than these are
// open only while they are used.
const maxIdleReaders = 4

// readerPool holds connections that only read.
type readerPool struct {
	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func (p *readerPool) take(ctx context.Context, s *Store) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	parameters := url.Values{"_pragma": {pragma("busy_timeout", s.options.BusyTimeout.Milliseconds()),
		pragma("cache_size", -8<<10), "query_only(1)"}}
	if s.index.frozen {
		parameters.Set("immutable", "1")
	}
	return dialURI(ctx, s.index.path, parameters)
}

func (p *readerPool) give(c *conn) {
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < maxIdleReaders
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		_ = c.close() // it only read
	}
}

func (p *readerPool) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	return p.drop()
}

// drop closes the connections that are kept.
func (p *readerPool) drop() error {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var err error
	for _, c := range idle {
		err = errors.Join(err, c.close())
	}
	return err
}

// read runs f with a connection of its own.
func (s *Store) read(ctx context.Context, f func(c *conn) error) error {
	c, err := s.readers.take(ctx, s)
	if err != nil {
		return err
	}
	defer s.readers.give(c)
	return f(c)
}

// snapshot runs f with a connection on which all queries see one state of the
// index.
func (s *Store) snapshot(ctx context.Context, f func(c *conn) error) error {
	return s.read(ctx, func(c *conn) error {
		if _, err := c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		err := f(c)
		_, e := c.exec(context.Background(), "ROLLBACK")
		return errors.Join(err, e)
	})
}

// change runs f in a write transaction; only one runs at a time in this
// process. ctx bounds the waiting, not f.
func (s *Store) change(ctx context.Context, f func(c *conn) error) error {
	return s.changeWith(ctx, func(c *conn) error {
		return c.transaction(ctx, func() error { return f(c) })
	})
}

// changeWith runs f with the writer's connection.
func (s *Store) changeWith(ctx context.Context, f func(c *conn) error) error {
	if s.options.ReadOnly {
		return ErrReadOnly
	}
	select {
	case s.write <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.write }()
	if s.writer == nil {
		return ErrClosed
	}
	return f(s.writer)
}

// changeUnsynced is change without a sync: other programs see it at once, but a computer that loses its power may forget
// it, unless a later change was synced. Only for what is worth nothing then.
func (s *Store) changeUnsynced(ctx context.Context, f func(c *conn) error) error {
	return s.changeWith(ctx, func(c *conn) error {
		if _, err := c.exec(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
			return err
		}
		err := c.transaction(ctx, func() error { return f(c) })
		_, e := c.exec(context.Background(), "PRAGMA synchronous = FULL")
		return errors.Join(err, e)
	})
}
