package scenarios

import (
	"strconv"
	"strings"

	"pop3mtm/fakeserver"
)

// View changes how sessions see their mailbox: exactly one of these keys, and optionally when.
type View struct {
	// Only the first messages, up to this number.
	Oldest int `json:"oldest,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// Only the last messages, up to this number.
	Newest int `json:"newest,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// The last message first.
	Reversed bool `json:"reversed,omitempty"`
	// Sizes rounded up to a multiple of this number of octets.
	RoundedTo Size `json:"roundedTo,omitempty"`
	// Sizes without the CR of each line end.
	CountedInLF bool `json:"countedInLF,omitempty"`
	// Sizes of the bodies, without the headers.
	CountedWithoutHeader bool `json:"countedWithoutHeader,omitempty"`
	// Other unique-ids: a text in which {uid}, {number} and {session} are replaced by their values.
	UIDL Octets `json:"uidl,omitempty"`
	// Only in this named state.
	When string `json:"when,omitempty"`
}

// Action is something that the server does when it receives a command: exactly one of these keys.
type Action struct {
	// New mail arrives.
	Add []Mail `json:"add,omitempty"`
	// The messages with these unique-ids are removed.
	Remove []string `json:"remove,omitempty"`
	// Each message replaces the one with the same unique-id.
	Replace []Mail `json:"replace,omitempty"`
	// All unique-ids change: this text is appended to each.
	RenewUIDs string `json:"renewUIDs,omitempty"`
	// The order of the messages is reversed.
	Reverse bool `json:"reverse,omitempty"`
	// The session sees the changed mailbox. Without it only the next session does.
	Reload bool `json:"reload,omitempty"`
	// Messages marked by DELE are removed at once, without QUIT, and the messages after them get
	// lower numbers.
	Expunge bool `json:"expunge,omitempty"`
	// Everything that the client has sent after this command is discarded.
	LosePipelined bool `json:"losePipelined,omitempty"`
}

// Deletes says which messages are deleted when a session ends.
type Deletes string

// The values of Deletes.
const (
	Marked     Deletes = "marked"       // by DELE, and QUIT
	Read       Deletes = "read"         // by RETR too, and QUIT
	ReadAtOnce Deletes = "read-at-once" // by RETR, whether QUIT follows or not
	Nothing    Deletes = "nothing"      // although DELE is answered with +OK
	AllOnDrop  Deletes = "all-on-drop"  // when the connection drops
)

func (Deletes) words() []string {
	return []string{string(Marked), string(Read), string(ReadAtOnce), string(Nothing), string(AllOnDrop)}
}

func (d Deletes) deletes() func(fakeserver.Leaving) bool {
	switch d {
	case Read:
		return fakeserver.DeleteRead
	case ReadAtOnce:
		return fakeserver.DeleteReadAtOnce
	case Nothing:
		return fakeserver.DeleteNothing
	case AllOnDrop:
		return fakeserver.DeleteAllOnDrop
	default:
		return nil
	}
}

// wrong says what is wrong with a view, or returns "".
func (v View) wrong() string {
	v.When = ""
	if given(v) != 1 {
		return "a view needs exactly one of oldest, newest, reversed, roundedTo, countedInLF, countedWithoutHeader and uidl, and optionally when"
	}
	return ""
}

// view returns the server's form of a view that was checked.
func (v View) view() fakeserver.View {
	var made fakeserver.View
	switch {
	case v.Oldest > 0:
		made = fakeserver.Oldest(v.Oldest)
	case v.Newest > 0:
		made = fakeserver.Newest(v.Newest)
	case v.Reversed:
		made = fakeserver.Reversed()
	case v.RoundedTo > 0:
		made = fakeserver.Sized(fakeserver.RoundedTo(int64(v.RoundedTo)))
	case v.CountedInLF:
		made = fakeserver.Sized(fakeserver.CountedInLF)
	case v.CountedWithoutHeader:
		made = fakeserver.Sized(fakeserver.CountedWithoutHeader)
	default:
		made = fakeserver.Named(v.uid)
	}
	if v.When != "" {
		return fakeserver.InState(v.When, made)
	}
	return made
}

func (v View) uid(who fakeserver.Viewer, n int, uid string) string {
	return strings.NewReplacer("{uid}", uid, "{number}", strconv.Itoa(n), "{session}", strconv.Itoa(who.Session)).Replace(string(v.UIDL))
}

func (a Action) wrong() string {
	if given(a) != 1 {
		return "an action needs exactly one of " + strings.Join(words(a), ", ")
	}
	return ""
}

// action returns the server's form of an action that was checked, with its mail loaded.
func (a Action) action() fakeserver.Action {
	switch {
	case a.Add != nil:
		return fakeserver.ChangeMail(fakeserver.AddMail(messages(a.Add)...))
	case a.Remove != nil:
		return fakeserver.ChangeMail(fakeserver.RemoveMail(a.Remove...))
	case a.Replace != nil:
		var changes []fakeserver.Change
		for _, m := range messages(a.Replace) {
			changes = append(changes, fakeserver.ReplaceMail(m.UID(), m))
		}
		return fakeserver.ChangeMail(changes...)
	case a.RenewUIDs != "":
		return fakeserver.ChangeMail(fakeserver.RenewUIDs(a.RenewUIDs))
	case a.Reverse:
		return fakeserver.ChangeMail(fakeserver.ReverseMail())
	case a.Reload:
		return fakeserver.Reload
	case a.Expunge:
		return fakeserver.Expunge
	default:
		return fakeserver.LosePipelined
	}
}

func actions(list []Action) []fakeserver.Action {
	all := make([]fakeserver.Action, len(list))
	for i, a := range list {
		all[i] = a.action()
	}
	return all
}
