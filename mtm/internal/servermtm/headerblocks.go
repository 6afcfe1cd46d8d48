package servermtm

import "pop3mtm/mtm/mail"

// headerBlocks holds the headers of a batch's messages, one after the other, without
// what follows each header.
type headerBlocks struct {
	raw   []byte
	ends  []int // where the complete headers end
	whole bool  // the current header has ended
}

// Write keeps octets of a message: of its header at most maxHeader, and nothing of the rest.
func (h *headerBlocks) Write(p []byte) (int, error) {
	start := h.start(len(h.ends))
	if room := maxHeader - (len(h.raw) - start); room > 0 && !h.whole {
		taken := p[:min(room, len(p))]
		if len(h.raw) == start { // nearly always the whole header
			taken = cutHeader(taken)
			h.whole = len(taken) < len(p)
		}
		h.raw = append(h.raw, taken...)
	}
	return len(p), nil
}

// end ends the current header.
func (h *headerBlocks) end() {
	start := h.start(len(h.ends))
	h.raw = h.raw[:start+len(cutHeader(h.raw[start:]))]
	h.ends = append(h.ends, len(h.raw))
	h.whole = false
}

// restart drops the octets of the current header.
func (h *headerBlocks) restart() { h.raw, h.whole = h.raw[:h.start(len(h.ends))], false }

// complete reports whether the current header is whole.
func (h *headerBlocks) complete() bool { return mail.HeaderEnd(h.raw[h.start(len(h.ends)):]) >= 0 }

// at returns the header of the i-th message. It is valid until the next reset.
func (h *headerBlocks) at(i int) []byte { return h.raw[h.start(i):h.ends[i]] }

func (h *headerBlocks) start(i int) int {
	if i == 0 {
		return 0
	}
	return h.ends[i-1]
}

func (h *headerBlocks) reset() { h.raw, h.ends, h.whole = h.raw[:0], h.ends[:0], false }
