package clients

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pop3mtm/cmd/bench/internal/tasks"
)

// Sent is the JSON form of a client or a task, for sending it to another process of the bench. In
// that process Value is nil until Make is called.
type Sent[T interface{ Kind() string }] struct {
	Value T
	form  sentForm
}

// sentForm is the JSON form of Sent.
type sentForm struct {
	Kind   string          `json:"kind"`
	Fields json.RawMessage `json:"fields"`
}

// MarshalJSON implements json.Marshaler.
func (s Sent[T]) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(s.Value)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sentForm{s.Value.Kind(), fields})
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Sent[T]) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &s.form) }

// Make sets Value from the kind and the fields that were sent. kinds creates one value of each
// kind.
func (s *Sent[T]) Make(kinds []func() T) error {
	for _, create := range kinds {
		v := create()
		if v.Kind() != s.form.Kind {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(s.form.Fields))
		d.DisallowUnknownFields()
		if err := d.Decode(v); err != nil {
			return fmt.Errorf("%s: %w", s.form.Kind, err)
		}
		s.Value = v
		return nil
	}
	return fmt.Errorf("unknown kind %q", s.form.Kind)
}

// Kinds lists the types of clients and tasks that can be sent to another process.
type Kinds struct {
	Clients []func() Client
	Tasks   []func() tasks.Task
}

// BasicKinds returns the kinds that several modes use.
func BasicKinds() Kinds {
	return Kinds{
		Clients: []func() Client{
			func() Client { return new(Ours) }, func() Client { return new(Theirs) }, func() Client { return new(Bare) },
			func() Client { return new(Lister) },
		},
		Tasks: []func() tasks.Task{func() tasks.Task { return new(tasks.Copying) }, func() tasks.Task { return new(tasks.Headers) }, func() tasks.Task { return new(tasks.Tops) }},
	}
}
