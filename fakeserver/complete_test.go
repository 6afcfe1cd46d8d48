package fakeserver_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("the language of replies (RFC 6856 section 3)", func() {
	It("is English until LANG chooses another one, in any state", func() {
		p, _ := connect(start(three(), nil))
		Expect(rows(p, "LANG")).To(Equal([]string{"en English", "de Deutsch"}))
		Expect(p.ask("LANG MUL")).To(Equal("-ERR no such language"))
		Expect(p.ask("LANG DE")).To(Equal("+OK de das ist jetzt die Sprache"))
		Expect(p.ask("LANG xx")).To(Equal("-ERR diese Sprache gibt es nicht"))
		Expect(p.ask("PASS x")).To(Equal("-ERR zuerst USER"))
		Expect(p.ask("USER demo")).To(Equal("+OK jetzt PASS"))
		Expect(p.ask("PASS x")).To(Equal("-ERR [AUTH] Name oder Kennwort falsch"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))
		Expect(p.ask("LIST 2")).To(Equal("+OK 2 22"))
		status, _ := p.multi("LIST")
		Expect(status).To(Equal("+OK 3 Nachrichten (42 Oktette)"))
		Expect(p.ask("DELE 2")).To(Equal("+OK Nachricht 2 gelöscht"))
		Expect(p.ask("LANG *")).To(Equal("+OK en this is the language now"))
		Expect(p.ask("DELE 2")).To(Equal("-ERR message 2 is deleted"))
	})

	It("is what the options prefer for *, also of what stands in for a reply", func() {
		drop := three()
		srv := start(drop, &fakeserver.Options{Language: "de", LockWait: -1})
		login(srv)
		p, _ := connect(srv)
		Expect(p.ask("LANG *")).To(HavePrefix("+OK de "))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(Equal("-ERR [IN-USE] Postfach ist von einer anderen Sitzung gesperrt"))
	})

	It("has words for what the server says, and for nothing else; a verb may do without", func() {
		said := map[string]bool{}
		files, err := filepath.Glob("*.go")
		Expect(err).NotTo(HaveOccurred())
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			Expect(err).NotTo(HaveOccurred())
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 || !slices.Contains([]string{"OK", "Err", "refuse", "Multiline", "ok"}, called(call)) {
					return true
				}
				ast.Inspect(call.Args[0], func(n ast.Node) bool {
					if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
						text, err := strconv.Unquote(l.Value)
						Expect(err).NotTo(HaveOccurred())
						_, text, _ = strings.Cut("] "+text[strings.Index(text, "] ")+1:], "] ")
						said[fakeserver.Form(strings.ReplaceAll(strings.TrimSpace(text), "%d", "0"))] = true
					}
					return true
				})
				return true
			})
		}
		// numbers, put together elsewhere, a state that is named, and a tag of a language
		for _, none := range []string{"# #", "# ", "#", "", "not in the", "state"} {
			delete(said, none)
		}
		for _, text := range []string{"# octets", "not in the AUTHORIZATION state", "not in the TRANSACTION state"} {
			said[text] = true
		}
		for text := range fakeserver.Translations() {
			Expect(said).To(HaveKey(text))
		}
	})
})

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

