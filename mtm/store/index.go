package store

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// index is the index of a store, with the connections to it. Its methods are
// safe for concurrent use.
type index struct {
	dir      folder
	busy     time.Duration // how long to wait for another process
	readOnly bool
	file     indexFile // that is read
	readers  readerPool

	write  chan struct{} // capacity 1: holding a value is the right to use writer
	writer *conn         // nil when readOnly
}

// indexFile is what connections that only read are opened on.
type indexFile struct {
	path   string
	frozen bool // nothing changes it: no locks, no files beside it
	copied bool // a private copy, to be removed
}

// remove deletes a private copy.
func (f indexFile) remove() error {
	if !f.copied {
		return nil
	}
	return os.RemoveAll(filepath.Dir(f.path))
}

// dialWriter opens the connection that changes the index, and migrates it.
func (x *index) dialWriter(ctx context.Context, before func(Call) error) (err error) {
	x.writer, err = dial(ctx, x.dir.indexPath(), pragma("busy_timeout", x.busy.Milliseconds()),
		"synchronous(FULL)", pragma("cache_size", -32<<10), pragma("wal_autocheckpoint", 2000))
	if err != nil {
		return err
	}
	err = migrate(ctx, x.writer, string(x.dir))
	x.writer.before = before
	return err
}

// close ends the use of the index.
func (x *index) close() error {
	var err error
	if x.writer != nil {
		x.write <- struct{}{}
		err = x.writer.close()
		x.writer = nil
		<-x.write
	}
	return errors.Join(err, x.readers.close(), x.file.remove())
}

// maxIdleReaders bounds the connections kept for later; more than these are
// open only while they are used.
const maxIdleReaders = 4

// readerPool holds connections that only read.
type readerPool struct {
	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// take returns a connection of its own to read with.
func (x *index) take(ctx context.Context) (*conn, error) {
	p := &x.readers
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
	parameters := url.Values{"_pragma": {pragma("busy_timeout", x.busy.Milliseconds()),
		pragma("cache_size", -8<<10), "query_only(1)"}}
	if x.file.frozen {
		parameters.Set("immutable", "1")
	}
	return dialURI(ctx, x.file.path, parameters)
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
func (x *index) read(ctx context.Context, f func(c *conn) error) error {
	c, err := x.take(ctx)
	if err != nil {
		return err
	}
	defer x.readers.give(c)
	return f(c)
}

// snapshot runs f with a connection on which all queries see one state of the
// index.
func (x *index) snapshot(ctx context.Context, f func(c *conn) error) error {
	return x.read(ctx, func(c *conn) error {
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
func (x *index) change(ctx context.Context, f func(c *conn) error) error {
	return x.changeWith(ctx, func(c *conn) error {
		return c.transaction(ctx, func() error { return f(c) })
	})
}

// changeWith runs f with the writer's connection.
func (x *index) changeWith(ctx context.Context, f func(c *conn) error) error {
	if x.readOnly {
		return ErrReadOnly
	}
	select {
	case x.write <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-x.write }()
	if x.writer == nil {
		return ErrClosed
	}
	return f(x.writer)
}

// changeUnsynced is change without a sync: other programs see it at once, but a computer that loses
// its power may forget it, unless a later change was synced. Only for what is worth nothing then.
func (x *index) changeUnsynced(ctx context.Context, f func(c *conn) error) error {
	return x.changeWith(ctx, func(c *conn) error {
		if _, err := c.exec(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
			return err
		}
		err := c.transaction(ctx, func() error { return f(c) })
		_, e := c.exec(context.Background(), "PRAGMA synchronous = FULL")
		return errors.Join(err, e)
	})
}

// wiped ends a transaction that wiped: what the index had before also lies in its write-ahead
// log, which is written back and emptied. Another program that reads just then keeps the log;
// SQLite overwrites it sooner or later.
func (x *index) wiped(ctx context.Context) {
	_ = x.changeWith(context.WithoutCancel(ctx), func(c *conn) error {
		for _, query := range []string{"PRAGMA secure_delete = OFF", "PRAGMA wal_checkpoint(TRUNCATE)"} {
			if _, _, err := c.number(context.Background(), query); err != nil {
				return err
			}
		}
		return nil
	})
}
