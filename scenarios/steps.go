package scenarios

import (
	"math"
	"slices"
	"time"

	"pop3mtm/fakeserver/edit"
)

// stepTable returns the table of steps: name, description, and how the value becomes an edit. A new
// step is a new row. The client check takes the answer after it for one that breaks the RFC, unless
// legal in check/severity.go has the step.
func stepTable() []stepRow {
	return slices.Concat(stepsInstead(), stepsInTime(), stepsOfForm(), stepsAtTheEnd(), stepsOnRows(), stepsOnOctets())
}

// stepsInstead returns the steps that replace an answer, or end it.
func stepsInstead() []stepRow {
	return []stepRow{
		with("raw", "Sends these octets instead of the answer and adds nothing: \"+OK 2 1000\\r\\n\". The command "+
			"takes effect when they begin with +OK.",
			func(o Octets) edit.Edit { return edit.Raw(string(o)) }),
		worded("ok", "Sends \"+OK\" and this text instead of the answer. In this text, and in those of refuse and "+
			"status, these placeholders are replaced by their values after the command has taken effect: {user}, {verb} and "+
			"{argument} of the command, {messages} and {octets} as STAT reports them, {size} of the message that the "+
			"command names, and {session}, the number of the connection.",
			agreement).filled(),
		worded("refuse", "Sends \"-ERR\" and this text instead of the answer. The command has no effect.",
			refusal).filled(),
		with("status", "Replaces the text after +OK or -ERR; \"\" sends only +OK or -ERR.",
			edit.StatusText).filled(),
		alone("takeEffect", "The command takes effect even when later steps refuse it or cut the answer.",
			edit.TakeEffect()),
		worded("ifOK", "Steps for a positive answer; any other answer is left as it is.",
			func(do []Step, g grammar) edit.Edit { return edit.IfOK(edits(do, g)...) }),
		worded("ifErr", "Steps for an answer that is -ERR.",
			func(do []Step, g grammar) edit.Edit { return edit.IfErr(edits(do, g)...) }),
		worded("ifStatus", "Steps for an answer with a certain status line.",
			func(i IfStatus, g grammar) edit.Edit { return edit.IfStatus(i.Is, edits(i.Do, g)...) }),
		with("cut", "Sends the first octets of the answer, then ends the connection or stays silent, as how says.",
			func(c Cut) edit.Edit { return edit.CutAfter(c.After, c.How.end()) }),
		alone("silence", "Sends no answer: the client sees nothing until its own time-out. The connection stays open "+
			"and the next command is answered; on TLS and CONNECT, where the client has no other command to send, it sees "+
			"nothing until it gives up.",
			edit.CutAfter(0, edit.Open)),
		alone("close", "Closes the connection instead of answering: the client sees the end of the stream and no octet "+
			"of an answer.",
			edit.CutAfter(0, edit.Close)),
		with("end", "Sends the whole answer, then ends the connection or stays silent: the client sees the answer, and "+
			"its next command fails as the value says.",
			func(how How) edit.Edit { return edit.ThenEnd(how.end()) }),
	}
}

// stepsInTime returns the steps about when an answer is sent, and in which pieces.
func stepsInTime() []stepRow {
	return []stepRow{
		with("pause", "Waits before the first octet.",
			func(d Duration) edit.Edit { return edit.Pause(time.Duration(d)) }),
		with("pauseAfter", "Waits after the last octet, before the next command is read.",
			func(d Duration) edit.Edit { return edit.PauseAfter(time.Duration(d)) }),
		with("pauseAt", "Waits inside the answer.",
			func(p PauseAt) edit.Edit { return edit.PauseAt(p.Octet, time.Duration(p.For)) }),
		with("drip", "Sends the answer in pieces, with a wait between two pieces.",
			func(d Drip) edit.Edit { return edit.Drip(d.Octets, time.Duration(d.Every)) }),
		with("bandwidth", "Sends at most this number of octets per second.",
			edit.Bandwidth).within(1, math.MaxInt64),
		with("splitAt", "Splits the answer before each of these octets; each piece is sent by itself.",
			func(octets []int64) edit.Edit { return edit.SplitAt(octets...) }),
		alone("splitOctets", "Sends each octet by itself.",
			edit.SplitOctets()),
		alone("splitLines", "Sends each line by itself.",
			edit.SplitLines()),
	}
}

