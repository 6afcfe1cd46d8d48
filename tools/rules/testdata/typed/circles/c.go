package circles

func (o *other) more(n int) int { return n + len((&hub{}).name()) }

func (h *hub) name() string { return "" }
