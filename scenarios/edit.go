package scenarios

import (
	"time"

	"pop3mtm/fakeserver"
)

// with makes an edit of the value of a word that stands there; nil when it does not.
func with[T any](value *T, edit func(T) fakeserver.Edit) fakeserver.Edit {
	if value == nil {
		return nil
	}
	return edit(*value)
}

// alone is the edit of a word that needs no value.
func alone(stands bool, edit fakeserver.Edit) fakeserver.Edit {
	if !stands {
		return nil
	}
	return edit
}

// edit is the step as a change of the right answer. The step was checked.
func (s Step) edit() fakeserver.Edit {
	for _, edits := range [][]fakeserver.Edit{s.instead(), s.inTime(), s.form(), s.rows(), s.octets()} {
		for _, e := range edits {
			if e != nil {
				return e
			}
		}
	}
	return func(r fakeserver.Reply) fakeserver.Reply { return r }
}

func edits(steps []Step) []fakeserver.Edit {
	all := make([]fakeserver.Edit, len(steps))
	for i, s := range steps {
		all[i] = s.edit()
	}
	return all
}

// instead are the steps that replace an answer, or end it.
func (s Step) instead() []fakeserver.Edit {
	return []fakeserver.Edit{
		with(s.Raw, func(o Octets) fakeserver.Edit { return fakeserver.Raw(string(o)) }),
		with(s.OK, func(text string) fakeserver.Edit { return fakeserver.Raw("+OK " + text + "\r\n") }),
		with(s.Refuse, fakeserver.Refuse),
		with(s.Status, fakeserver.StatusText),
		alone(s.TakeEffect, fakeserver.TakeEffect()),
		alone(s.IfOK != nil, fakeserver.IfOK(edits(s.IfOK)...)),
		alone(s.IfErr != nil, fakeserver.IfErr(edits(s.IfErr)...)),
		with(s.IfStatus, func(i IfStatus) fakeserver.Edit { return fakeserver.IfStatus(i.Is, edits(i.Do)...) }),
		with(s.Cut, func(c Cut) fakeserver.Edit { return fakeserver.CutAfter(c.After, c.How.end()) }),
		alone(s.Silence, fakeserver.CutAfter(0, fakeserver.Open)),
		alone(s.Close, fakeserver.CutAfter(0, fakeserver.Close)),
		with(s.End, func(how How) fakeserver.Edit { return fakeserver.ThenEnd(how.end()) }),
	}
}

// inTime are the steps that say when what is sent, and in which pieces.
func (s Step) inTime() []fakeserver.Edit {
	return []fakeserver.Edit{
		with(s.Pause, func(d Duration) fakeserver.Edit { return fakeserver.Pause(time.Duration(d)) }),
		with(s.PauseAfter, func(d Duration) fakeserver.Edit { return fakeserver.PauseAfter(time.Duration(d)) }),
		with(s.PauseAt, func(p PauseAt) fakeserver.Edit { return fakeserver.PauseAt(p.Octet, time.Duration(p.For)) }),
		with(s.Drip, func(d Drip) fakeserver.Edit { return fakeserver.Drip(d.Octets, time.Duration(d.Every)) }),
		with(s.Bandwidth, fakeserver.Bandwidth),
		alone(s.SplitAt != nil, fakeserver.SplitAt(s.SplitAt...)),
		alone(s.SplitOctets, fakeserver.SplitOctets()),
		alone(s.SplitLines, fakeserver.SplitLines()),
	}
}

