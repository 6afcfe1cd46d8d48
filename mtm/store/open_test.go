package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"

	_ "modernc.org/sqlite" // which damages an index
)

// sqlite runs statements on the index beside the store, as sqlite3 would.
func sqlite(dir string, statements ...string) *sql.DB {
	GinkgoHelper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "index.db"))
	Expect(err).NotTo(HaveOccurred())
	db.SetMaxOpenConns(1)
	DeferCleanup(func() { Expect(db.Close()).To(Succeed()) })
	for _, st := range statements {
		_, err := db.Exec(st)
		Expect(err).NotTo(HaveOccurred())
	}
	return db
}

// files returns names, sizes and times of the files below dir.
func files(dir string) (list []string) {
	GinkgoHelper()
	Expect(filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			list = append(list, fmt.Sprint(path, info.Size(), info.ModTime().UnixNano()))
		}
		return err
	})).To(Succeed())
	return list
}

var _ = Describe("Open", func() {
	ctx := context.Background()

	It("creates a store that only its owner can read, with the built-in entries", func() {
		dir := newDir()
		s := open(dir, nil)
		stored(s, store.Inbox, []byte("x"))
		if runtime.GOOS != "windows" {
			Expect(filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
				Expect(err).NotTo(HaveOccurred())
				Expect(info.Mode().Perm()&0o077).To(BeZero(), path)
				return nil
			})).To(Succeed())
		}
		for id, name := range map[store.ID]string{store.Root: "", store.Local: "Local", store.Inbox: "Inbox",
			store.Outbox: "Outbox", store.Drafts: "Drafts", store.Sent: "Sent"} {
			e, err := s.Entry(ctx, id)
			Expect(err).NotTo(HaveOccurred())
			Expect(e.Name).To(Equal(name))
		}
	})

	It("accepts an empty directory, and one with files that a crash during the creation left", func() {
		dir := newDir()
		Expect(os.Mkdir(dir, 0o700)).To(Succeed())
		left := filepath.Join(dir, "index.db.new-1-journal")
		Expect(os.WriteFile(left, []byte("x"), 0o600)).To(Succeed())
		open(dir, nil)
		Expect(left).NotTo(BeAnExistingFile())
	})

	It("accepts any name of a directory", func() {
		dir := filepath.Join(GinkgoT().TempDir(), "100% m\u00fcll #1&x=y;z")
		if runtime.GOOS != "windows" {
			dir += "?a:b"
		}
		e := stored(open(dir, nil), store.Inbox, []byte("x"))
		Expect(filepath.Join(dir, "index.db")).To(BeAnExistingFile())
		Expect(content(open(dir, nil), e.ID)).To(Equal([]byte("x")))
	})

	It("finds everything again after a close", func() {
		dir := newDir()
		s := open(dir, nil)
		e := stored(s, store.Inbox, []byte("kept"))
		before := dump(s)
		Expect(s.Close()).To(Succeed())
		s, err := store.Open(dir, &store.Options{MustExist: true})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(s.Close)
		Expect(dump(s)).To(Equal(before))
		Expect(content(s, e.ID)).To(Equal([]byte("kept")))
		stored(s, store.Inbox, []byte("more"))
		Expect(segments(dir)).To(HaveLen(1), "the segment is filled up before another is begun")
	})

	It("creates one store for many creators at once", func() {
		dir := newDir()
		var all sync.WaitGroup
		errs := make(chan error, 8)
		for range 8 {
			all.Go(func() {
				s, err := store.Open(dir, nil)
				if err == nil {
					b := s.NewBatch()
					b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeFolder, Name: "x"})
					if err = b.Commit(ctx); err == nil {
						err = s.Close()
					}
				}
				errs <- err
			})
		}
		all.Wait()
		close(errs)
		for err := range errs {
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(open(dir, nil).Children(ctx, store.Inbox)).To(HaveLen(8))
	})

	It("returns ErrNotStore for other files and directories, without writing", func() {
		file := filepath.Join(GinkgoT().TempDir(), "file")
		Expect(os.WriteFile(file, []byte("x"), 0o600)).To(Succeed())
		holiday := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(holiday, "beach.jpg"), []byte("x"), 0o600)).To(Succeed())
		text := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(text, "index.db"), []byte("x"), 0o600)).To(Succeed())
		foreign := GinkgoT().TempDir()
		Expect(sqlite(foreign, "CREATE TABLE t (x)").Close()).To(Succeed())
		for _, path := range []string{file, holiday, text, foreign} {
			before := files(path)
			_, err := store.Open(path, nil)
			Expect(err).To(MatchError(store.ErrNotStore), path)
			Expect(err.Error()).To(ContainSubstring(path))
			Expect(files(path)).To(Equal(before))
		}
	})

	It("does not create a store with MustExist", func() {
		dir := newDir()
		for _, o := range []store.Options{{MustExist: true}, {ReadOnly: true}} {
			_, err := store.Open(dir, &o)
			Expect(err).To(MatchError(store.ErrNotStore))
			Expect(dir).NotTo(BeADirectory())
		}
	})

	It("returns ErrNewer for a store of a newer version, and does not change it", func() {
		dir := newDir()
		Expect(open(dir, nil).Close()).To(Succeed())
		Expect(sqlite(dir, "PRAGMA user_version = 99").Close()).To(Succeed())
		before := files(dir)
		_, err := store.Open(dir, nil)
		Expect(err).To(MatchError(store.ErrNewer))
		Expect(err.Error()).To(ContainSubstring("use a newer program"))
		Expect(files(dir)).To(Equal(before))
	})

	It("reports a damaged index", func() {
		dir := newDir()
		Expect(open(dir, nil).Close()).To(Succeed())
		path := filepath.Join(dir, "index.db")
		data, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		for i := 100; i < len(data); i++ {
			data[i] = 0xAA
		}
		Expect(os.WriteFile(path, data, 0o600)).To(Succeed())
		_, err = store.Open(dir, nil)
		Expect(err).To(MatchError(store.ErrCorrupt))
	})

	It("never writes with ReadOnly", func() {
		dir := newDir()
		s := open(dir, nil)
		e := stored(s, store.Inbox, []byte("x"))
		r := open(dir, &store.Options{ReadOnly: true})
		Expect(content(r, e.ID)).To(Equal([]byte("x")))
		b := r.NewBatch()
		b.Delete(e.ID)
		Expect(b.Commit(ctx)).To(MatchError(store.ErrReadOnly))
		_, err := r.NewBatch().Body(store.BodyWhole).Write([]byte("y"))
		Expect(err).To(MatchError(store.ErrReadOnly))
		_, err = r.Reclaim(ctx)
		Expect(err).To(MatchError(store.ErrReadOnly))
	})

	It("reports that another program has locked the index", func() {
		dir := newDir()
		s := open(dir, &store.Options{BusyTimeout: time.Millisecond})
		b := s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, []byte("x"))
		db := sqlite(dir, "BEGIN IMMEDIATE")
		Expect(b.Commit(ctx)).To(MatchError(store.ErrLocked))
		_, err := db.Exec("COMMIT")
		Expect(err).NotTo(HaveOccurred())
		stored(s, store.Inbox, []byte("x"))
	})

	It("stops waiting for the lock of another program when it is cancelled", func() {
		dir := newDir()
		s := open(dir, &store.Options{BusyTimeout: 3 * time.Second})
		b := s.NewBatch()
		message(b, store.Inbox, store.BodyWhole, []byte("x"))
		db := sqlite(dir, "BEGIN IMMEDIATE")
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		Expect(b.Commit(soon)).To(MatchError(context.DeadlineExceeded))
		_, err := db.Exec("COMMIT")
		Expect(err).NotTo(HaveOccurred())
		stored(s, store.Inbox, []byte("x"))
	})
})

var _ = Describe("Free", func() {
	It("asks the system, or Options.FreeSpace", func() {
		Expect(open(newDir(), nil).Free()).To(BeNumerically(">", 0))
		s := open(newDir(), &store.Options{FreeSpace: func(string) (int64, error) { return 77, nil }})
		Expect(s.Free()).To(Equal(int64(77)))
	})
})

var _ = Describe("A change without a sync", func() {
	const normal, full = 1, 2

	It("leaves the next change with one, also when it is cancelled", func() {
		s := open(newDir(), nil)
		for i := range 3000 {
			ctx, cancel := context.WithCancel(context.Background())
			go cancel()
			for range i {
				if ctx.Err() != nil {
					break
				}
			}
			during, after, err := s.SyncsForTest(ctx)
			cancel()
			Expect(after).To(BeEquivalentTo(full))
			if err == nil {
				Expect(during).To(BeEquivalentTo(normal))
			}
		}
	})
})
