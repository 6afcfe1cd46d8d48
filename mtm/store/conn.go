package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// conn is one connection to the index with its prepared statements. It calls the driver directly,
// since database/sql would cost more than SQLite for the short statements of a batch. It is not
// safe for concurrent use.
type conn struct {
	dir   string // of the index
	raw   driver.Conn
	stmts map[string]driver.Stmt

	before func(Call) error // see Options
}

// dial opens the index file at path. Each pragma has the form "name(value)".
func dial(ctx context.Context, path string, pragmas ...string) (*conn, error) {
	return dialURI(ctx, path, url.Values{"_pragma": pragmas})
}

// dialURI opens the index file at path with parameters of SQLite's URI file names.
func dialURI(ctx context.Context, path string, parameters url.Values) (*conn, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // a Windows path begins with its drive
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: parameters.Encode()}
	dialer, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	raw, err := dialer.Connect(ctx)
	if err != nil {
		return nil, indexError(filepath.Dir(path), err)
	}
	return &conn{dir: filepath.Dir(path), raw: raw, stmts: make(map[string]driver.Stmt), before: noneBefore}, nil
}

func (c *conn) close() error {
	var first error
	for _, st := range c.stmts {
		if err := st.Close(); err != nil && first == nil {
			first = err
		}
	}
	if err := c.raw.Close(); err != nil && first == nil {
		first = err
	}
	return first
}

// prepared returns the statement for query, which it prepares at its first use.
func (c *conn) prepared(query string) (driver.Stmt, error) {
	if st := c.stmts[query]; st != nil {
		return st, nil
	}
	p, ok := c.raw.(driver.ConnPrepareContext)
	if !ok {
		return nil, errors.New("the SQLite driver cannot prepare statements")
	}
	st, err := p.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, indexError(c.dir, err)
	}
	c.stmts[query] = st
	return st, nil
}

// exec runs a prepared statement and returns the number of rows it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return c.execValues(ctx, query, bindings(args))
}

// execValues does the same with arguments that the caller reuses.
func (c *conn) execValues(ctx context.Context, query string, args []driver.NamedValue) (int64, error) {
	st, err := c.prepared(query)
	if err != nil {
		return 0, err
	}
	x, ok := st.(driver.StmtExecContext)
	if !ok {
		return 0, errors.New("the SQLite driver cannot execute statements")
	}
	res, err := x.ExecContext(ctx, args)
	if err != nil {
		return 0, indexError(c.dir, err)
	}
	return res.RowsAffected()
}

// script runs statements without keeping them prepared.
func (c *conn) script(ctx context.Context, query string) error {
	x, ok := c.raw.(driver.ExecerContext)
	if !ok {
		return errors.New("the SQLite driver cannot execute statements")
	}
	_, err := x.ExecContext(ctx, query, nil)
	return indexError(c.dir, err)
}

// query calls f for each row, which is valid only during the call.
func (c *conn) query(ctx context.Context, query string, f func(row []driver.Value) error, args ...any) error {
	return c.queryValues(ctx, query, f, bindings(args))
}

func (c *conn) queryValues(ctx context.Context, query string, f func(row []driver.Value) error, args []driver.NamedValue) (err error) {
	st, err := c.prepared(query)
	if err != nil {
		return err
	}
	x, ok := st.(driver.StmtQueryContext)
	if !ok {
		return errors.New("the SQLite driver cannot query")
	}
	rows, err := x.QueryContext(ctx, args)
	if err != nil {
		return indexError(c.dir, err)
	}
	defer func() {
		if e := rows.Close(); err == nil {
			err = indexError(c.dir, e)
		}
	}()
	row := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return indexError(c.dir, err)
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

// number returns the number that a query returns. found is false when the query returns no row.
func (c *conn) number(ctx context.Context, query string, args ...any) (n int64, found bool, err error) {
	err = c.query(ctx, query, func(row []driver.Value) error {
		n, found = asInt(row[0]), true
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
	if _, err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
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

func bindings(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case ID:
			a = int64(v)
		case int:
			a = int64(v)
		case Flags:
			a = int64(v)
		case uint32:
			a = int64(v)
		case bool:
			a = boolInt(v)
		}
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return list
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// asInt and asText return the value of a column. Strict tables have no other types, except in a
// damaged index, for which they return the zero value.
func asInt(v driver.Value) int64 {
	n, _ := v.(int64)
	return n
}

func asText(v driver.Value) string {
	s, _ := v.(string)
	return s
}

// pragma returns a pragma in the form that dial needs.
func pragma(name string, value int64) string {
	return name + "(" + strconv.FormatInt(value, 10) + ")"
}
