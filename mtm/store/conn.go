package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// conn is one connection to the index, which keeps its prepared statements. It is not safe for
// concurrent use.
type conn struct {
	dir     string // of the index
	raw     *sqlite.Conn
	limited bool          // the end of a context ends what runs now
	busy    time.Duration // how long to wait for the lock of another program

	before func(Call) error // see Options
}

// dial opens the index file at path. Each pragma has the form "name(value)".
func dial(ctx context.Context, path string, pragmas ...string) (*conn, error) {
	return dialURI(ctx, path, nil, pragmas...)
}

// dialURI opens the index file at path with parameters of SQLite's URI file names.
func dialURI(ctx context.Context, path string, parameters url.Values, pragmas ...string) (*conn, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // a Windows path begins with its drive
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: parameters.Encode()}
	raw, err := sqlite.OpenConn(u.String(), sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenURI)
	if err != nil {
		return nil, indexError(filepath.Dir(path), err)
	}
	raw.SetBusyTimeout(0) // a pragma may set another one
	c := &conn{dir: filepath.Dir(path), raw: raw, before: noneBefore}
	for _, pragma := range pragmas {
		if err := c.script(ctx, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

func (c *conn) close() error { return indexError(c.dir, c.raw.Close()) }

// limit ends what runs on the connection when ctx ends, until done is called.
func (c *conn) limit(ctx context.Context) (done func()) {
	if c.limited || ctx.Done() == nil {
		return func() {}
	}
	c.limited = true
	c.raw.SetInterrupt(ctx.Done())
	return func() {
		c.raw.SetInterrupt(nil)
		c.limited = false
	}
}

// failed returns the store's error for one of SQLite.
func (c *conn) failed(ctx context.Context, err error) error {
	if sqlite.ErrCode(err) == sqlite.ResultInterrupt && ctx.Err() != nil {
		return ctx.Err()
	}
	return indexError(c.dir, err)
}

// run runs a prepared statement, and calls f for each row, which is valid only during the call.
func (c *conn) run(ctx context.Context, query string, args []value, f func(row cells) error) error {
	defer c.limit(ctx)()
	st, err := c.raw.Prepare(query)
	if err != nil {
		return c.failed(ctx, err)
	}
	defer func() { _ = st.Reset() }() // it repeats the error of Step
	for i := range args {
		args[i].bind(st, i+1)
	}
	for {
		more, err := st.Step()
		if err != nil {
			return c.failed(ctx, err)
		}
		if !more {
			return nil
		}
		if err := f(cells{st}); err != nil {
			return err
		}
	}
}

// exec runs a prepared statement and returns the number of rows it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return c.execValues(ctx, query, values(args))
}

// execValues does the same with arguments that the caller reuses.
func (c *conn) execValues(ctx context.Context, query string, args []value) (int64, error) {
	err := c.run(ctx, query, args, func(cells) error { return nil })
	return int64(c.raw.Changes()), err
}

// script runs statements without keeping them prepared.
func (c *conn) script(ctx context.Context, query string) error {
	defer c.limit(ctx)()
	for strings.TrimSpace(query) != "" {
		st, rest, err := c.raw.PrepareTransient(query)
		for more := true; err == nil && more; {
			more, err = st.Step()
		}
		if st != nil {
			err = errors.Join(err, st.Finalize())
		}
		if err != nil {
			return c.failed(ctx, err)
		}
		query = query[len(query)-rest:]
	}
	return nil
}

// query calls f for each row, which is valid only during the call.
func (c *conn) query(ctx context.Context, query string, f func(row cells) error, args ...any) error {
	return c.run(ctx, query, values(args), f)
}

// number returns the number that a query returns. found is false when the query returns no row.
func (c *conn) number(ctx context.Context, query string, args ...any) (n int64, found bool, err error) {
	err = c.query(ctx, query, func(row cells) error {
		n, found = row.int(0), true
		return nil
	}, args...)
	return n, found, err
}

// errInDoubt reports that a transaction may or may not exist after a crash. The bodies that it
// refers to must stay.
var errInDoubt = errors.New("unknown whether the change was saved; open the store again")

// transaction runs f in a write transaction. ctx limits the wait for the lock; once f runs, only
// its error stops the transaction.
func (c *conn) transaction(ctx context.Context, f func() error) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	err := f()
	if err == nil {
		err = c.before(CommitIndex)
	}
	if err == nil {
		_, err = c.exec(context.Background(), "COMMIT")
		if err != nil && !notTaken(err) {
			err = fmt.Errorf("%w: %w", errInDoubt, err)
		}
	}
	if err != nil {
		// SQLite may have rolled back already; then this does nothing.
		_, _ = c.exec(context.Background(), "ROLLBACK")
	}
	return err
}

// lockPoll is how often a transaction tries to get the lock that another program has.
const lockPoll = 5 * time.Millisecond

// begin begins a write transaction. SQLite would wait for the lock even after the end of ctx, so it
// waits here.
func (c *conn) begin(ctx context.Context) error {
	c.raw.SetBusyTimeout(0)
	defer c.raw.SetBusyTimeout(c.busy)
	for end := time.Now().Add(c.busy); ; {
		_, err := c.exec(ctx, "BEGIN IMMEDIATE")
		if !errors.Is(err, ErrLocked) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// pragma returns a pragma in the form that dial needs.
func pragma(name string, value int64) string {
	return name + "(" + strconv.FormatInt(value, 10) + ")"
}
