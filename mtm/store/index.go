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

// index holds the connections to a store's index. Its methods are safe for concurrent use.
type index struct {
	dir      folder
	busy     time.Duration // how long to wait for the lock of another process
	readOnly bool
	file     indexFile // the file that readers open
	readers  readerPool

	write  chan struct{} // capacity 1: whoever has put a value in may use writer
	writer *conn         // nil when readOnly
}

// indexFile is the file that read-only connections open.
type indexFile struct {
	path   string
	frozen bool // nothing changes it, so SQLite needs no locks and no files beside it
	copied bool // it is a private copy, which must be removed
}

// remove deletes a private copy.
func (f indexFile) remove() error {
	if !f.copied {
		return nil
	}
	return os.RemoveAll(filepath.Dir(f.path))
}

// dialWriter opens the connection for changes, and migrates the index.
func (x *index) dialWriter(ctx context.Context, before func(Call) error) (err error) {
	x.writer, err = dial(ctx, x.dir.indexPath(), pragma("busy_timeout", x.busy.Milliseconds()),
		"synchronous(FULL)", pragma("cache_size", -12<<10), pragma("wal_autocheckpoint", 2000))
	if err != nil {
		return err
	}
	x.writer.busy = x.busy
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

// maxIdleReaders limits the unused connections that stay open for later reads.
const maxIdleReaders = 4

// readerPool keeps read-only connections for later use.
type readerPool struct {
	mu     sync.Mutex
	idle   []*conn
	closed bool
}

// take returns a read-only connection for the caller alone.
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
	parameters := url.Values{}
	if x.file.frozen {
		parameters.Set("immutable", "1")
	}
	return dialURI(ctx, x.file.path, parameters, pragma("busy_timeout", x.busy.Milliseconds()), pragma("cache_size", -8<<10), "query_only(1)")
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

// drop closes the unused connections.
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

// read runs f with a read-only connection.
func (x *index) read(ctx context.Context, f func(c *conn) error) error {
	c, err := x.take(ctx)
	if err != nil {
		return err
	}
	defer x.readers.give(c)
	return f(c)
}

// snapshot runs f with a read-only connection on which all queries see the same state of the index.
func (x *index) snapshot(ctx context.Context, f func(c *conn) error) error {
	return x.read(ctx, func(c *conn) (err error) {
		if _, err = c.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		defer func() { // also when f panics, since others will use the connection
			_, e := c.exec(context.Background(), "ROLLBACK")
			err = errors.Join(err, e)
		}()
		return f(c)
	})
}

// change runs f in a write transaction. Only one runs at a time in this process. ctx limits the
// waiting, not f.
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

// changeUnsynced runs a transaction as change does, but without a sync. Other programs see it at
// once, but a power cut may undo it until a later change is synced. It is for data that is useless
// after a power cut.
func (x *index) changeUnsynced(ctx context.Context, f func(c *conn) error) error {
	return x.changeWith(ctx, func(c *conn) error {
		// Neither is cancelled: the next change must be synced.
		_, err := c.exec(context.Background(), "PRAGMA synchronous = NORMAL")
		if err == nil {
			err = c.transaction(ctx, func() error { return f(c) })
		}
		_, e := c.exec(context.Background(), "PRAGMA synchronous = FULL")
		return errors.Join(err, e)
	})
}

// wiped ends a transaction that deleted settings. It empties the write-ahead log, which still
// contains them. While another program reads, the log stays, and SQLite overwrites it later.
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
