package fakeserver

import (
	"fmt"

	"pop3mtm/fakeserver/edit"
)

// stat answers STAT. RFC 1939 section 5: messages marked as deleted are not counted.
func stat(t *popTalk, _ *Exchange) Answer {
	return says(edit.OK(fmt.Sprintf("%d %d", t.view.count, t.view.octets)))
}