// stepsOfForm returns the steps that change the form of an answer.
func stepsOfForm() []stepRow {
	return []stepRow{
		alone("bareLF", "Ends all lines with LF only.",
			edit.BareLF()),
		alone("crlf", "Ends all lines with CRLF, also those that end with LF in the mail.",
			edit.CRLF()),
		alone("noStuffing", "Does not double dots at the start of a line.",
			edit.NoStuffing()),
		alone("stuffAfterCRLF", "Doubles dots only after CRLF, not after a bare LF.",
			edit.StuffAfterCRLF()),
		alone("bareFirstDot", "Does not double a dot at the start of the first line of the body.",
			edit.BareFirstDot()),
		with("afterHeader", "Adds octets after the empty line that ends the header of a message.",
			func(o Octets) edit.Edit { return edit.AfterHeader(string(o)) }),
		alone("lowerCase", "Writes everything except the status line in lower case.",
			edit.LowerCase()),
		alone("upperCase", "Writes everything except the status line in upper case.",
			edit.UpperCase()),
		with("truncate", "Cuts lines off at this number of octets.",
			func(n int64) edit.Edit { return edit.Truncate(int(n)) }).within(1, 65536),
		with("wrap", "Breaks lines into pieces of this number of octets.",
			func(n int64) edit.Edit { return edit.Wrap(int(n)) }).within(1, 65536),
	}
}

// stepsAtTheEnd returns the steps that change the end of an answer, or add to it.
func stepsAtTheEnd() []stepRow {
	return []stepRow{
		alone("noTerminator", "Leaves out the closing dot: the client waits for more.",
			edit.NoTerminator()),
		alone("doubleTerminator", "Sends the closing dot twice.",
			edit.DoubleTerminator()),
		alone("lfTerminator", "Ends the closing dot with LF only.",
			edit.LFTerminator()),
		alone("noFinalCRLF", "Leaves out the line end before the closing dot.",
			edit.NoFinalCRLF()),
		with("beforeDot", "Adds octets between the last line and the closing dot.",
			func(o Octets) edit.Edit { return edit.BeforeDot(string(o)) }),
		with("append", "Adds octets after the answer.",
			func(o Octets) edit.Edit { return edit.Append(string(o)) }),
		with("prepend", "Adds octets before the answer.",
			func(o Octets) edit.Edit { return edit.Prepend(string(o)) }),
		with("shorten", "Ends a long answer, with its closing dot, after this number of octets of its body.",
			edit.Shorten).within(0, math.MaxInt64),
		with("endless", "Repeats this text after the status line without end.",
			func(o Octets) edit.Edit { return edit.Endless(string(o)) }),
	}
}

// stepsOnRows returns the steps that change lines and the numbers in them.
func stepsOnRows() []stepRow {
	return []stepRow{
		alone("doubleStatus", "Sends the status line twice.",
			edit.DoubleStatus()),
		with("dropRow", "Leaves out row n.",
			func(n int64) edit.Edit { return edit.DropRow(int(n)) }).within(1, math.MaxInt64),
		with("doubleRow", "Sends row n twice.",
			func(n int64) edit.Edit { return edit.DoubleRow(int(n)) }).within(1, math.MaxInt64),
		with("replaceRow", "Replaces the text of a row.",
			func(r Row) edit.Edit { return edit.ReplaceRow(int(r.Row), r.Text) }),
		with("insertRow", "Adds a row before row n; the closing dot counts as a row.",
			func(r Row) edit.Edit { return edit.InsertRow(int(r.Row), r.Text) }),
		with("aroundRows", "Adds text before and after each row, also when the client asks for a single row.",
			func(a Around) edit.Edit { return edit.AroundRows(a.Before, a.After) }),
		with("swapRows", "Exchanges two rows.",
			func(p Pair) edit.Edit { return edit.SwapRows(int(p.First), int(p.Second)) }),
		alone("reverseRows", "Sends the rows in reverse order.",
			edit.ReverseRows()),
		with("count", "Changes the first number in the status line: the number of messages, or a message number.",
			func(c Change) edit.Edit { return edit.Count(c.number()) }),
		with("octets", "Changes the number of octets in the status line.",
			func(c Change) edit.Edit { return edit.Octets(c.number()) }),
		with("rowNumber", "Changes the message number in each row.",
			func(c Change) edit.Edit { return edit.RowNumber(c.number()) }),
		with("rowOctets", "Changes the number of octets in each row.",
			func(c Change) edit.Edit { return edit.RowOctets(c.number()) }),
	}
}

// stepsOnOctets returns the steps that change single octets.
func stepsOnOctets() []stepRow {
	return []stepRow{
		with("overwrite", "Replaces octets by the same number of other octets.",
			func(o Spot) edit.Edit { return edit.Overwrite(o.At, string(o.Octets)) }),
		with("insert", "Inserts octets.",
			func(o Spot) edit.Edit { return edit.Insert(o.At, string(o.Octets)) }),
		with("remove", "Removes octets.",
			func(r Range) edit.Edit { return edit.Remove(r.At, r.Count) }),
		with("swap", "Exchanges two octets.",
			func(p Pair) edit.Edit { return edit.Swap(p.First, p.Second) }),
		with("replace", "Replaces a text wherever it occurs.",
			func(r Replace) edit.Edit { return edit.Replace(string(r.Old), string(r.New)) }),
	}
}
