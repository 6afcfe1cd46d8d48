package maildrop

// Kept reports whether the octets of a message in a file are kept in memory.
func Kept(m Message) bool {
	file := m.(*fileMessage)
	return file.at.shelf.kept(file.stamp) != nil
}
