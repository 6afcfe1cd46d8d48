package edit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"pop3mtm/fakeserver/edit"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// text is a body that can be written again and again, in small pieces.
type text string

func (t text) WriteTo(w io.Writer) (int64, error) {
	var sent int64
	for piece := range slices.Chunk([]byte(t), 3) {
		n, err := w.Write(piece)
		sent += int64(n)
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

func chunks(parts ...string) edit.Reply {
	var r edit.Reply
	for _, p := range parts {
		r = append(r, edit.Chunk{Bytes: []byte(p)})
	}
	return r
}

// replies returns what edits work on.
func replies() map[string]edit.Reply {
	return map[string]edit.Reply{
		"mail":     append(append(chunks("+OK 9 octets\r\n"), edit.Chunk{Body: text("A: b\r\n\r\n..x\r\n")}), chunks(".\r\n")...),
		"bare LF":  append(append(chunks("+OK 9 octets\r\n"), edit.Chunk{Body: text("b\n..c\n...\n.d\r\n..e\r\n")}), chunks(".\r\n")...),
		"LF":       append(append(chunks("+OK 9 octets\r\n"), edit.Chunk{Body: text("A: b\n\nx\ry\r\n")}), chunks(".\r\n")...),
		"list":     append(append(chunks("+OK 2 messages (30 octets)\r\n"), edit.Chunk{Body: text("1 10\r\n2 20\r\n")}), chunks(".\r\n")...),
		"row":      chunks("+OK 2 20\r\n"),
		"pieces":   chunks("+O", "K 2 ", "20\r", "\n"),
		"empty":    chunks("+OK\r\n", ".\r\n"),
		"error":    chunks("-ERR [AUTH] no\r\n"),
		"prompt":   chunks("+ eA==\r\n"),
		"silence":  {},
		"no line":  chunks("+OK"),
		"body":     {{Body: text("+OK x\r\ny\r\n.\r\n")}},
		"two ends": {{Bytes: []byte("+OK\r\n"), Pause: time.Second, End: edit.Close}, {Bytes: []byte("x"), End: edit.Reset}},
	}
}

// sample is an edit, the reply that it is shown on, and what comes out.
type sample struct {
	edit edit.Edit
	on   string
	want string
}

// samples has every function that makes an edit, which a spec checks.
func samples() map[string]sample {
	return map[string]sample{
		"Append":           {edit.Append("x\r\n"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n.\r\nx\r\n"},
		"AfterHeader":      {edit.AfterHeader("#\r\n"), "mail", "+OK 9 octets\r\nA: b\r\n\r\n#\r\n..x\r\n.\r\n"},
		"AroundRows":       {edit.AroundRows("#", "\x00"), "list", "+OK 2 messages (30 octets)\r\n#1 10\x00\r\n#2 20\x00\r\n.\r\n"},
		"Bandwidth":        {edit.Bandwidth(100), "row", "+OK 2<50ms> 20\r\n"},
		"BareFirstDot":     {edit.BareFirstDot(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n.x\r\n.\r\n"},
		"BareLF":           {edit.BareLF(), "mail", "+OK 9 octets\nA: b\n\n..x\n.\n"},
		"BeforeDot":        {edit.BeforeDot("\r\n"), "mail", "+OK 9 octets\r\nA: b\r\n\r\n..x\r\n\r\n.\r\n"},
		"CRLF":             {edit.CRLF(), "LF", "+OK 9 octets\r\nA: b\r\n\r\nx\ry\r\n.\r\n"},
		"Count":            {edit.Count(edit.To("-1")), "row", "+OK -1 20\r\n"},
		"CutAfter":         {edit.CutAfter(18, edit.Reset), "mail", "+OK 9 octets\r\nA: b<reset>"},
		"DoubleRow":        {edit.DoubleRow(2), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n2 20\r\n.\r\n"},
		"DoubleStatus":     {edit.DoubleStatus(), "row", "+OK 2 20\r\n+OK 2 20\r\n"},
		"DoubleTerminator": {edit.DoubleTerminator(), "empty", "+OK\r\n.\r\n.\r\n"},
		"Drip":             {edit.Drip(4, time.Second), "row", "+OK <1s>2 20<1s>\r\n"},
		"DropRow":          {edit.DropRow(1), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n.\r\n"},
		"Endless":          {edit.Endless("x\r\n"), "", ""},
		"IfErr":            {edit.IfErr(edit.ThenEnd(edit.Close)), "error", "-ERR [AUTH] no\r\n<close>"},
		"IfOK":             {edit.IfOK(edit.ThenEnd(edit.Close)), "error", "-ERR [AUTH] no\r\n"},
		"IfStatus":         {edit.IfStatus("-ERR [AUTH]*", edit.ThenEnd(edit.Close)), "error", "-ERR [AUTH] no\r\n<close>"},
		"Insert":           {edit.Insert(15, "\x00"), "mail", "+OK 9 octets\r\nA\x00: b\r\n\r\n..x\r\n.\r\n"},
		"InsertRow":        {edit.InsertRow(3, "3 30"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n"},
		"LFTerminator":     {edit.LFTerminator(), "empty", "+OK\r\n.\n"},
		"LowerCase":        {edit.LowerCase(), "mail", "+OK 9 octets\r\na: b\r\n\r\n..x\r\n.\r\n"},
		"NoFinalCRLF":      {edit.NoFinalCRLF(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n..x.\r\n"},
		"NoStuffing":       {edit.NoStuffing(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n.x\r\n.\r\n"},
		"NoTerminator":     {edit.NoTerminator(), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n"},
		"Octets":           {edit.Octets(edit.By(5)), "list", "+OK 2 messages (35 octets)\r\n1 10\r\n2 20\r\n.\r\n"},
		"Overwrite":        {edit.Overwrite(4, "999"), "row", "+OK 9990\r\n"},
		"Pause":            {edit.Pause(time.Second), "row", "<1s>+OK 2 20\r\n"},
		"PauseAfter":       {edit.PauseAfter(time.Second), "row", "+OK 2 20\r\n<1s>"},
		"PauseAt":          {edit.PauseAt(16, time.Second), "mail", "+OK 9 octets\r\nA:<1s> b\r\n\r\n..x\r\n.\r\n"},
		"Prepend":          {edit.Prepend("* x\r\n"), "row", "* x\r\n+OK 2 20\r\n"},
		"Raw":              {edit.Raw("\x00x"), "mail", "\x00x"},
		"Refuse":           {edit.Refuse("no"), "mail", "-ERR no\r\n"},
		"Remove":           {edit.Remove(3, 2), "row", "+OK 20\r\n"},
		"Replace":          {edit.Replace("0\r\n", "x"), "list", "+OK 2 messages (30 octets)\r\n1 1x2 2x.\r\n"},
		"ReplaceRow":       {edit.ReplaceRow(2, "2"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2\r\n.\r\n"},
		"ReverseRows":      {edit.ReverseRows(), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n1 10\r\n.\r\n"},
		"RowNumber":        {edit.RowNumber(edit.By(1)), "list", "+OK 2 messages (30 octets)\r\n2 10\r\n3 20\r\n.\r\n"},
		"RowOctets":        {edit.RowOctets(edit.To("4294967296")), "list", "+OK 2 messages (30 octets)\r\n1 4294967296\r\n2 4294967296\r\n.\r\n"},
		"Rows":             {edit.Rows(func(int, string) []string { return []string{"a", "b"} }), "list", "+OK 2 messages (30 octets)\r\na\r\nb\r\na\r\nb\r\n.\r\n"},
		"Shorten":          {edit.Shorten(3), "mail", "+OK 9 octets\r\nA: \r\n.\r\n"},
		"SplitAt":          {edit.SplitAt(1, 3), "row", "+|OK| 2 20\r\n"},
		"SplitLines":       {edit.SplitLines(), "empty", "+OK\r\n|.\r\n"},
		"SplitOctets":      {edit.SplitOctets(), "empty", "+|O|K|\r|\n|.|\r|\n"},
		"StatusLine":       {edit.StatusLine(strings.ToLower), "row", "+ok 2 20\r\n"},
		"StatusText":       {edit.StatusText(""), "list", "+OK\r\n1 10\r\n2 20\r\n.\r\n"},
		"StuffAfterCRLF":   {edit.StuffAfterCRLF(), "bare LF", "+OK 9 octets\r\nb\n.c\n..\n.d\r\n..e\r\n.\r\n"},
		"Swap":             {edit.Swap(16, 14), "mail", "+OK 9 octets\r\n :Ab\r\n\r\n..x\r\n.\r\n"},
		"SwapRows":         {edit.SwapRows(1, 2), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n1 10\r\n.\r\n"},
		"TakeEffect":       {edit.TakeEffect(), "row", "+OK 2 20\r\n"},
		"ThenEnd":          {edit.ThenEnd(edit.Stall), "row", "+OK 2 20\r\n<stall>"},
		"Truncate":         {edit.Truncate(2), "mail", "+OK 9 octets\r\nA:\r\n\r\n..\r\n.\r\n"},
		"UpperCase":        {edit.UpperCase(), "mail", "+OK 9 octets\r\nA: B\r\n\r\n..X\r\n.\r\n"},
		"Wrap":             {edit.Wrap(2), "mail", "+OK 9 octets\r\nA:\r\n b\r\n\r\n..\r\nx\r\n.\r\n"},
	}
}

func names() []string { return slices.Sorted(maps.Keys(samples())) }

// makers returns the exported functions of the package that make a value of a type, sorted.
func makers(kind string) []string {
	GinkgoHelper()
	files, err := filepath.Glob("*.go")
	Expect(err).NotTo(HaveOccurred())
	var made []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		Expect(err).NotTo(HaveOccurred())
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil {
				continue
			}
			if id, ok := fn.Type.Results.List[0].Type.(*ast.Ident); ok && id.Name == kind {
				made = append(made, fn.Name.Name)
			}
		}
	}
	slices.Sort(made)
	return made
}

// rendered returns a reply as text, without the end of one that has none.
func rendered(r edit.Reply) string {
	for i, c := range r {
		if c.Body != nil && strings.Contains(reflect.TypeOf(c.Body).String(), "endless") {
			r = append(slices.Clone(r[:i]), edit.Chunk{Bytes: []byte("...")})
		}
	}
	return edit.Rendered(r)
}

var _ = Describe("the edits of a reply", func() {
	It("are all shown below", func() {
		Expect(names()).To(Equal(makers("Edit")))
	})

	It("are all named in docs/fakeserver.md", func() {
		page, err := os.ReadFile("../../docs/fakeserver.md")
		Expect(err).NotTo(HaveOccurred())
		for _, name := range names() {
			Expect(string(page)).To(ContainSubstring("`"+name+"`"), "the tables of edits lack it")
		}
	})

	for _, name := range names() {
		s := samples()[name]
		It("do what they say: "+name, func() {
			if s.on != "" {
				Expect(edit.Rendered(s.edit(replies()[s.on]))).To(Equal(s.want))
			}
			for on, r := range replies() {
				before := slices.Clone(r)
				for i := range before {
					before[i].Bytes = slices.Clone(before[i].Bytes)
				}
				first := rendered(s.edit(r))
				Expect(rendered(s.edit(r))).To(Equal(first), "the second time on %s", on)
				again := s.edit(r)
				Expect(rendered(again)).To(Equal(rendered(again)), "written twice: %s", on)
				Expect(r).To(Equal(before), "%s is changed by it", on)
			}
		})
	}

	It("leave a reply whole that they do not fit", func() {
		for _, c := range []struct {
			edit edit.Edit
			on   []string
		}{
			{edit.NoTerminator(), []string{"row", "error", "silence", "no line"}},
			{edit.NoFinalCRLF(), []string{"row", "error", "empty"}},
			{edit.DropRow(9), []string{"list", "mail", "row"}},
			{edit.SwapRows(1, 9), []string{"list"}},
			{edit.Shorten(100), []string{"list", "mail", "row", "empty"}},
			{edit.CutAfter(1000, edit.Reset), []string{"mail", "row"}},
			{edit.Swap(3, 1000), []string{"mail", "row"}},
			{edit.Replace("nowhere", "x"), []string{"mail", "row"}},
			{edit.Replace("", "x"), []string{"mail"}},
			{edit.AroundRows("<", ">"), []string{"error", "empty"}},
			{edit.Octets(edit.By(1)), []string{"error", "empty"}},
		} {
			for _, on := range c.on {
				r := replies()[on]
				Expect(edit.Rendered(c.edit(r))).To(Equal(edit.Rendered(r)), on)
			}
		}
	})

	It("keep a line of more than 64 KiB where it is, among rows that change their order", func() {
		long := strings.Repeat("x", 70_000) + "\r\n"
		r := append(append(chunks("+OK\r\n"), edit.Chunk{Body: text("1\r\n2\r\n" + long + "3\r\n4\r\n")}), chunks(".\r\n")...)
		Expect(edit.Rendered(edit.ReverseRows()(r)) == "+OK\r\n2\r\n1\r\n"+long+"4\r\n3\r\n.\r\n").To(BeTrue())
	})

	It("find the octets wherever a reply tells them", func() {
		octets := edit.Octets(edit.To("7"))
		for reply, want := range map[string]string{
			"+OK 3 42\r\n": "+OK 3 7\r\n", "+OK 10 octets\r\n": "+OK 7 octets\r\n",
			"+OK maildrop has 3 messages (320 octets)\r\n": "+OK maildrop has 3 messages (7 octets)\r\n", "+OK\r\n": "+OK\r\n",
		} {
			Expect(edit.Rendered(octets(chunks(reply)))).To(Equal(want))
		}
	})

	DescribeTable("say whether the command takes effect",
		func(takes bool, edits ...edit.Edit) {
			r := edit.OK("done")
			for _, e := range edits {
				r = e(r)
			}
			Expect(edit.TakesEffect(r)).To(Equal(takes))
		},
		Entry("without edits", true),
		Entry("refused", false, edit.Refuse("no")),
		Entry("a raw answer", true, edit.Raw("+OK x\r\n")),
		Entry("a raw refusal", false, edit.Raw("+ERR x\r\n")),
		Entry("turned into a refusal", false, edit.Replace("+OK", "-ERR")),
		Entry("another status word", true, edit.Replace("+OK", "+ok")),
		Entry("something before it", true, edit.Prepend("* x\r\n")),
		Entry("cut before it is said", false, edit.CutAfter(2, edit.Close)),
		Entry("cut before it is said, and of another form", false, edit.BareLF(), edit.CutAfter(0, edit.Close)),
		Entry("cut when it is said", true, edit.CutAfter(3, edit.Close)),
		Entry("cut in spite of the effect", true, edit.TakeEffect(), edit.CutAfter(0, edit.Reset)),
		Entry("denied in spite of the effect", true, edit.TakeEffect(), edit.Refuse("no")),
		Entry("no effect of what is refused anyway", false, edit.Refuse("no"), edit.TakeEffect()))
})
