package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/fakeserver/maildrop"
)

var update = flag.Bool("update", false, "write the expected texts of odd mail anew")

var _ = Describe("An odd mail", func() {
	It("is listed and shown as testdata/shown says", func() {
		const ending = ".eml"
		files, err := filepath.Glob("../../mtm/mail/testdata/odd/*" + ending)
		Expect(err).NotTo(HaveOccurred())
		Expect(len(files)).To(BeNumerically(">", 50))
		var mail []maildrop.Message
		for _, file := range files {
			raw, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			mail = append(mail, maildrop.Bytes(strings.TrimSuffix(filepath.Base(file), ending), raw))
		}
		u := newUser()
		s, _ := serve(mail...)
		u.addAccount(s)
		u.succeeds("get", "work")
		for _, m := range u.lists("Inbox") {
			got := strings.ReplaceAll(u.succeeds("show", number(m.ID)), "save "+number(m.ID), "save ID")
			got += "\nflags: " + strings.Join(m.Flags, " ") + "\n"
			golden := filepath.Join("testdata", "shown", m.UID+".txt")
			if *update {
				Expect(os.WriteFile(golden, []byte(got), 0o600)).To(Succeed())
			}
			want, err := os.ReadFile(golden)
			Expect(err).NotTo(HaveOccurred())
			Expect(got).To(Equal(string(want)), m.UID)
		}
	})
})
