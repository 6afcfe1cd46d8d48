package scenarios

import (
	"math"
	"slices"
	"time"

	"pop3mtm/fakeserver/edit"
)

// stepTable has a row for each step: its word, what it does, and how its value becomes an edit. A
// new step is a row here.
func stepTable() []stepRow {
	return slices.Concat(stepsInstead(), stepsInTime(), stepsOfForm(), stepsAtTheEnd(), stepsOnRows(), stepsOnOctets())
}

// stepsInstead returns the steps that replace an answer, or end it.
func stepsInstead() []stepRow {
	return []stepRow{
		with("raw", "Instead of the answer these octets, to which nothing is added: \"+OK 2 1000\\r\\n\". The command takes "+
			"effect when they begin with +OK.",
			func(o Octets) edit.Edit { return edit.Raw(string(o)) }),
		worded("ok", "Instead of the answer \"+OK\" and this text. In it, and in those of refuse and status, these are filled "+
			"in as they are once the command has taken effect: {user}, {verb} and {argument} of the command, "+
			"{messages} and {octets} that STAT would tell, {size} of the message that the command names, and "+
			"{session}, the number of the connection.",
			agreement).filled(),
		worded("refuse", "Instead of the answer \"-ERR\" and this text. What the command would have done does not happen.",
			refusal).filled(),
		with("status", "Another text after +OK or -ERR; \"\" for the word alone.",
			edit.StatusText).filled(),
		alone("takeEffect", "The command takes effect whatever later steps make of the answer.",
			edit.TakeEffect()),
		worded("ifOK", "Steps for an answer that is positive; any other is left as it is.",
			func(do []Step, g grammar) edit.Edit { return edit.IfOK(edits(do, g)...) }),
		worded("ifErr", "Steps for an answer that is -ERR.",
			func(do []Step, g grammar) edit.Edit { return edit.IfErr(edits(do, g)...) }),
		worded("ifStatus", "Steps for an answer with a certain status line.",
			func(i IfStatus, g grammar) edit.Edit { return edit.IfStatus(i.Is, edits(i.Do, g)...) }),
		with("cut", "The answer up to an octet, and then the end of the connection, or silence. The client sees the first "+
			"octets and then what the word under how says.",
			func(c Cut) edit.Edit { return edit.CutAfter(c.After, c.How.end()) }),
		alone("silence", "No answer: the client sees nothing until its own time-out. The connection stays open and its next "+
			"command is answered; at TLS and CONNECT, where it has nothing else to send, it sees nothing at all until "+
			"it gives up.",
			edit.CutAfter(0, edit.Open)),
		alone("close", "The connection is closed in place of an answer: the client sees the end of the stream without an octet "+
			"of an answer.",
			edit.CutAfter(0, edit.Close)),
		with("end", "The whole answer, and then the end of the connection, or silence: the client sees the answer, and its "+
			"next command fails as the word says.",
			func(how How) edit.Edit { return edit.ThenEnd(how.end()) }),
	}
}

// stepsInTime returns the steps that say when what is sent, and in which pieces.
func stepsInTime() []stepRow {
	return []stepRow{
		with("pause", "A wait before the first octet.",
			func(d Duration) edit.Edit { return edit.Pause(time.Duration(d)) }),
		with("pauseAfter", "A wait after the last octet, before the next command is read.",
			func(d Duration) edit.Edit { return edit.PauseAfter(time.Duration(d)) }),
		with("pauseAt", "A wait inside the answer.",
			func(p PauseAt) edit.Edit { return edit.PauseAt(p.Octet, time.Duration(p.For)) }),
		with("drip", "Pieces with a wait between two of them.",
			func(d Drip) edit.Edit { return edit.Drip(d.Octets, time.Duration(d.Every)) }),
		with("bandwidth", "At most this number of octets a second.",
			edit.Bandwidth).within(1, math.MaxInt64),
		with("splitAt", "What comes before each of these octets is sent by itself.",
			func(octets []int64) edit.Edit { return edit.SplitAt(octets...) }),
		alone("splitOctets", "Each octet is sent by itself.",
			edit.SplitOctets()),
		alone("splitLines", "Each line is sent by itself.",
			edit.SplitLines()),
	}
}

