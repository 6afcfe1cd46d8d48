// Package verify compares mail that a client stored with the mail that was served.
package verify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"pop3mtm/cmd/internal/peer"
	"pop3mtm/fakeserver/maildrop"
)

// most limits how many findings of a kind are listed. All are counted.
const most = 100

// finding describes what is wrong with one stored message.
type finding struct {
	Message int    `json:"message,omitempty"` // its number in the mailbox, 0 when it is not from there
	Where   string `json:"where"`
	What    string `json:"what"`
}

// findings counts the findings of a kind and keeps the first ones.
type findings struct {
	Count int       `json:"count"`
	First []finding `json:"first"`
}

func (f *findings) add(n int, where, what string) {
	f.Count++
	if len(f.First) < most {
		f.First = append(f.First, finding{n, where, what})
	}
}

// absent describes the missing messages.
type absent struct {
	Count int      `json:"count"`
	First []string `json:"first"` // their numbers: 5, 7-9
}

// Verdict is the result of comparing the mail that a client has stored.
type Verdict struct {
	Verified bool     `json:"verified"`
	Format   string   `json:"format"`
	As       string   `json:"as"`
	Expected int      `json:"expected"`
	Kept     int      `json:"kept"`
	Right    int      `json:"right"`
	Missing  absent   `json:"missing"`
	Doubled  findings `json:"doubled"`
	Changed  findings `json:"changed"`
	Extra    findings `json:"extra"`
}

// Judge compares stored mail with the mailbox that was served. It needs one bit of memory for each
// message.
type Judge struct {
	Served maildrop.List // message n at n-1
	Find   finder
	As     form
	Client peer.Client // if not nil, its Check compares messages, instead of the form
	top    *Tops       // if not nil, only this part of each message must be stored
	seen   maildrop.Positions
	batch  []pair
	size   int
	Found  Verdict
	both   *Comparer
	in     *bufio.Reader
}

// finder returns the number in the mailbox of the message that was stored as the n-th, counted from
// 1, and 0 when it is not from the mailbox. wrong describes what is wrong with it, "" for nothing.
type finder func(n int, k keptMessage, in *bufio.Reader) (number int, wrong string, err error)

// ByID finds each message of a synthetic mailbox by its Message-ID.
func ByID(served maildrop.List, ofSeed uint64) finder {
	return func(_ int, _ keptMessage, in *bufio.Reader) (int, string, error) {
		start, err := in.Peek(largestHeader)
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, "", err
		}
		seed, n, ok := maildrop.SyntheticNumber(messageID(start))
		if !ok || seed != ofSeed || n > served.Len() {
			return 0, "", nil
		}
		return n, "", nil
	}
}

// InOrder finds messages in our store by their order, for any mailbox, and checks their UIDs.
func InOrder(served maildrop.List) finder {
	return func(n int, k keptMessage, _ *bufio.Reader) (int, string, error) {
		if n > served.Len() {
			return 0, "", nil
		}
		if want := served.At(n - 1).UID(); k.entry.UID != want {
			return n, fmt.Sprintf("has the UID %q instead of %q", k.entry.UID, want), nil
		}
		return n, "", nil
	}
}

// pair holds a message as served and as stored, for a client's Check, which takes them in memory.
type pair struct {
	n            int
	where        string
	served, kept []byte
}

// All compares all stored mail with the mailbox and returns the verdict. It calls report with the
// number of messages that were compared so far.
func All(ctx context.Context, mail keptMail, j *Judge, report func(done int)) (*Verdict, error) {
	j.both, j.in = NewComparer(), bufio.NewReaderSize(nil, largestHeader)
	j.Found.Format, j.Found.Expected = mail.Format, j.Served.Len()
	err := mail.each(ctx, func(k keptMessage) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		j.Found.Kept++
		report(j.Found.Kept)
		if k.body == nil || !k.whole && j.top == nil {
			j.Found.Changed.add(0, k.where, "only a part is stored")
			return nil
		}
		return j.message(ctx, k)
	})
	if err == nil {
		err = j.flush(ctx)
	}
	if err != nil {
		return nil, err
	}
	j.missing()
	v := &j.Found
	v.Verified = v.Missing.Count+v.Doubled.Count+v.Changed.Count+v.Extra.Count == 0
	return v, nil
}

// largestHeader limits how much of a message is searched for its Message-ID.
const largestHeader = 256 << 10

