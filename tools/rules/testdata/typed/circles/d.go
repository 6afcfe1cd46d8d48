package circles

func alone() int { return (&other{n: 1}).twice() }

var _ = alone