// form are the steps that change how an answer is written, and its end.
func (s Step) form() []fakeserver.Edit {
	return []fakeserver.Edit{
		alone(s.BareLF, fakeserver.BareLF()),
		alone(s.CRLF, fakeserver.CRLF()),
		alone(s.BareFirstDot, fakeserver.BareFirstDot()),
		with(s.AfterHeader, func(o Octets) fakeserver.Edit { return fakeserver.AfterHeader(string(o)) }),
		alone(s.NoStuffing, fakeserver.NoStuffing()),
		alone(s.StuffAfterCRLF, fakeserver.StuffAfterCRLF()),
		alone(s.LowerCase, fakeserver.LowerCase()),
		alone(s.UpperCase, fakeserver.UpperCase()),
		with(s.Truncate, func(n int64) fakeserver.Edit { return fakeserver.Truncate(int(n)) }),
		with(s.Wrap, func(n int64) fakeserver.Edit { return fakeserver.Wrap(int(n)) }),
		alone(s.NoTerminator, fakeserver.NoTerminator()),
		alone(s.DoubleTerminator, fakeserver.DoubleTerminator()),
		alone(s.LFTerminator, fakeserver.LFTerminator()),
		alone(s.NoFinalCRLF, fakeserver.NoFinalCRLF()),
		with(s.BeforeDot, func(o Octets) fakeserver.Edit { return fakeserver.BeforeDot(string(o)) }),
		with(s.Append, func(o Octets) fakeserver.Edit { return fakeserver.Append(string(o)) }),
		with(s.Prepend, func(o Octets) fakeserver.Edit { return fakeserver.Prepend(string(o)) }),
		with(s.Shorten, fakeserver.Shorten),
		with(s.Endless, func(o Octets) fakeserver.Edit { return fakeserver.Endless(string(o)) }),
	}
}

// rows are the steps that change lines and the numbers in them.
func (s Step) rows() []fakeserver.Edit {
	return []fakeserver.Edit{
		alone(s.DoubleStatus, fakeserver.DoubleStatus()),
		with(s.DropRow, func(n int64) fakeserver.Edit { return fakeserver.DropRow(int(n)) }),
		with(s.DoubleRow, func(n int64) fakeserver.Edit { return fakeserver.DoubleRow(int(n)) }),
		with(s.ReplaceRow, func(r Row) fakeserver.Edit { return fakeserver.ReplaceRow(int(r.Row), r.Text) }),
		with(s.InsertRow, func(r Row) fakeserver.Edit { return fakeserver.InsertRow(int(r.Row), r.Text) }),
		with(s.AroundRows, func(a Around) fakeserver.Edit { return fakeserver.AroundRows(a.Before, a.After) }),
		with(s.SwapRows, func(p Pair) fakeserver.Edit { return fakeserver.SwapRows(int(p.First), int(p.Second)) }),
		alone(s.ReverseRows, fakeserver.ReverseRows()),
		with(s.Count, func(c Change) fakeserver.Edit { return fakeserver.Count(c.number()) }),
		with(s.Octets, func(c Change) fakeserver.Edit { return fakeserver.Octets(c.number()) }),
		with(s.RowNumber, func(c Change) fakeserver.Edit { return fakeserver.RowNumber(c.number()) }),
		with(s.RowOctets, func(c Change) fakeserver.Edit { return fakeserver.RowOctets(c.number()) }),
	}
}

// octets are the steps that change single octets.
func (s Step) octets() []fakeserver.Edit {
	return []fakeserver.Edit{
		with(s.Overwrite, func(o Spot) fakeserver.Edit { return fakeserver.Overwrite(o.At, string(o.Octets)) }),
		with(s.Insert, func(o Spot) fakeserver.Edit { return fakeserver.Insert(o.At, string(o.Octets)) }),
		with(s.Remove, func(r Range) fakeserver.Edit { return fakeserver.Remove(r.At, r.Count) }),
		with(s.Swap, func(p Pair) fakeserver.Edit { return fakeserver.Swap(p.First, p.Second) }),
		with(s.Replace, func(r Replace) fakeserver.Edit { return fakeserver.Replace(string(r.Old), string(r.New)) }),
	}
}

func (c Change) number() fakeserver.Number {
	if c.To != "" {
		return fakeserver.To(c.To)
	}
	return fakeserver.By(c.By)
}

func (h How) end() fakeserver.End {
	switch h {
	case HalfClose:
		return fakeserver.HalfClose
	case Reset:
		return fakeserver.Reset
	case Stall:
		return fakeserver.Stall
	case Drop:
		return fakeserver.Drop
	case Withhold:
		return fakeserver.Open
	default:
		return fakeserver.Close
	}
}