var _ = Describe("mail in UTF-8 (RFC 6856)", func() {
	const header = "Subject: Grüße\r\n\r\nx\r\n"
	drop := func() *fakeserver.Maildrop {
		return fakeserver.NewMaildrop(maildrop.Bytes("u", []byte(header)), maildrop.Bytes("body", []byte("A: b\r\n\r\nGrüße\r\n")),
			maildrop.Bytes("latin", []byte("A: \xe4\n\nx\n")))
	}

	It("needs the command UTF8 before login, and passes as it is then", func() {
		srv := start(drop(), &fakeserver.Options{UTF8: true})
		p, _ := connect(srv)
		_, capa := p.multi("CAPA")
		Expect(capa).To(ContainSubstring("\r\nUTF8 USER\r\n"))
		Expect(p.ask("UTF8 x")).To(HavePrefix("-ERR"))
		Expect(p.ask("UTF8")).To(Equal("+OK UTF-8 from now on"))
		Expect(p.ask("USER demo")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS demo")).To(HavePrefix("+OK"))
		Expect(p.ask("UTF8")).To(Equal("-ERR not in the TRANSACTION state"))
		_, wire := p.multi("RETR 1")
		Expect(wire).To(Equal(header))
	})

	It("is refused without it when the header has it, and the rest is sent", func() {
		p := login(start(drop(), &fakeserver.Options{UTF8: true}))
		Expect(p.ask("RETR 1")).To(HavePrefix("-ERR [UTF8] "))
		Expect(p.ask("TOP 1 0")).To(HavePrefix("-ERR [UTF8] "))
		p.multi("RETR 2")
		p.multi("RETR 3")
	})

	It("is sent by a server that knows nothing of it", func() {
		p := login(start(drop(), nil))
		p.multi("RETR 1")
		Expect(p.ask("UTF8")).To(HavePrefix("-ERR"))
	})

	It("comes with names and passwords that are prepared (RFC 4013), and no STLS after it", func() {
		users := map[string]fakeserver.User{"jürgen": {Password: "ﬁsch"}}
		srv := start(three(), &fakeserver.Options{UTF8: true, Users: users})
		p, _ := connect(srv)
		for _, wrong := range []string{"fish", "f\xff", "ﬁsch\u0007ä"} {
			Expect(p.ask("USER ju\u0308rgen")).To(HavePrefix("+OK"))
			Expect(p.ask("PASS " + wrong)).To(HavePrefix("-ERR"))
		}
		Expect(p.ask("USER ju\u0308rgen")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS fisch")).To(HavePrefix("+OK"))

		secure := start(three(), &fakeserver.Options{UTF8: true, TLS: fixtures.NewCA().Server()})
		p, _ = connect(secure)
		Expect(p.ask("UTF8")).To(HavePrefix("+OK"))
		Expect(p.ask("STLS")).To(Equal("-ERR not after UTF8"))
	})
})

var _ = Describe("a server for many users", func() {
	It("lists, allows and lets in what each of them has", func() {
		srv := start(nil, &fakeserver.Options{LoginCapabilities: []string{"USER", "SASL PLAIN"}, Users: map[string]fakeserver.User{}})
		ann := three()
		srv.SetUser("ann", fakeserver.User{Password: "a", Maildrop: ann, Without: []string{"top"}, Mechanisms: []string{"cram-md5"}})
		srv.SetUser("bob", fakeserver.User{AnyPassword: true, Capabilities: []string{"UIDL", "X"}})
		Expect(srv.Users()).To(Equal([]string{"ann", "bob"}))

		p, _ := connect(srv)
		Expect(rows(p, "CAPA")).To(Equal([]string{"USER", "SASL PLAIN"}))
		Expect(p.authenticate(sasl.NewPlainClient("", "ann", "a"), true)).To(HavePrefix("-ERR [AUTH]"))
		Expect(p.ask("USER ann")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS a")).To(HavePrefix("+OK"))
		Expect(rows(p, "CAPA")).NotTo(Or(ContainElement("TOP"), ContainElement("SASL PLAIN")))
		Expect(p.ask("TOP 1 0")).To(Equal("-ERR unknown command"))
		Expect(p.ask("STAT")).To(Equal("+OK 3 42"))

		p, _ = connect(srv)
		Expect(p.ask("USER bob")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS anything at all")).To(HavePrefix("+OK"))
		Expect(rows(p, "CAPA")).To(Equal([]string{"UIDL", "X"}))
		p.multi("UIDL")
		srv.RemoveUser("bob")
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		p, _ = connect(srv)
		Expect(p.ask("USER bob")).To(HavePrefix("+OK"))
		Expect(p.ask("PASS x")).To(HavePrefix("-ERR [AUTH]"))
	})

	It("lists the longest LOGIN-DELAY before login, and enforces that of each", func() {
		now := time.Unix(0, 0)
		srv := start(nil, &fakeserver.Options{Now: func() time.Time { return now }, LoginDelay: time.Minute, Users: map[string]fakeserver.User{
			"ann": {}, "bob": {LoginDelay: -1}, "cy": {LoginDelay: time.Hour}}})
		visit := func(user string) string {
			p, _ := connect(srv)
			defer func() { Expect(p.Close()).To(Succeed()); wait(srv) }()
			p.say("CAPA\r\nUSER " + user + "\r\nPASS \r\nCAPA\r\nQUIT\r\n")
			return p.rest()
		}
		Expect(visit("cy")).To(And(ContainSubstring("\r\nLOGIN-DELAY 3600 USER\r\n"), ContainSubstring("\r\nLOGIN-DELAY 3600\r\n")))
		Expect(strings.Count(visit("bob"), "LOGIN-DELAY")).To(Equal(1))
		Expect(visit("bob")).NotTo(ContainSubstring("-ERR"))
		Expect(visit("ann")).To(ContainSubstring("\r\nLOGIN-DELAY 60\r\n"))
		now = now.Add(time.Minute)
		Expect(visit("ann")).NotTo(ContainSubstring("-ERR"))
		Expect(visit("cy")).To(ContainSubstring("-ERR [LOGIN-DELAY]"))
	})
})

var _ = Describe("mail that expires", func() {
	It("is listed, and goes when its days are over", func() {
		now := time.Unix(0, 0)
		drop := three()
		srv := start(drop, &fakeserver.Options{Expire: 2, Now: func() time.Time { return now }})
		visit := func() []string {
			p := login(srv)
			_, capa := p.multi("CAPA")
			Expect(capa).To(ContainSubstring("\r\nEXPIRE 2\r\n"))
			defer func() { Expect(p.ask("QUIT")).To(HavePrefix("+OK")) }()
			return rows(p, "UIDL")
		}
		Expect(visit()).To(HaveLen(3))
		now = now.Add(48 * time.Hour)
		Expect(drop.Deliver(maildrop.Bytes("d", []byte("A: b\r\n\r\n")))).To(Succeed())
		Expect(visit()).To(HaveLen(4))
		now = now.Add(time.Second)
		Expect(visit()).To(Equal([]string{"1 d"}))
		Expect(drop).To(fakeserver.HaveKept("d"))
	})

	It("goes at once where CAPA says EXPIRE 0", func() {
		drop := three()
		p := login(start(drop, &fakeserver.Options{Expire: fakeserver.AtOnce}))
		_, capa := p.multi("CAPA")
		Expect(capa).To(ContainSubstring("\r\nEXPIRE 0\r\n"))
		p.multi("RETR 2")
		Expect(p.ask("QUIT")).To(HavePrefix("+OK"))
		Expect(drop).To(fakeserver.HaveKept("a", "c"))
	})
})
