package fakeserver_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"pop3mtm/fakeserver"

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

func chunks(parts ...string) fakeserver.Reply {
	var r fakeserver.Reply
	for _, p := range parts {
		r = append(r, fakeserver.Chunk{Bytes: []byte(p)})
	}
	return r
}

// replies are what edits work on.
func replies() map[string]fakeserver.Reply {
	return map[string]fakeserver.Reply{
		"mail":     append(append(chunks("+OK 9 octets\r\n"), fakeserver.Chunk{Body: text("A: b\r\n\r\n..x\r\n")}), chunks(".\r\n")...),
		"bare LF":  append(append(chunks("+OK 9 octets\r\n"), fakeserver.Chunk{Body: text("b\n..c\n...\n.d\r\n..e\r\n")}), chunks(".\r\n")...),
		"LF":       append(append(chunks("+OK 9 octets\r\n"), fakeserver.Chunk{Body: text("A: b\n\nx\ry\r\n")}), chunks(".\r\n")...),
		"list":     append(append(chunks("+OK 2 messages (30 octets)\r\n"), fakeserver.Chunk{Body: text("1 10\r\n2 20\r\n")}), chunks(".\r\n")...),
		"row":      chunks("+OK 2 20\r\n"),
		"pieces":   chunks("+O", "K 2 ", "20\r", "\n"),
		"empty":    chunks("+OK\r\n", ".\r\n"),
		"error":    chunks("-ERR [AUTH] no\r\n"),
		"prompt":   chunks("+ eA==\r\n"),
		"silence":  {},
		"no line":  chunks("+OK"),
		"body":     {{Body: text("+OK x\r\ny\r\n.\r\n")}},
		"two ends": {{Bytes: []byte("+OK\r\n"), Pause: time.Second, End: fakeserver.Close}, {Bytes: []byte("x"), End: fakeserver.Reset}},
	}
}

// sample is an edit, the reply that it is shown on, and what comes out.
type sample struct {
	edit fakeserver.Edit
	on   string
	want string
}

