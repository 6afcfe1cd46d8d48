package main

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"pop3mtm/mtm/store"
)

func TestAListOfMessagesIsWhatAnEncoderWrites(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "plain", `"quoted" \ slash`, "<a&b>", "Grüße", "a\u2028b", "bidi \u202e", "\x00\x1f\x7f\u0085", "bad \xff\xfe", "😀", "\U000e0001"}
	text := func() string { return texts[random.IntN(len(texts))] }
	var got, want bytes.Buffer
	fast, slow := newMessages(page{bufio.NewWriter(&got)}), newArray(page{bufio.NewWriter(&want)})
	for range 2000 {
		e := store.Entry{
			ID: store.ID(random.Int64N(1000)), Parent: store.ID(random.IntN(9)), Service: 7, Related: store.ID(random.IntN(3)),
			Type: store.TypeMessage, Details: text(), Description: text(), UID: text(), MessageID: text(),
			Size: random.Int64N(1 << 40), Flags: store.Flags(random.Uint64N(1 << 33)), Email: store.EmailFlags(random.Uint32()),
			Sending: store.SendingState(random.IntN(11)), Body: store.Body{Kind: store.BodyKind(random.IntN(5)), Length: random.Int64N(1 << 30)},
		}
		if random.IntN(4) > 0 {
			e.Date = time.Unix(random.Int64N(1<<32), 0)
		}
		extend := func(v *messageView) {
			if e.ID%3 == 0 {
				v.Waiting, v.Broke = []string{e.Details, e.UID}, int(e.ID)
			}
		}
		v := messageViewOf(&e)
		extend(&v)
		if err := slow.add(v); err != nil {
			t.Fatal(err)
		}
		v = fast.view(&e)
		extend(&v)
		if err := fast.add(&v); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []func() error{fast.end, slow.end, fast.out.Flush, slow.out.Flush} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		for i := range got.Len() {
			if got.Bytes()[i] != want.Bytes()[i] {
				t.Fatalf("differs: %q instead of %q", got.Bytes()[max(0, i-40):i+40], want.Bytes()[max(0, i-40):i+40])
			}
		}
		t.Fatal("one is longer")
	}
}
