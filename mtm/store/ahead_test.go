package store_test

import (
	"context"
	"errors"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"pop3mtm/mtm/store"
)

var _ = Describe("EachIn of many entries", func() {
	ctx := context.Background()
	const many = 1000
	var s *store.Store
	BeforeEach(func() {
		s = open(newDir(), nil)
		b := s.NewBatch()
		for n := range many {
			b.Add(&store.Entry{Parent: store.Inbox, Type: store.TypeMessage, Details: fmt.Sprint(n)})
		}
		Expect(b.Commit(ctx)).To(Succeed())
	})
	orders := []store.Order{{}, {ByDate: true}, {Backward: true}}

	It("calls the function for each, in order, while it reads ahead", func() {
		for _, o := range orders {
			n, last := 0, store.ID(0)
			Expect(s.EachIn(ctx, store.Inbox, o, func(e *store.Entry) error {
				if backward := o.Backward != o.ByDate; last != 0 && backward != (e.ID < last) {
					return fmt.Errorf("%d after %d", e.ID, last)
				}
				last = e.ID
				n++
				_, err := s.Entry(ctx, e.ID) // the function may use the store
				return err
			})).To(Succeed())
			Expect(n).To(Equal(many))
		}
	})

	It("stops at an error of the function, wherever it comes, and can be called again", func() {
		enough := errors.New("enough")
		for _, o := range orders {
			for _, most := range []int{1, 63, 64, 65, 300, many} {
				n := 0
				Expect(s.EachIn(ctx, store.Inbox, o, func(*store.Entry) error {
					if n++; n == most {
						return enough
					}
					return nil
				})).To(MatchError(enough))
				Expect(n).To(Equal(most))
			}
		}
	})

	It("passes a panic of the function on, and can be called again", func() {
		Expect(func() {
			_ = s.EachIn(ctx, store.Inbox, store.Order{}, func(*store.Entry) error { panic("stop") })
		}).To(PanicWith("stop"))
		Expect(s.Children(ctx, store.Inbox)).To(HaveLen(many))
	})
})
