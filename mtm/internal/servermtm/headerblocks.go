package servermtm

import "pop3mtm/mtm/mail"

// headerBlocks are the headers of a batch's messages, one after the other: what comes
// behind a header is not kept.
type headerBlocks struct {
	raw   []byte
	ends  []int // of the headers that are there
	whole bool  // the header in hand has ended
}

// Write takes octets of a message: of its header what a header may have (maxHeader),
// and nothing of the rest.
func (h *headerBlocks) Write(p []byte) (int, error) {
	start := h.start(len(h.ends))
	if room := maxHeader - (len(h.raw) - start); room > 0 && !h.whole {
		taken := p[:min(room, len(p))]
		if len(h.raw) == start { // nearly always all of it
			taken = cutHeader(taken)
			h.whole = len(taken) < len(p)
		}
		h.raw = append(h.raw, taken...)
	}
	return len(p), nil
}

// end ends the header in hand.
func (h *headerBlocks) end() {
	start := h.start(len(h.ends))
	h.raw = h.raw[:start+len(cutHeader(h.raw[start:]))]
	h.ends = append(h.ends, len(h.raw))
	h.whole = false
}

// restart forgets what has come of the header in hand.
func (h *headerBlocks) restart() { h.raw, h.whole = h.raw[:h.start(len(h.ends))], false }

// complete reports whether the header in hand has come whole.
func (h *headerBlocks) complete() bool { return mail.HeaderEnd(h.raw[h.start(len(h.ends)):]) >= 0 }

// at is the header of the i-th message, valid until the next reset.
func (h *headerBlocks) at(i int) []byte { return h.raw[h.start(i):h.ends[i]] }

func (h *headerBlocks) start(i int) int {
	if i == 0 {
		return 0
	}
	return h.ends[i-1]
}

func (h *headerBlocks) reset() { h.raw, h.ends, h.whole = h.raw[:0], h.ends[:0], false }
