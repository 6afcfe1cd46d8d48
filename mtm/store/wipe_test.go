package store_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("A secret among the settings", func() {
	ctx := context.Background()
	short, long := "hunter2hunter2", strings.Repeat("tokentoken", 1_600)

	// lies reports whether a file of the store contains the text.
	lies := func(dir, text string) bool {
		GinkgoHelper()
		files, err := filepath.Glob(filepath.Join(dir, "index*"))
		Expect(err).NotTo(HaveOccurred())
		Expect(files).NotTo(BeEmpty())
		for _, file := range files {
			raw, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			if bytes.Contains(raw, []byte(text)) {
				return true
			}
		}
		return false
	}

	DescribeTable("is in no file of the store", func(end func(b *store.Batch, id store.ID)) {
		dir := newDir()
		s := open(dir, nil)
		var services []*store.Entry
		for i := range 20 { // more than a page of settings
			b := s.NewBatch()
			e := &store.Entry{Parent: store.Root, Type: store.TypeService, Name: fmt.Sprint(i)}
			b.Add(e)
			Expect(b.Commit(ctx)).To(Succeed())
			b = s.NewBatch()
			b.SetSettings(e.ID, map[string]string{"host": "pop.example.org", "signature": strings.Repeat("x", 900)})
			if i == 7 {
				b.SetSettings(e.ID, map[string]string{"host": "pop.example.org", "password": short, "token": long})
			}
			Expect(b.Commit(ctx)).To(Succeed())
			services = append(services, e)
		}
		Expect(lies(dir, short)).To(BeTrue())
		Expect(lies(dir, long[:4000])).To(BeTrue())

		b := s.NewBatch()
		end(b, services[7].ID)
		Expect(b.Commit(ctx)).To(Succeed())
		Expect(lies(dir, short)).To(BeFalse(), "while the store is open")
		Expect(lies(dir, "tokentoken")).To(BeFalse())
		Expect(s.Close()).To(Succeed())
		Expect(lies(dir, short)).To(BeFalse(), "when it is closed")
		Expect(lies(dir, "tokentoken")).To(BeFalse())
	},
		Entry("after the account was deleted", func(b *store.Batch, id store.ID) { b.Delete(id) }),
		Entry("after the secret was changed", func(b *store.Batch, id store.ID) {
			b.SetSettings(id, map[string]string{"host": "pop.example.org", "password": "other"})
		}),
	)
})
