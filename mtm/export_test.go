package mtm

// Matches reports whether a text contains what f looks for.
func Matches(f *Finder, text string) bool { return f.match.MatchString(text) }
