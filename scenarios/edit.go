package scenarios

import (
	"time"

	"pop3mtm/fakeserver/edit"
)

// with makes an edit of the value of a word that stands there; nil when it does not.
func with[T any](value *T, edit func(T) edit.Edit) edit.Edit {
	if value == nil {
		return nil
	}
	return edit(*value)
}

// alone is the edit of a word that needs no value.
func alone(stands bool, edit edit.Edit) edit.Edit {
	if !stands {
		return nil
	}
	return edit
}

// edit is the step as a change of the right answer. The step was checked.
func (s Step) edit() edit.Edit {
	for _, edits := range [][]edit.Edit{s.instead(), s.inTime(), s.form(), s.rows(), s.octets()} {
		for _, e := range edits {
			if e != nil {
				return e
			}
		}
	}
	return func(r edit.Reply) edit.Reply { return r }
}

func edits(steps []Step) []edit.Edit {
	all := make([]edit.Edit, len(steps))
	for i, s := range steps {
		all[i] = s.edit()
	}
	return all
}

// instead are the steps that replace an answer, or end it.
func (s Step) instead() []edit.Edit {
	return []edit.Edit{
		with(s.Raw, func(o Octets) edit.Edit { return edit.Raw(string(o)) }),
		with(s.OK, func(text string) edit.Edit { return edit.Raw("+OK " + text + "\r\n") }),
		with(s.Refuse, edit.Refuse),
		with(s.Status, edit.StatusText),
		alone(s.TakeEffect, edit.TakeEffect()),
		alone(s.IfOK != nil, edit.IfOK(edits(s.IfOK)...)),
		alone(s.IfErr != nil, edit.IfErr(edits(s.IfErr)...)),
		with(s.IfStatus, func(i IfStatus) edit.Edit { return edit.IfStatus(i.Is, edits(i.Do)...) }),
		with(s.Cut, func(c Cut) edit.Edit { return edit.CutAfter(c.After, c.How.end()) }),
		alone(s.Silence, edit.CutAfter(0, edit.Open)),
		alone(s.Close, edit.CutAfter(0, edit.Close)),
		with(s.End, func(how How) edit.Edit { return edit.ThenEnd(how.end()) }),
	}
}

// inTime are the steps that say when what is sent, and in which pieces.
func (s Step) inTime() []edit.Edit {
	return []edit.Edit{
		with(s.Pause, func(d Duration) edit.Edit { return edit.Pause(time.Duration(d)) }),
		with(s.PauseAfter, func(d Duration) edit.Edit { return edit.PauseAfter(time.Duration(d)) }),
		with(s.PauseAt, func(p PauseAt) edit.Edit { return edit.PauseAt(p.Octet, time.Duration(p.For)) }),
		with(s.Drip, func(d Drip) edit.Edit { return edit.Drip(d.Octets, time.Duration(d.Every)) }),
		with(s.Bandwidth, edit.Bandwidth),
		alone(s.SplitAt != nil, edit.SplitAt(s.SplitAt...)),
		alone(s.SplitOctets, edit.SplitOctets()),
		alone(s.SplitLines, edit.SplitLines()),
	}
}

// form are the steps that change how an answer is written, and its end.
func (s Step) form() []edit.Edit {
	return []edit.Edit{
		alone(s.BareLF, edit.BareLF()),
		alone(s.CRLF, edit.CRLF()),
		alone(s.BareFirstDot, edit.BareFirstDot()),
		with(s.AfterHeader, func(o Octets) edit.Edit { return edit.AfterHeader(string(o)) }),
		alone(s.NoStuffing, edit.NoStuffing()),
		alone(s.StuffAfterCRLF, edit.StuffAfterCRLF()),
		alone(s.LowerCase, edit.LowerCase()),
		alone(s.UpperCase, edit.UpperCase()),
		with(s.Truncate, func(n int64) edit.Edit { return edit.Truncate(int(n)) }),
		with(s.Wrap, func(n int64) edit.Edit { return edit.Wrap(int(n)) }),
		alone(s.NoTerminator, edit.NoTerminator()),
		alone(s.DoubleTerminator, edit.DoubleTerminator()),
		alone(s.LFTerminator, edit.LFTerminator()),
		alone(s.NoFinalCRLF, edit.NoFinalCRLF()),
		with(s.BeforeDot, func(o Octets) edit.Edit { return edit.BeforeDot(string(o)) }),
		with(s.Append, func(o Octets) edit.Edit { return edit.Append(string(o)) }),
		with(s.Prepend, func(o Octets) edit.Edit { return edit.Prepend(string(o)) }),
		with(s.Shorten, edit.Shorten),
		with(s.Endless, func(o Octets) edit.Edit { return edit.Endless(string(o)) }),
	}
}

// rows are the steps that change lines and the numbers in them.
func (s Step) rows() []edit.Edit {
	return []edit.Edit{
		alone(s.DoubleStatus, edit.DoubleStatus()),
		with(s.DropRow, func(n int64) edit.Edit { return edit.DropRow(int(n)) }),
		with(s.DoubleRow, func(n int64) edit.Edit { return edit.DoubleRow(int(n)) }),
		with(s.ReplaceRow, func(r Row) edit.Edit { return edit.ReplaceRow(int(r.Row), r.Text) }),
		with(s.InsertRow, func(r Row) edit.Edit { return edit.InsertRow(int(r.Row), r.Text) }),
		with(s.AroundRows, func(a Around) edit.Edit { return edit.AroundRows(a.Before, a.After) }),
		with(s.SwapRows, func(p Pair) edit.Edit { return edit.SwapRows(int(p.First), int(p.Second)) }),
		alone(s.ReverseRows, edit.ReverseRows()),
		with(s.Count, func(c Change) edit.Edit { return edit.Count(c.number()) }),
		with(s.Octets, func(c Change) edit.Edit { return edit.Octets(c.number()) }),
		with(s.RowNumber, func(c Change) edit.Edit { return edit.RowNumber(c.number()) }),
		with(s.RowOctets, func(c Change) edit.Edit { return edit.RowOctets(c.number()) }),
	}
}

// octets are the steps that change single octets.
func (s Step) octets() []edit.Edit {
	return []edit.Edit{
		with(s.Overwrite, func(o Spot) edit.Edit { return edit.Overwrite(o.At, string(o.Octets)) }),
		with(s.Insert, func(o Spot) edit.Edit { return edit.Insert(o.At, string(o.Octets)) }),
		with(s.Remove, func(r Range) edit.Edit { return edit.Remove(r.At, r.Count) }),
		with(s.Swap, func(p Pair) edit.Edit { return edit.Swap(p.First, p.Second) }),
		with(s.Replace, func(r Replace) edit.Edit { return edit.Replace(string(r.Old), string(r.New)) }),
	}
}

func (c Change) number() edit.Number {
	if c.To != "" {
		return edit.To(c.To)
	}
	return edit.By(c.By)
}

func (h How) end() edit.End {
	switch h {
	case HalfClose:
		return edit.HalfClose
	case Reset:
		return edit.Reset
	case Stall:
		return edit.Stall
	case Drop:
		return edit.Drop
	case Withhold:
		return edit.Open
	default:
		return edit.Close
	}
}
