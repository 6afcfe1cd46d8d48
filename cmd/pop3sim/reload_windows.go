package main

import "context"

// reloads does nothing: Windows has no signal for it.
func (*simulator) reloads(context.Context) (stop func()) { return func() {} }
