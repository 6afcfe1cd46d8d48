package store_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// open opens the store and closes it at the end of the spec.
func open(dir string, o *store.Options) *store.Store {
	GinkgoHelper()
	s, err := store.Open(dir, o)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(s.Close()).To(Succeed()) })
	return s
}

// newDir returns a path that does not exist.
func newDir() string { return filepath.Join(GinkgoT().TempDir(), "mail.store") }

// message adds a message with a body to the batch.
func message(b *store.Batch, parent store.ID, kind store.BodyKind, content []byte) *store.Entry {
	GinkgoHelper()
	w := b.Body(kind)
	_, err := w.Write(content)
	Expect(err).NotTo(HaveOccurred())
	body, err := w.Close()
	Expect(err).NotTo(HaveOccurred())
	e := &store.Entry{Parent: parent, Type: store.TypeMessage, Body: body, Size: int64(len(content))}
	b.Add(e)
	return e
}

// stored commits one message of its own batch.
func stored(s *store.Store, parent store.ID, content []byte) *store.Entry {
	GinkgoHelper()
	b := s.NewBatch()
	e := message(b, parent, store.BodyWhole, content)
	Expect(b.Commit(context.Background())).To(Succeed())
	return e
}

// service commits a service entry.
func service(s *store.Store, name string) store.ID {
	GinkgoHelper()
	b := s.NewBatch()
	e := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: name}
	b.Add(e)
	Expect(b.Commit(context.Background())).To(Succeed())
	return e.ID
}

// content returns the whole body of an entry.
func content(s *store.Store, id store.ID) []byte {
	GinkgoHelper()
	data, err := readBody(s, id)
	Expect(err).NotTo(HaveOccurred())
	return data
}

func readBody(s *store.Store, id store.ID) (_ []byte, err error) {
	r, err := s.Body(context.Background(), id)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}

func dump(s *store.Store) string {
	GinkgoHelper()
	var b bytes.Buffer
	Expect(s.Dump(context.Background(), &b)).To(Succeed())
	return b.String()
}

// golden compares text with testdata/name; -update rewrites the file.
func golden(name, text string) {
	GinkgoHelper()
	path := filepath.Join("testdata", name)
	if *update {
		Expect(os.MkdirAll("testdata", 0o755)).To(Succeed())
		Expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
	}
	want, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	Expect(text).To(Equal(string(want)), "run with -update to accept the new text")
}

// segments returns the paths of the segment files.
func segments(dir string) []string {
	GinkgoHelper()
	list, err := filepath.Glob(filepath.Join(dir, "bodies", "*.seg"))
	Expect(err).NotTo(HaveOccurred())
	return list
}

// must fails a plain test or benchmark on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
