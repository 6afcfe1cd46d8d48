//go:build !unix

package maildrop

import (
	"errors"
	"os"
)

// An open folder of Windows could not be removed.
const looksFromFolders = false

func lookFrom(*os.File, string) (stamp, error) { return stamp{}, errors.ErrUnsupported }