// stepsOfForm returns the steps that change how an answer is written.
func stepsOfForm() []stepRow {
	return []stepRow{
		alone("bareLF", "All lines end with LF alone.",
			edit.BareLF()),
		alone("crlf", "All lines end with CRLF, also those that end with LF alone in the mail.",
			edit.CRLF()),
		alone("noStuffing", "Dots at the start of a line are not doubled.",
			edit.NoStuffing()),
		alone("stuffAfterCRLF", "Dots are stuffed after CRLF alone, not after a bare LF.",
			edit.StuffAfterCRLF()),
		alone("bareFirstDot", "A dot at the start of the first line of the body is not stuffed.",
			edit.BareFirstDot()),
		with("afterHeader", "Octets behind the empty line that ends the header of a message.",
			func(o Octets) edit.Edit { return edit.AfterHeader(string(o)) }),
		alone("lowerCase", "All but the status line in small letters.",
			edit.LowerCase()),
		alone("upperCase", "All but the status line in capitals.",
			edit.UpperCase()),
		with("truncate", "Lines are cut off at this number of octets.",
			func(n int64) edit.Edit { return edit.Truncate(int(n)) }).within(1, 65536),
		with("wrap", "Lines are broken into pieces of this number of octets.",
			func(n int64) edit.Edit { return edit.Wrap(int(n)) }).within(1, 65536),
	}
}

// stepsAtTheEnd returns the steps that change the end of an answer, or add to it.
func stepsAtTheEnd() []stepRow {
	return []stepRow{
		alone("noTerminator", "The closing dot is left out: the client waits for more.",
			edit.NoTerminator()),
		alone("doubleTerminator", "The closing dot comes twice.",
			edit.DoubleTerminator()),
		alone("lfTerminator", "The closing dot ends with LF alone.",
			edit.LFTerminator()),
		alone("noFinalCRLF", "The line end before the closing dot is left out.",
			edit.NoFinalCRLF()),
		with("beforeDot", "Octets between the last line and the closing dot.",
			func(o Octets) edit.Edit { return edit.BeforeDot(string(o)) }),
		with("append", "Octets after the answer.",
			func(o Octets) edit.Edit { return edit.Append(string(o)) }),
		with("prepend", "Octets before the answer.",
			func(o Octets) edit.Edit { return edit.Prepend(string(o)) }),
		with("shorten", "A long answer ends after this number of octets of its body, as if that were all.",
			edit.Shorten).within(0, math.MaxInt64),
		with("endless", "This text over and over after the status line, without end.",
			func(o Octets) edit.Edit { return edit.Endless(string(o)) }),
	}
}

// stepsOnRows returns the steps that change lines and the numbers in them.
func stepsOnRows() []stepRow {
	return []stepRow{
		alone("doubleStatus", "The status line comes twice.",
			edit.DoubleStatus()),
		with("dropRow", "Row n is left out.",
			func(n int64) edit.Edit { return edit.DropRow(int(n)) }).within(1, math.MaxInt64),
		with("doubleRow", "Row n comes twice.",
			func(n int64) edit.Edit { return edit.DoubleRow(int(n)) }).within(1, math.MaxInt64),
		with("replaceRow", "Another text for a row.",
			func(r Row) edit.Edit { return edit.ReplaceRow(int(r.Row), r.Text) }),
		with("insertRow", "An additional row, before row n; the closing dot counts as one.",
			func(r Row) edit.Edit { return edit.InsertRow(int(r.Row), r.Text) }),
		with("aroundRows", "Text before and after each row, also when one alone is asked for.",
			func(a Around) edit.Edit { return edit.AroundRows(a.Before, a.After) }),
		with("swapRows", "Two rows change places.",
			func(p Pair) edit.Edit { return edit.SwapRows(int(p.First), int(p.Second)) }),
		alone("reverseRows", "The last row comes first.",
			edit.ReverseRows()),
		with("count", "Another first number in the status line: how many messages, or which one.",
			func(c Change) edit.Edit { return edit.Count(c.number()) }),
		with("octets", "Another number of octets in the status line.",
			func(c Change) edit.Edit { return edit.Octets(c.number()) }),
		with("rowNumber", "Another message number in each row.",
			func(c Change) edit.Edit { return edit.RowNumber(c.number()) }),
		with("rowOctets", "Another number of octets in each row.",
			func(c Change) edit.Edit { return edit.RowOctets(c.number()) }),
	}
}

// stepsOnOctets returns the steps that change single octets.
func stepsOnOctets() []stepRow {
	return []stepRow{
		with("overwrite", "Octets in place of as many others.",
			func(o Spot) edit.Edit { return edit.Overwrite(o.At, string(o.Octets)) }),
		with("insert", "Additional octets.",
			func(o Spot) edit.Edit { return edit.Insert(o.At, string(o.Octets)) }),
		with("remove", "Octets that are left out.",
			func(r Range) edit.Edit { return edit.Remove(r.At, r.Count) }),
		with("swap", "Two octets change places.",
			func(p Pair) edit.Edit { return edit.Swap(p.First, p.Second) }),
		with("replace", "A text for each other one, wherever it stands.",
			func(r Replace) edit.Edit { return edit.Replace(string(r.Old), string(r.New)) }),
	}
}
