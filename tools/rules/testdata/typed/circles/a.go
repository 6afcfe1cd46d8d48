package circles

type hub struct{ b *other }
