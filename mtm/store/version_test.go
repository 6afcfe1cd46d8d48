package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

// asVersion changes a closed store to an older version of the schema, without the tables and
// columns that this version lacks.
func asVersion(version int, dir string) {
	GinkgoHelper()
	old := filepath.Join(GinkgoT().TempDir(), "old.db")
	Expect(store.NewIndex(old, version)).To(Succeed())
	db := sqlite(dir, "ATTACH DATABASE '"+old+"' AS old")
	list := func(query string) (texts []string) {
		rows, err := db.Query(query)
		Expect(err).NotTo(HaveOccurred())
		defer func() { Expect(rows.Close()).To(Succeed()) }()
		for rows.Next() {
			var text string
			Expect(rows.Scan(&text)).To(Succeed())
			texts = append(texts, text)
		}
		Expect(rows.Err()).NotTo(HaveOccurred())
		return texts
	}
	do := func(format string, args ...any) {
		_, err := db.Exec(fmt.Sprintf(format, args...))
		Expect(err).NotTo(HaveOccurred())
	}
	for _, index := range list("SELECT name FROM main.sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") {
		do("DROP INDEX main.%s", index)
	}
	for _, table := range list("SELECT name FROM main.sqlite_schema WHERE type = 'table'") {
		do("ALTER TABLE main.%s RENAME TO new_%[1]s", table)
	}
	for _, statement := range list("SELECT sql FROM old.sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'") {
		do("%s", statement)
	}
	for _, table := range list("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE 'new!_%' ESCAPE '!'") {
		name := strings.TrimPrefix(table, "new_")
		columns := strings.Join(list(fmt.Sprintf(`SELECT name FROM pragma_table_info('%s') WHERE name IN
			(SELECT name FROM pragma_table_info('%s'))`, name, table)), ", ")
		if columns != "" {
			do("INSERT INTO main.%s (%s) SELECT %[2]s FROM main.%s", name, columns, table)
		}
		do("DROP TABLE main.%s", table)
	}
	do("PRAGMA user_version = %d", version)
	Expect(db.Close()).To(Succeed())
}

var _ = Describe("A store of an older version", func() {
	ctx := context.Background()
	for version := 1; version < store.Version(); version++ {
		It(fmt.Sprintf("of the schema, %d, becomes one of this, and its tree stays as it was", version), func() {
			dir := newDir()
			s := open(dir, nil)
			account := service(s, "work")
			one := fetched(s, account, "1", []byte("one"))
			b := s.NewBatch()
			b.Copy(&store.Copies{Into: store.Inbox, Linked: true, Set: store.Complete, Of: []store.Copied{{Source: one.ID, Body: one.Body}}})
			b.SetFlags([]store.ID{one.ID}, store.New|store.Unread, 0)
			Expect(b.Commit(ctx)).To(Succeed())
			before := dump(s)
			Expect(s.Close()).To(Succeed())

			asVersion(version, dir)
			s = open(dir, nil)
			Expect(dump(s)).To(Equal(before))
			Expect(content(s, one.ID+1)).To(Equal([]byte("one")))
			_, found := problems(s)
			Expect(found).To(BeEmpty())
		})
	}
})
