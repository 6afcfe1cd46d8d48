package cli

import "errors"

// Path is the value of a flag: the path of a file or a directory. An empty path is an error, since
// it usually comes from a variable that is not set.
type Path string

// Set sets the path. It returns an error for an empty one.
func (p *Path) Set(text string) error {
	if text == "" {
		return errors.New("the path is empty")
	}
	*p = Path(text)
	return nil
}

// String returns the path.
func (p *Path) String() string { return string(*p) }

// Type returns the word that help shows for the value.
func (*Path) Type() string { return "string" }
