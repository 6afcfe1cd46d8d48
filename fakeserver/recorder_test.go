package fakeserver_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// A command and the message that answers it are recorded in one step. With a Tap, each part is
// recorded by itself, so both ways are compared: after each packet of random sessions, with any
// limit, rules, mail that cannot be read, and clients that go away.
func TestTranscriptsAreTheSameHoweverMailIsRecorded(t *testing.T) {
	for seed := range uint64(150) {
		inOneStep, inParts := recorded(t, seed, nil), recorded(t, seed, func(int, []byte) {})
		if len(inOneStep) != len(inParts) {
			t.Fatalf("seed %d: %d transcripts in one step, %d in parts", seed, len(inOneStep), len(inParts))
		}
		for i := range inOneStep {
			// With a Tap, commands have unique-ids, which take room, so that fewer commands may
			// fit.
			known := len(inParts[i].Commands)
			if len(inOneStep[i].Commands) < known {
				t.Fatalf("seed %d, packet %d: %d commands in one step, %d in parts", seed, i, len(inOneStep[i].Commands), known)
			}
			inOneStep[i].Commands = inOneStep[i].Commands[:known]
			if !reflect.DeepEqual(inOneStep[i], inParts[i]) {
				t.Fatalf("seed %d, packet %d: in one step:\n%+v\nin parts:\n%+v", seed, i, inOneStep[i], inParts[i])
			}
		}
	}
}

// Lines and commands have a limit each. A transcript that is full of lines still lists commands.
func TestCommandsAreKnownWhenTheTranscriptIsFull(t *testing.T) {
	for _, verb := range []string{"NOOP", "RETR 4"} {
		srv := fakeserver.New(fakeserver.NewMaildrop(mailOfAllKinds()...), &fakeserver.Options{TranscriptOctets: 1200})
		pipe(srv, "USER demo\r\nPASS demo\r\nRETR 2\r\nRETR 2\r\n"+strings.Repeat(verb+"\r\n", 20)+"QUIT\r\n")
		one := srv.Transcript(1)
		known := len(one.Commands)
		if last := one.Commands[known-1].String(); known < 10 || known > 16 || last != verb {
			t.Errorf("%d commands are known, and the last is %s", known, last)
		}
		if one.LeftOut < 2*20 {
			t.Errorf("%d lines are left out", one.LeftOut)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}

// recorded returns the transcript after each packet of a session.
func recorded(t *testing.T, seed uint64, tap func(int, []byte)) (all []fakeserver.Transcript) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 17))
		srv := fakeserver.New(fakeserver.NewMaildrop(mailOfAllKinds()...), &fakeserver.Options{
			Timed: random.IntN(4) > 0, TranscriptOctets: []int{0, 60 + random.IntN(2000), 9000}[random.IntN(3)], Tap: tap,
		})
		if random.IntN(3) == 0 {
			srv.On(fakeserver.Match{Verb: "RETR", Nth: 4}, fakeserver.Auto.With(edit.CutAfter(random.Int64N(5000), edit.Open)))
			srv.On(fakeserver.Match{Verb: "RETR", Nth: 7}, fakeserver.Auto.With(edit.Pause(time.Second)))
		}
		near, far := net.Pipe()
		go srv.ServeConn(far)
		packets, again := make(chan string, 20), make(chan bool)
		go func() {
			for p := range packets {
				_, _ = io.WriteString(near, p) // it fails when the session has ended
			}
		}()
		reads, leaves := random.Int64N(600_000), random.IntN(3) == 0
		go func() {
			_, _ = io.CopyN(io.Discard, near, reads)
			if leaves {
				_ = near.Close()
			}
			<-again
			_, _ = io.Copy(io.Discard, near)
		}()
		packet := "USER demo\r\nPASS demo\r\n"
		for i := range 12 {
			if i == 10 {
				close(again)
			}
			packets <- packet
			synctest.Wait()
			for _, one := range srv.Transcripts() {
				one.Started, one.Ended = time.Time{}, time.Time{}
				for i := range one.Commands {
					one.Commands[i].Message = ""
				}
				all = append(all, one)
			}
			<-time.After(time.Duration(random.IntN(3)) * time.Second)
			packet = somePacket(random)
		}
		close(packets)
		_ = near.Close()
		_ = srv.Close() // mail that cannot be read is an error
	})
	return all
}

// somePacket returns commands, most of which ask for mail.
func somePacket(random *rand.Rand) string {
	var b strings.Builder
	for range random.IntN(20) {
		n := random.IntN(10)
		switch random.IntN(12) {
		case 0:
			b.WriteString([]string{"NOOP", "STAT", "LIST", "UIDL", "CAPA", "RSET", "LAST", "XYZ", "", "PASS x", "AUTH PLAIN", "*"}[random.IntN(12)])
		case 1:
			fmt.Fprintf(&b, "DELE %d", n)
		case 2:
			fmt.Fprintf(&b, "TOP %d %d", n, 40*random.IntN(2))
		case 3:
			fmt.Fprintf(&b, "retr  %d", n)
		default:
			fmt.Fprintf(&b, "RETR %d", n)
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// mailOfAllKinds returns short and long mail, and mail that cannot be read.
func mailOfAllKinds() []maildrop.Message {
	octets := maildrop.SyntheticMessage(1, 1, 9000)
	whole := func() io.Reader { return bytes.NewReader(octets) }
	return []maildrop.Message{
		maildrop.Bytes("empty", nil),
		maildrop.Bytes("short", octets[:900]),
		maildrop.Bytes("dots", bytes.Repeat([]byte("..\n"), 1500)),
		maildrop.Bytes("long", octets),
		maildrop.Bytes("longest", maildrop.SyntheticMessage(1, 2, 200_000)),
		readBy{maildrop.Bytes("slow", octets), func() io.Reader { return struct{ io.Reader }{whole()} }},
		readBy{maildrop.Bytes("none", octets), func() io.Reader { return strings.NewReader("") }},
		readBy{maildrop.Bytes("cut", octets), func() io.Reader {
			return io.MultiReader(io.LimitReader(whole(), 5000), iotest.ErrReader(io.ErrUnexpectedEOF))
		}},
		readBy{maildrop.Bytes("gone", octets), func() io.Reader { return broken{} }},
	}
}

// readBy is a message with a reader of its own, which takes time unless it is memory.
type readBy struct {
	maildrop.Message
	reader func() io.Reader
}

func (m readBy) Open() (io.ReadCloser, error) {
	r := m.reader()
	if memory, ok := r.(memory); ok {
		return inMemory{memory}, nil
	}
	<-time.After(time.Second)
	return io.NopCloser(r), nil
}

// memory is a reader for which the server does not look at the clock.
type memory interface {
	io.Reader
	io.WriterTo
}

type inMemory struct{ memory }

func (inMemory) Close() error { return nil }

// broken is mail in memory that cannot be read.
type broken struct{}

func (broken) Read([]byte) (int, error)         { return 0, io.ErrUnexpectedEOF }
func (broken) WriteTo(io.Writer) (int64, error) { return 0, io.ErrUnexpectedEOF }
