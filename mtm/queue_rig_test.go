package mtm_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm"
	"pop3mtm/mtm/store"
)

// waiting says what waits for each message of the mailbox, in words.
func (b *bench) waiting() map[string][]string {
	GinkgoHelper()
	list, err := b.store.Queue(context.Background(), b.id)
	Expect(err).NotTo(HaveOccurred())
	waits := make(map[string][]string)
	for _, q := range list {
		e, err := b.store.Entry(context.Background(), q.Entry)
		Expect(err).NotTo(HaveOccurred())
		waits[e.UID] = append(waits[e.UID], q.String())
	}
	return waits
}

// find returns the entry of a message in a place.
func (b *bench) find(parent store.ID, uid string) store.Entry {
	GinkgoHelper()
	for _, e := range b.children(parent) {
		if e.UID == uid {
			return e
		}
	}
	Fail("no message " + uid)
	return store.Entry{}
}

// folder makes one beside the Inbox.
func (b *bench) folder(name string) store.ID {
	GinkgoHelper()
	e := store.Entry{Parent: store.Local, Service: store.Local, Type: store.TypeFolder, Name: name}
	batch := b.store.NewBatch()
	batch.Add(&e)
	Expect(batch.Commit(context.Background())).To(Succeed())
	return e.ID
}

// session connects and disconnects.
func (b *bench) session() {
	GinkgoHelper()
	b.mustDo(mtm.Connect{})
	b.mustDo(mtm.Disconnect{})
}
