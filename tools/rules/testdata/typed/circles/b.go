package circles

type other struct{ n int }

func (o *other) twice() int { return o.more(o.n) }
