//go:build unix && !linux && !darwin

package hold

import (
	"errors"
	"time"
)

func processStart() (time.Time, error) { return time.Time{}, errors.ErrUnsupported }
