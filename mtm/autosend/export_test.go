package autosend

import "io"

// Transmit is transmit without anybody who looks.
func Transmit(to io.Writer, message io.Reader) error {
	return transmit(&lineEnds{to: to}, message, func() error { return nil })
}
