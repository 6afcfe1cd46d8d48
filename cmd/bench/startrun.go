package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"pop3mtm/cmd/internal/cli"
	"pop3mtm/fakeserver/maildrop"
)

func (x *start) run(ctx context.Context, stderr io.Writer) (*starts, error) {
	served, err := x.box.list()
	if err != nil {
		return nil, err
	}
	found := &starts{Benchmark: "start", Machine: thisMachine(), Mailbox: x.box}
	bar := cli.NewBar(stderr, "starting", cli.Steps, int64(x.runs))
	defer bar.Close()
	for len(found.Starts) < x.runs {
		one, err := x.once(ctx, served)
		if ctx.Err() != nil && len(found.Starts) > 0 {
			found.Stopped = part(len(found.Starts), x.runs, "start")
			found.conclude()
			return found, context.Cause(ctx)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		found.Starts = append(found.Starts, one)
		bar.Set(int64(len(found.Starts)), int64(x.runs))
	}
	found.conclude()
	return found, nil
}

// once starts a server, asks it, and ends it.
func (x *start) once(ctx context.Context, served maildrop.List) (one started, err error) {
	spec := serverSpec{Name: simulatorName, Program: x.pop3sim}
	begun := time.Now()
	server, err := spec.begin(ctx, &x.box, 1, "", "", func(serverCounts) {})
	if err != nil {
		return one, err
	}
	defer func() {
		spent, ended := server.stop()
		one.Serving = spent
		err = errors.Join(err, server.said.explain(ctx, "the server", ended))
	}()
	session, err := dialBare(ctx, server.login, 1<<20)
	if err != nil {
		return one, err
	}
	var first bytes.Buffer
	err = session.fetch("RETR 1", &first)
	one.First = time.Since(begun).Seconds()
	if err == nil {
		_, err = session.ask("QUIT")
	}
	session.close()
	if err == nil {
		err = sameMessage(first.Bytes(), served.At(0))
	}
	if err == nil {
		err = one.walk(ctx, server.login, served)
	}
	return one, err
}

// walk asks for all that is listed, and for the last message.
func (one *started) walk(ctx context.Context, l login, served maildrop.List) error {
	session, err := dialBare(ctx, l, 1<<20)
	if err != nil {
		return err
	}
	defer session.close()
	begun := time.Now()
	found, err := session.list()
	one.Listing = time.Since(begun).Seconds()
	if err != nil {
		return err
	}
	begun = time.Now()
	var last bytes.Buffer
	err = session.fetch("RETR "+strconv.Itoa(served.Len()), &last)
	one.Last = time.Since(begun).Seconds()
	if err == nil {
		_, err = session.ask("QUIT")
	}
	if err != nil {
		return err
	}
	return errors.Join(sameMessage(last.Bytes(), served.At(served.Len()-1)), found.same(served))
}

// sameMessage compares octets with a message.
func sameMessage(got []byte, m maildrop.Message) error {
	if err := newComparer().next(bytes.NewReader(got), m); err != nil {
		return fmt.Errorf("message %s: %w", m.UID(), err)
	}
	if int64(len(got)) != m.Size() {
		return fmt.Errorf("message %s has %d octets, served were %d", m.UID(), len(got), m.Size())
	}
	return nil
}
