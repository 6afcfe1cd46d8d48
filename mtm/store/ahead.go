package store

import "errors"

// aheadEntries is how many entries are passed on at a time.
const aheadEntries = 64

// errStopped ends a read whose entries nobody wants any more.
var errStopped = errors.New("stopped")

// ahead calls f for each entry that read passes on, in the same order. read runs in its own
// goroutine, so that it reads the next entries while f works; at most 3*aheadEntries are read and
// not yet seen by f. An error of f ends the read and is returned.
func ahead(read func(pass func(*Entry) error) error, f func(*Entry) error) error {
	full, spare := make(chan []Entry), make(chan []Entry, 2)
	stop, done := make(chan struct{}), make(chan error, 1)
	spare <- make([]Entry, 0, aheadEntries)
	spare <- make([]Entry, 0, aheadEntries)
	go func() {
		defer close(full)
		done <- readAhead(read, full, spare, stop)
	}()
	defer func() { // also when f panics: the goroutine uses the caller's connection
		close(stop)
		for range full { //nolint:revive // until the goroutine has ended
		}
	}()
	for list := range full {
		for i := range list {
			if err := f(&list[i]); err != nil {
				return err
			}
		}
		spare <- list
	}
	return <-done
}

// readAhead passes on entries in lists, whose memory comes back in spare.
func readAhead(read func(pass func(*Entry) error) error, full chan<- []Entry, spare <-chan []Entry, stop <-chan struct{}) error {
	list := (<-spare)[:0]
	flush := func() error {
		select {
		case full <- list:
		case <-stop:
			return errStopped
		}
		select {
		case list = <-spare:
			list = list[:0]
			return nil
		case <-stop:
			return errStopped
		}
	}
	err := read(func(e *Entry) error {
		if list = append(list, *e); len(list) < aheadEntries {
			return nil
		}
		return flush()
	})
	if len(list) > 0 && !errors.Is(err, errStopped) {
		select { // what was read before an error
		case full <- list:
		case <-stop:
		}
	}
	return err
}
