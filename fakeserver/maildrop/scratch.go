package maildrop

import "io"

// Scratch is memory in which messages are opened, one after another, so that serving many of them
// does not allocate for each. The zero value is ready. It is not safe for concurrent use.
type Scratch struct {
	memory    *memoryReader
	synthetic *syntheticReader
}

// opener is a message that can be opened in existing memory.
type opener interface {
	openIn(s *Scratch) (io.ReadCloser, error)
}

// Open opens m like m.Open. The reader may be in s; it is valid until the next Open.
func (s *Scratch) Open(m Message) (io.ReadCloser, error) {
	if o, ok := m.(opener); ok {
		return o.openIn(s)
	}
	return m.Open()
}

// inMemory returns a reader of octets.
func (s *Scratch) inMemory(octets []byte) io.ReadCloser {
	if s.memory == nil {
		s.memory = new(memoryReader)
	}
	s.memory.Reset(octets)
	return s.memory
}

// generated returns a reader for the octets of a synthetic message.
func (s *Scratch) generated() *syntheticReader {
	if s.synthetic == nil {
		s.synthetic = new(syntheticReader)
	}
	return s.synthetic
}
