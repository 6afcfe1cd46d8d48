// Package progress describes the progress of an MTM operation: its phase and a snapshot of its
// counts, with the numbers of the original (behaviour section 9).
package progress

import "strconv"

// Phase is what an operation is doing. The numbers are the original's progress states (behaviour
// section 9).
type Phase int

// The phases, with the original's numbers. Composing is an addition; the original's progress of
// writing a message is only the message's id.
const (
	Refreshing           Phase = 0
	Copying              Phase = 1
	Deleting             Phase = 2
	Connecting           Phase = 3
	Tidying              Phase = 4
	ConnectedAndIdle     Phase = 5
	Disconnecting        Phase = 6
	Disconnected         Phase = 7
	Moving               Phase = 8
	CopyNewMail          Phase = 9
	MoveNewMail          Phase = 10
	CopyMailSelection    Phase = 11
	MoveMailSelection    Phase = 12
	CopyAllMail          Phase = 13
	MoveAllMail          Phase = 14
	Populating           Phase = 15
	CancellingOfflineOps Phase = 16
	TopPopulating        Phase = 17
	Composing            Phase = 18
)

// String returns the phase in lower-case words, or "phase N" for an unknown number.
func (p Phase) String() string {
	switch p {
	case Refreshing:
		return "refreshing"
	case Copying:
		return "copying"
	case Deleting:
		return "deleting"
	case Connecting:
		return "connecting"
	case Tidying:
		return "tidying"
	case ConnectedAndIdle:
		return "connected and idle"
	case Disconnecting:
		return "disconnecting"
	case Disconnected:
		return "disconnected"
	case Moving:
		return "moving"
	case CopyNewMail:
		return "copy new mail"
	case MoveNewMail:
		return "move new mail"
	case CopyMailSelection:
		return "copy mail selection"
	case MoveMailSelection:
		return "move mail selection"
	case CopyAllMail:
		return "copy all mail"
	case MoveAllMail:
		return "move all mail"
	case Populating:
		return "populating"
	case CancellingOfflineOps:
		return "cancelling offline operations"
	case TopPopulating:
		return "top-populating"
	case Composing:
		return "composing"
	}
	return "phase " + strconv.Itoa(int(p))
}
