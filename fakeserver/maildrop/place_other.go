//go:build !unix

package maildrop

import (
	"errors"
	"os"
)

// Windows cannot remove a directory that is open.
const looksFromFolders = false

func lookFrom(*os.File, string) (stamp, error) { return stamp{}, errors.ErrUnsupported }