// samples has every function that makes an edit, which a spec checks.
func samples() map[string]sample {
	return map[string]sample{
		"Append":           {fakeserver.Append("x\r\n"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n.\r\nx\r\n"},
		"AfterHeader":      {fakeserver.AfterHeader("#\r\n"), "mail", "+OK 9 octets\r\nA: b\r\n\r\n#\r\n..x\r\n.\r\n"},
		"AroundRows":       {fakeserver.AroundRows("#", "\x00"), "list", "+OK 2 messages (30 octets)\r\n#1 10\x00\r\n#2 20\x00\r\n.\r\n"},
		"Bandwidth":        {fakeserver.Bandwidth(100), "row", "+OK 2<50ms> 20\r\n"},
		"BareFirstDot":     {fakeserver.BareFirstDot(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n.x\r\n.\r\n"},
		"BareLF":           {fakeserver.BareLF(), "mail", "+OK 9 octets\nA: b\n\n..x\n.\n"},
		"BeforeDot":        {fakeserver.BeforeDot("\r\n"), "mail", "+OK 9 octets\r\nA: b\r\n\r\n..x\r\n\r\n.\r\n"},
		"CRLF":             {fakeserver.CRLF(), "LF", "+OK 9 octets\r\nA: b\r\n\r\nx\ry\r\n.\r\n"},
		"Count":            {fakeserver.Count(fakeserver.To("-1")), "row", "+OK -1 20\r\n"},
		"CutAfter":         {fakeserver.CutAfter(18, fakeserver.Reset), "mail", "+OK 9 octets\r\nA: b<reset>"},
		"DoubleRow":        {fakeserver.DoubleRow(2), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n2 20\r\n.\r\n"},
		"DoubleStatus":     {fakeserver.DoubleStatus(), "row", "+OK 2 20\r\n+OK 2 20\r\n"},
		"DoubleTerminator": {fakeserver.DoubleTerminator(), "empty", "+OK\r\n.\r\n.\r\n"},
		"Drip":             {fakeserver.Drip(4, time.Second), "row", "+OK <1s>2 20<1s>\r\n"},
		"DropRow":          {fakeserver.DropRow(1), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n.\r\n"},
		"Endless":          {fakeserver.Endless("x\r\n"), "", ""},
		"IfErr":            {fakeserver.IfErr(fakeserver.ThenEnd(fakeserver.Close)), "error", "-ERR [AUTH] no\r\n<close>"},
		"IfOK":             {fakeserver.IfOK(fakeserver.ThenEnd(fakeserver.Close)), "error", "-ERR [AUTH] no\r\n"},
		"IfStatus":         {fakeserver.IfStatus("-ERR [AUTH]*", fakeserver.ThenEnd(fakeserver.Close)), "error", "-ERR [AUTH] no\r\n<close>"},
		"Insert":           {fakeserver.Insert(15, "\x00"), "mail", "+OK 9 octets\r\nA\x00: b\r\n\r\n..x\r\n.\r\n"},
		"InsertRow":        {fakeserver.InsertRow(3, "3 30"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n"},
		"LFTerminator":     {fakeserver.LFTerminator(), "empty", "+OK\r\n.\n"},
		"LowerCase":        {fakeserver.LowerCase(), "mail", "+OK 9 octets\r\na: b\r\n\r\n..x\r\n.\r\n"},
		"NoFinalCRLF":      {fakeserver.NoFinalCRLF(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n..x.\r\n"},
		"NoStuffing":       {fakeserver.NoStuffing(), "mail", "+OK 9 octets\r\nA: b\r\n\r\n.x\r\n.\r\n"},
		"NoTerminator":     {fakeserver.NoTerminator(), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2 20\r\n"},
		"Octets":           {fakeserver.Octets(fakeserver.By(5)), "list", "+OK 2 messages (35 octets)\r\n1 10\r\n2 20\r\n.\r\n"},
		"Overwrite":        {fakeserver.Overwrite(4, "999"), "row", "+OK 9990\r\n"},
		"Pause":            {fakeserver.Pause(time.Second), "row", "<1s>+OK 2 20\r\n"},
		"PauseAfter":       {fakeserver.PauseAfter(time.Second), "row", "+OK 2 20\r\n<1s>"},
		"PauseAt":          {fakeserver.PauseAt(16, time.Second), "mail", "+OK 9 octets\r\nA:<1s> b\r\n\r\n..x\r\n.\r\n"},
		"Prepend":          {fakeserver.Prepend("* x\r\n"), "row", "* x\r\n+OK 2 20\r\n"},
		"Raw":              {fakeserver.Raw("\x00x"), "mail", "\x00x"},
		"Refuse":           {fakeserver.Refuse("no"), "mail", "-ERR no\r\n"},
		"Remove":           {fakeserver.Remove(3, 2), "row", "+OK 20\r\n"},
		"Replace":          {fakeserver.Replace("0\r\n", "x"), "list", "+OK 2 messages (30 octets)\r\n1 1x2 2x.\r\n"},
		"ReplaceRow":       {fakeserver.ReplaceRow(2, "2"), "list", "+OK 2 messages (30 octets)\r\n1 10\r\n2\r\n.\r\n"},
		"ReverseRows":      {fakeserver.ReverseRows(), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n1 10\r\n.\r\n"},
		"RowNumber":        {fakeserver.RowNumber(fakeserver.By(1)), "list", "+OK 2 messages (30 octets)\r\n2 10\r\n3 20\r\n.\r\n"},
		"RowOctets":        {fakeserver.RowOctets(fakeserver.To("4294967296")), "list", "+OK 2 messages (30 octets)\r\n1 4294967296\r\n2 4294967296\r\n.\r\n"},
		"Rows":             {fakeserver.Rows(func(int, string) []string { return []string{"a", "b"} }), "list", "+OK 2 messages (30 octets)\r\na\r\nb\r\na\r\nb\r\n.\r\n"},
		"Shorten":          {fakeserver.Shorten(3), "mail", "+OK 9 octets\r\nA: \r\n.\r\n"},
		"SplitAt":          {fakeserver.SplitAt(1, 3), "row", "+|OK| 2 20\r\n"},
		"SplitLines":       {fakeserver.SplitLines(), "empty", "+OK\r\n|.\r\n"},
		"SplitOctets":      {fakeserver.SplitOctets(), "empty", "+|O|K|\r|\n|.|\r|\n"},
		"StatusText":       {fakeserver.StatusText(""), "list", "+OK\r\n1 10\r\n2 20\r\n.\r\n"},
		"StuffAfterCRLF":   {fakeserver.StuffAfterCRLF(), "bare LF", "+OK 9 octets\r\nb\n.c\n..\n.d\r\n..e\r\n.\r\n"},
		"Swap":             {fakeserver.Swap(16, 14), "mail", "+OK 9 octets\r\n :Ab\r\n\r\n..x\r\n.\r\n"},
		"SwapRows":         {fakeserver.SwapRows(1, 2), "list", "+OK 2 messages (30 octets)\r\n2 20\r\n1 10\r\n.\r\n"},
		"TakeEffect":       {fakeserver.TakeEffect(), "row", "+OK 2 20\r\n"},
		"ThenEnd":          {fakeserver.ThenEnd(fakeserver.Stall), "row", "+OK 2 20\r\n<stall>"},
		"Truncate":         {fakeserver.Truncate(2), "mail", "+OK 9 octets\r\nA:\r\n\r\n..\r\n.\r\n"},
		"UpperCase":        {fakeserver.UpperCase(), "mail", "+OK 9 octets\r\nA: B\r\n\r\n..X\r\n.\r\n"},
		"Wrap":             {fakeserver.Wrap(2), "mail", "+OK 9 octets\r\nA:\r\n b\r\n\r\n..\r\nx\r\n.\r\n"},
	}
}

func names() []string { return slices.Sorted(maps.Keys(samples())) }

// makers are the exported functions of the package that make a value of a type, sorted.
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

// rendered is a reply as text, without the end of one that has none.
func rendered(r fakeserver.Reply) string {
	for i, c := range r {
		if c.Body != nil && strings.Contains(reflect.TypeOf(c.Body).String(), "endless") {
			r = append(slices.Clone(r[:i]), fakeserver.Chunk{Bytes: []byte("...")})
		}
	}
	return fakeserver.Rendered(r)
}

var _ = Describe("the edits of a reply", func() {
	It("are all shown below", func() {
		Expect(names()).To(Equal(makers("Edit")))
	})

	for _, name := range names() {
		s := samples()[name]
		It("do what they say: "+name, func() {
			if s.on != "" {
				Expect(fakeserver.Rendered(s.edit(replies()[s.on]))).To(Equal(s.want))
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
			edit fakeserver.Edit
			on   []string
		}{
			{fakeserver.NoTerminator(), []string{"row", "error", "silence", "no line"}},
			{fakeserver.NoFinalCRLF(), []string{"row", "error", "empty"}},
			{fakeserver.DropRow(9), []string{"list", "mail", "row"}},
			{fakeserver.SwapRows(1, 9), []string{"list"}},
			{fakeserver.Shorten(100), []string{"list", "mail", "row", "empty"}},
			{fakeserver.CutAfter(1000, fakeserver.Reset), []string{"mail", "row"}},
			{fakeserver.Swap(3, 1000), []string{"mail", "row"}},
			{fakeserver.Replace("nowhere", "x"), []string{"mail", "row"}},
			{fakeserver.Replace("", "x"), []string{"mail"}},
			{fakeserver.AroundRows("<", ">"), []string{"error", "empty"}},
			{fakeserver.Octets(fakeserver.By(1)), []string{"error", "empty"}},
		} {
			for _, on := range c.on {
				r := replies()[on]
				Expect(fakeserver.Rendered(c.edit(r))).To(Equal(fakeserver.Rendered(r)), on)
			}
		}
	})

	It("find the octets wherever a reply tells them", func() {
		octets := fakeserver.Octets(fakeserver.To("7"))
		for reply, want := range map[string]string{
			"+OK 3 42\r\n": "+OK 3 7\r\n", "+OK 10 octets\r\n": "+OK 7 octets\r\n",
			"+OK maildrop has 3 messages (320 octets)\r\n": "+OK maildrop has 3 messages (7 octets)\r\n", "+OK\r\n": "+OK\r\n",
		} {
			Expect(fakeserver.Rendered(octets(chunks(reply)))).To(Equal(want))
		}
	})

	DescribeTable("say whether the command takes effect",
		func(takes bool, edits ...fakeserver.Edit) {
			r := fakeserver.OK("done")
			for _, edit := range edits {
				r = edit(r)
			}
			Expect(fakeserver.TakesEffect(r)).To(Equal(takes))
		},
		Entry("without edits", true),
		Entry("refused", false, fakeserver.Refuse("no")),
		Entry("a raw answer", true, fakeserver.Raw("+OK x\r\n")),
		Entry("a raw refusal", false, fakeserver.Raw("+ERR x\r\n")),
		Entry("turned into a refusal", false, fakeserver.Replace("+OK", "-ERR")),
		Entry("another status word", true, fakeserver.Replace("+OK", "+ok")),
		Entry("something before it", true, fakeserver.Prepend("* x\r\n")),
		Entry("cut before it is said", false, fakeserver.CutAfter(2, fakeserver.Close)),
		Entry("cut before it is said, and of another form", false, fakeserver.BareLF(), fakeserver.CutAfter(0, fakeserver.Close)),
		Entry("cut when it is said", true, fakeserver.CutAfter(3, fakeserver.Close)),
		Entry("cut in spite of the effect", true, fakeserver.TakeEffect(), fakeserver.CutAfter(0, fakeserver.Reset)),
		Entry("denied in spite of the effect", true, fakeserver.TakeEffect(), fakeserver.Refuse("no")),
		Entry("no effect of what is refused anyway", false, fakeserver.Refuse("no"), fakeserver.TakeEffect()))
})
