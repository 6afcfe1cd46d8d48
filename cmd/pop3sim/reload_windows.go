package main

import "context"

// reloads does nothing, since Windows has no SIGHUP.
func (*simulator) reloads(context.Context) (stop func()) { return func() {} }
