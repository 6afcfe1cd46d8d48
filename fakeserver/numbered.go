package fakeserver

import (
	"fmt"
	"io"
	"strconv"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// message returns the message that an argument names, or a refusal.
func (t *popTalk) message(arg string) (n int, m maildrop.Message, refusal *Answer) {
	v := t.view
	k, ok := number(arg)
	if !ok {
		a := refuse("a message number is needed")
		return 0, nil, &a
	}
	if k < 1 || k > int64(v.list.Len()) {
		a := says(edit.Err(fmt.Sprintf("no such message, only %d in maildrop", v.list.Len())))
		return 0, nil, &a
	}
	n = int(k)
	if v.deleted(n) {
		a := says(edit.Err(fmt.Sprintf("message %d is deleted", n)))
		return 0, nil, &a
	}
	return n, v.list.At(n - 1), nil
}

// number parses a number that has digits only. Larger values saturate at 1<<50.
func number(arg string) (int64, bool) {
	n := int64(0)
	for _, c := range []byte(arg) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), 1<<50)
	}
	return n, arg != ""
}

// column appends a column of a listing, such as the size of a message.
type column func(row []byte, m maildrop.Message) []byte

// numbered answers LIST and UIDL: a row for one message, or for all messages that are not marked
// as deleted.
func (t *popTalk) numbered(arg string, col column) Answer {
	v := t.view
	if arg == "" {
		return says(edit.Multiline(fmt.Sprintf("%d messages (%d octets)", v.count, v.octets), listing{v, col}))
	}
	n, m, refusal := t.message(arg)
	if refusal != nil {
		return *refusal
	}
	return says(edit.OK(string(col(fmt.Appendf(nil, "%d ", n), m))))
}

// listing writes the rows of all messages, many with one write.
type listing struct {
	view *view
	col  column
}

func (l listing) WriteTo(w io.Writer) (int64, error) {
	var sent int64
	buf := make([]byte, 0, 4<<10)
	for n := 1; n <= l.view.list.Len(); n++ {
		if l.view.deleted(n) {
			continue
		}
		buf = append(strconv.AppendInt(buf, int64(n), 10), ' ')
		buf = append(l.col(buf, l.view.list.At(n-1)), "\r\n"...)
		if len(buf) > 3<<10 {
			k, err := w.Write(buf)
			sent += int64(k)
			if err != nil {
				return sent, err
			}
			buf = buf[:0]
		}
	}
	k, err := w.Write(buf)
	return sent + int64(k), err
}
