package features

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// end closes the world of a scenario and checks what each scenario must leave in order. It reports
// a required rule that did not fire, an open connection, a stored message that differs from what
// was sent or is stored twice, a damaged store, a stray file, and a goroutine left behind.
func (w *world) end(ctx context.Context) error {
	if w.dir == "" { // it has not begun
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	pprof.SetGoroutineLabels(context.Background()) // checkGoroutines must not find this goroutine
	err := errors.Join(w.closeClients(), w.closeServer(ctx), w.closeSink(), w.checkOther())
	if w.store != nil { // nil when it could not be opened
		err = errors.Join(err, w.checkStore(ctx), w.store.Close(), w.checkFiles())
	}
	return errors.Join(err, w.checkGoroutines(), os.RemoveAll(w.dir))
}

func (w *world) closeClients() error {
	if w.silence != nil {
		defer w.silence.end()
	}
	var all []error
	for _, c := range []*mtm.Client{w.client, w.visitor} {
		if c != nil {
			all = append(all, c.Close())
		}
	}
	w.client, w.visitor = nil, nil
	if n := w.lines.count(); n != 0 {
		all = append(all, fmt.Errorf("the closed client left %d connections open", n))
	}
	return errors.Join(all...)
}

func (w *world) closeServer(ctx context.Context) error {
	if w.server == nil {
		return nil
	}
	err := errors.Join(w.settled(ctx), w.judge(ctx), w.server.Close())
	if served := <-w.serving; !errors.Is(served, fakeserver.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// checkStore checks every message of every folder.
func (w *world) checkStore(ctx context.Context) error {
	var found []error
	_, err := w.store.Check(ctx, func(p store.Problem) { found = append(found, errors.New("the store: "+p.Text)) })
	found = append(found, err)
	folders, err := w.store.Children(ctx, store.Local)
	found = append(found, err)
	for _, folder := range folders {
		if folder.ID == store.Outbox || folder.ID == store.Drafts || folder.ID == store.Sent {
			found = append(found, w.checkMade(ctx, folder))
			continue
		}
		found = append(found, w.checkFolder(ctx, folder))
	}
	if w.account != 0 {
		found = append(found, w.checkMailbox(ctx))
	}
	return errors.Join(found...)
}

// checkFolder compares the messages of a folder with what the server has or had.
func (w *world) checkFolder(ctx context.Context, folder store.Entry) error {
	entries, err := w.store.Children(ctx, folder.ID)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	var found []error
	for _, e := range entries {
		if ghost, err := w.isGhost(ctx, e); ghost || err != nil {
			found = append(found, err)
			continue
		}
		if seen[e.Description] {
			found = append(found, fmt.Errorf("%q is in %s twice", e.Description, folder.Name))
		}
		seen[e.Description] = true
		if err := w.checkCopy(ctx, e); err != nil {
			found = append(found, fmt.Errorf("%q in %s: %w", e.Description, folder.Name, err))
		}
	}
	return errors.Join(found...)
}

// isGhost reports whether the entry is a placeholder for a message that a pending operation will
// fetch.
func (w *world) isGhost(ctx context.Context, e store.Entry) (bool, error) {
	queue, err := w.store.Queue(ctx, w.account)
	return !e.Flags.Has(store.Complete) && slices.ContainsFunc(queue, func(q store.Queued) bool { return q.Ghost == e.ID }), err
}

func (w *world) checkCopy(ctx context.Context, e store.Entry) error {
	raw, want, err := w.octets(ctx, e)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(raw, want):
		return fmt.Errorf("%d octets are not the %d that were sent", len(raw), len(want))
	case !e.Flags.Has(store.Complete) || e.Flags.Has(store.Invisible) || e.Flags.Has(store.InPreparation):
		return fmt.Errorf("it is not complete and visible: %s", e.Flags)
	}
	return nil
}

// octets returns the octets of the entry, and those that the server had.
func (w *world) octets(ctx context.Context, e store.Entry) (raw, want []byte, err error) {
	original, known := w.letters[e.Description]
	if !known {
		return nil, nil, errors.New("no server had it")
	}
	if want, err = maildrop.Read(original); err != nil {
		return nil, nil, err
	}
	body, err := w.store.Body(ctx, e.ID)
	if err != nil {
		return nil, nil, err
	}
	raw, err = io.ReadAll(body)
	if original.altered {
		want = raw
	}
	return raw, want, errors.Join(err, body.Close())
}

// checkMailbox checks the entries of the account, hidden ones too.
func (w *world) checkMailbox(ctx context.Context) error {
	entries, err := w.store.Children(ctx, w.account)
	found := []error{err}
	for _, e := range entries {
		if err := w.checkEntry(ctx, e); err != nil {
			found = append(found, fmt.Errorf("%q in the mailbox: %w", e.Description, err))
		}
	}
	return errors.Join(found...)
}

// checkEntry checks that the flags of an entry say how much of the message is stored.
func (w *world) checkEntry(ctx context.Context, e store.Entry) error {
	raw, want, err := w.octets(ctx, e)
	if err != nil {
		return err
	}
	whole, part := e.Body.Kind == store.BodyWhole, e.Body.Kind == store.BodyPartial
	switch {
	case !bytes.HasPrefix(want, raw):
		return fmt.Errorf("its %d octets are not the beginning of what was sent", len(raw))
	case whole != (len(raw) == len(want)) && !part && len(want) > 0:
		return fmt.Errorf("it is stored as %s with %d of %d octets", e.Body.Kind, len(raw), len(want))
	case e.Flags.Has(store.Complete) && !whole && !part, e.Email.Has(store.PartialDownload) != part:
		return fmt.Errorf("it is stored as %s, but its flags are %s,%s", e.Body.Kind, e.Flags, e.Email)
	}
	return nil
}

// checkFiles checks that the directory of a closed store has only the files that docs/store.md
// names.
func (w *world) checkFiles() error {
	known := regexp.MustCompile(`^(index\.db|bodies|bodies/\d{8}\.(seg|lock)|locks|locks/(\d+|accounts)\.(lock|holder|connected|busy))$`)
	var found []error
	err := filepath.WalkDir(w.storeDir(), func(path string, _ fs.DirEntry, err error) error {
		name, _ := filepath.Rel(w.storeDir(), path)
		if name = filepath.ToSlash(name); name != "." && !known.MatchString(name) {
			found = append(found, errors.New("a stray file in the store: "+name))
		}
		return err
	})
	return errors.Join(append(found, err)...)
}

// checkGoroutines waits until all goroutines of the scenario have ended.
func (w *world) checkGoroutines() error {
	deadline := time.After(w.patience)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		left := w.goroutines()
		if left == "" {
			return nil
		}
		select {
		case <-again.C:
		case <-deadline:
			return errors.New("goroutines left behind:\n" + left)
		}
	}
}

// goroutines returns the stacks of the goroutines that have this scenario's label.
func (w *world) goroutines() string {
	var all bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
		return err.Error()
	}
	var left []string
	for group := range strings.SplitSeq(all.String(), "\n\n") {
		if strings.Contains(group, w.label) {
			left = append(left, group)
		}
	}
	return strings.Join(left, "\n\n")
}
