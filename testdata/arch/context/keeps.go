// as mtm/keeps.go
package mtm

import "context"

type operation struct {
	ctx  context.Context // want "a context in a struct"
	stop context.CancelFunc
	dial func(ctx context.Context) error
}

type embedded struct {
	context.Context // want "a context in a struct"
}

type runner interface {
	Run(ctx context.Context) error
}
