package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Sent carries a client or a task to another process of the bench, as its kind and its fields.
// Value is nil in the other process until Make is called.
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

// Make creates the value that was sent from its kind.
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
