package cli

import "errors"

// Path is a flag's value: the name of a file or folder. An empty one, such as that of a variable
// that is not set, is a mistake and not the same as no flag.
type Path string

// Set takes a path that is not empty.
func (p *Path) Set(text string) error {
	if text == "" {
		return errors.New("the path is empty")
	}
	*p = Path(text)
	return nil
}

// String returns the path.
func (p *Path) String() string { return string(*p) }

// Type returns what help shows for the value, as for any text.
func (*Path) Type() string { return "string" }
