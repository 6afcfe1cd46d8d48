package clients

import (
	"pop3mtm/cmd/bench/internal/tasks"
)

// Kinds are the types of clients and tasks that can be sent to another process.
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