// message compares one stored message and adds the result to the verdict.
func (j *Judge) message(ctx context.Context, k keptMessage) error {
	in := j.in
	in.Reset(k.body)
	n, wrong, err := j.Find(j.Found.Kept, k, in)
	switch {
	case err != nil:
		return err
	case n == 0:
		j.Found.Extra.add(0, k.where, "not from this mailbox")
		return nil
	case !j.seen.Add(n - 1):
		j.Found.Doubled.add(n, k.where, "is stored more than once")
		return nil
	}
	m := j.Served.At(n - 1)
	switch {
	case wrong != "":
	case j.Client != nil:
		return j.collect(ctx, n, k.where, in, m)
	case j.top != nil:
		wrong, err = j.top.compare(k.entry, in, m)
	default:
		wrong, err = j.compare(in, m)
	}
	if err == nil && wrong == "" {
		j.Found.Right++
	} else if err == nil {
		j.Found.Changed.add(n, k.where, wrong)
	}
	return err
}

// compare describes the first difference that the judge's form does not allow, and returns "" when
// there is no such difference.
func (j *Judge) compare(in io.Reader, m maildrop.Message) (wrong string, err error) {
	served, err := m.Open()
	if err != nil {
		return "", err
	}
	defer func() { _ = served.Close() }() // it was only read
	at, err := j.both.difference(j.As.read(in), j.As.read(served))
	if err == nil && at >= 0 {
		wrong = fmt.Sprintf("octet %d differs from what was served", at)
	}
	return wrong, err
}

// err returns nil when everything is right, else an error about the first wrong message.
func (v *Verdict) err() error {
	if v.Verified {
		return nil
	}
	for _, f := range []findings{v.Changed, v.Extra, v.Doubled} {
		if f.Count == 0 {
			continue
		}
		text := f.First[0].Where
		if n := f.First[0].Message; n > 0 {
			text = fmt.Sprintf("message %d (%s)", n, text)
		}
		text += ": " + f.First[0].What
		if f.Count > 1 {
			text += fmt.Sprintf("; and %d more", f.Count-1)
		}
		return errors.New(text)
	}
	return fmt.Errorf("%d messages were served and %d are stored", v.Expected, v.Kept)
}

// collect reads a message into the batch for the client's Check.
func (j *Judge) collect(ctx context.Context, n int, where string, in io.Reader, m maildrop.Message) error {
	const largest, several, together = 64 << 20, 200, 32 << 20
	if m.Size() > largest {
		return fmt.Errorf("message %d has %d octets, too many to compare by the rules of %s; use --as lenient", n, m.Size(), j.Client.Name())
	}
	served, err := maildrop.Read(m)
	if err != nil {
		return err
	}
	kept, err := io.ReadAll(io.LimitReader(in, 2*largest))
	if err != nil {
		return err
	}
	j.batch, j.size = append(j.batch, pair{n, where, served, kept}), j.size+len(served)
	if len(j.batch) < several && j.size < together {
		return nil
	}
	return j.flush(ctx)
}

// flush lets the client's Check compare the batch at once, and when that fails one message at a
// time.
func (j *Judge) flush(ctx context.Context) error {
	batch := j.batch
	j.batch, j.size = nil, 0
	check := func(pairs []pair) error {
		served, kept := make([][]byte, len(pairs)), make([][]byte, len(pairs))
		for i, p := range pairs {
			served[i], kept[i] = p.served, p.kept
		}
		return j.Client.Check(ctx, served, kept)
	}
	if len(batch) == 0 || check(batch) == nil {
		j.Found.Right += len(batch)
		return nil
	}
	for i, p := range batch {
		err := check(batch[i : i+1])
		if errors.Is(err, peer.ErrMissing) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err == nil {
			j.Found.Right++
		} else {
			j.Found.Changed.add(p.n, p.where, strings.TrimPrefix(err.Error(), "message 1 of those compared "))
		}
	}
	return nil
}

// missing adds the messages that were not found to the verdict.
func (j *Judge) missing() {
	last := 0
	gap := func(until int) {
		if until == last+1 {
			return
		}
		j.Found.Missing.Count += until - last - 1
		if len(j.Found.Missing.First) < most {
			text := fmt.Sprint(last + 1)
			if until > last+2 {
				text += fmt.Sprintf("-%d", until-1)
			}
			j.Found.Missing.First = append(j.Found.Missing.First, text)
		}
	}
	for i := range j.seen.All() {
		gap(i + 1)
		last = i + 1
	}
	gap(j.Served.Len() + 1)
}

// messageID returns the value of the first Message-ID field in a header, or "" when it has none.
func messageID(start []byte) string {
	const name = "message-id:"
	for len(start) > 0 {
		line, rest, _ := bytes.Cut(start, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			return ""
		}
		if len(line) >= len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			value := bytes.TrimSpace(line[len(name):])
			if len(value) == 0 { // folded
				next, _, _ := bytes.Cut(rest, []byte("\n"))
				value = bytes.TrimSpace(next)
			}
			return string(value)
		}
		start = rest
	}
	return ""
}
