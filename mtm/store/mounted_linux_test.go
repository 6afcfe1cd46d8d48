package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"pop3mtm/mtm/store"
)

// mounted mounts a small file system in memory, which the spec may fill or make read-only.
func mounted(size string) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	err := unix.Mount("none", dir, "tmpfs", 0, "size="+size+",mode=0777")
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		Skip("only root may mount file systems")
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(unix.Unmount(dir, unix.MNT_DETACH)).To(Succeed()) })
	return dir
}

func readOnly(dir string) {
	GinkgoHelper()
	Expect(unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "")).To(Succeed())
}

// fill writes until the disk is full to the last octet.
func fill(dir string) (file string) {
	GinkgoHelper()
	file = filepath.Join(dir, "filler")
	f, err := os.Create(file)
	Expect(err).NotTo(HaveOccurred())
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			Expect(err).To(MatchError(unix.ENOSPC))
			size /= 2
		}
	}
	Expect(f.Close()).To(Succeed())
	return file
}

// abandoned makes a store whose program ended without closing it, so that its last changes are in
// the log of the index.
func abandoned(dir string) (path string, last *store.Entry) {
	GinkgoHelper()
	live := filepath.Join(dir, "live.store")
	s, err := store.Open(live, nil)
	Expect(err).NotTo(HaveOccurred())
	stored(s, store.Inbox, []byte("first"))
	last = stored(s, store.Inbox, []byte("last"))
	path = filepath.Join(dir, "mail.store")
	Expect(os.CopyFS(path, os.DirFS(live))).To(Succeed())
	Expect(s.Close()).To(Succeed())
	Expect(os.RemoveAll(live)).To(Succeed())
	Expect(os.Stat(filepath.Join(path, "index.db-wal"))).To(HaveField("Size()", BeNumerically(">", 0)))
	return path, last
}

var _ = Describe("A store can be read", func() {
	ctx := context.Background()

	// readable reads everything, as list, show, export and check-store do.
	readable := func(dir string, last *store.Entry, count int) {
		GinkgoHelper()
		s, err := store.Open(dir, &store.Options{ReadOnly: true})
		Expect(err).NotTo(HaveOccurred())
		list, err := s.Children(ctx, store.Inbox)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(count))
		Expect(content(s, last.ID)).To(Equal([]byte("last")))
		Expect(s.Dump(ctx, io.Discard)).To(Succeed())
		noProblems(s)
		Expect(s.Close()).To(Succeed())
		left, err := filepath.Glob(filepath.Join(os.TempDir(), "mtm-index-*"))
		Expect(left, err).To(BeEmpty())
	}

	closed := func(dir string) (path string, last *store.Entry) {
		GinkgoHelper()
		path = filepath.Join(dir, "mail.store")
		s, err := store.Open(path, nil)
		Expect(err).NotTo(HaveOccurred())
		stored(s, store.Inbox, []byte("first"))
		last = stored(s, store.Inbox, []byte("last"))
		Expect(s.Close()).To(Succeed())
		return path, last
	}

	for name, prepare := range map[string]func(dir string) (string, *store.Entry){
		"that was closed": closed, "whose program died": abandoned,
	} {
		It("of a store "+name+", on a full disk", func() {
			dir := mounted("8m")
			path, last := prepare(dir)
			fill(dir)
			readable(path, last, 2)
		})

		It("of a store "+name+", on a disk that cannot be written", func() {
			dir := mounted("8m")
			path, last := prepare(dir)
			readOnly(dir)
			before := files(path)
			readable(path, last, 2)
			Expect(files(path)).To(Equal(before))
		})

		It("of an older store "+name+", on a disk that cannot be written", func() {
			dir := mounted("8m")
			path, last := prepare(dir)
			asVersion(4, path)
			readOnly(dir)
			readable(path, last, 2)
		})
	}

	It("on a full disk while another program reads it", func() {
		dir := mounted("8m")
		path, last := closed(dir)
		s := open(path, nil)
		fill(dir)
		readable(path, last, 2)
		Expect(content(s, last.ID)).To(Equal([]byte("last")))
	})

	It("and other calls return ErrDiskFull or ErrReadOnly", func() {
		dir := mounted("4m")
		path, last := closed(dir)
		fill(dir)
		_, err := store.Open(path, nil)
		Expect(err).To(MatchError(store.ErrDiskFull))
		Expect(err).NotTo(MatchError(MatchRegexp(`\(\d+\)`)))
		Expect(os.Remove(filepath.Join(dir, "filler"))).To(Succeed())
		readOnly(dir)
		_, err = store.Open(path, nil)
		Expect(err).To(MatchError(store.ErrReadOnly))
		Expect(err).To(MatchError(ContainSubstring("read-only file system")))
		Expect(err).NotTo(MatchError(MatchRegexp(`\(\d+\)`)))
		readable(path, last, 2)
	})

	It("and every write returns ErrDiskFull on a disk that becomes full", func() {
		dir := mounted("4m")
		path, _ := closed(dir)
		for size := range 29 {
			s, err := store.Open(path, nil)
			Expect(err).NotTo(HaveOccurred())
			filler := fill(dir)
			b := s.NewBatch()
			w := b.Body(store.BodyWhole)
			_, err = w.Write(bytes.Repeat([]byte("x"), size*100_000))
			if err == nil {
				_, err = w.Close()
			}
			for n := 0; err == nil && n < 40; n++ {
				w = b.Body(store.BodyWhole)
				if _, err = w.Write(bytes.Repeat([]byte("y"), 17_000)); err == nil {
					_, err = w.Close()
				}
			}
			if err == nil {
				err = b.Commit(ctx)
			}
			b.Rollback()
			Expect(err).To(MatchError(store.ErrDiskFull), "%d", size)
			Expect(os.Remove(filler)).To(Succeed())
			noProblems(s)
			Expect(s.Close()).To(Succeed())
		}
	})
})

var _ = Describe("A named pipe", func() {
	It("in place of a file of the store does not block", func() {
		for _, name := range []string{"index.db", "index.db-wal", "index.db-shm", "bodies/00000001.seg"} {
			dir := newDir()
			s, err := store.Open(dir, nil)
			Expect(err).NotTo(HaveOccurred())
			e := stored(s, store.Inbox, []byte("x"))
			Expect(s.Close()).To(Succeed())
			path := filepath.Join(dir, name)
			Expect(os.Remove(path)).To(Or(Succeed(), MatchError(os.ErrNotExist)))
			Expect(unix.Mkfifo(path, 0o600)).To(Succeed())
			_, err = store.Open(dir, nil)
			Expect(err).To(MatchError(store.ErrNotStore), name)
			Expect(err).To(MatchError(ContainSubstring(name)))
			s, err = store.Open(dir, &store.Options{ReadOnly: true})
			if err == nil {
				_, err = readBody(s, e.ID)
				Expect(s.Close()).To(Succeed())
			}
			Expect(err).To(MatchError(store.ErrNotStore), name)
		}
	})
})
