package scenarios

import (
	"strconv"
	"strings"

	"pop3mtm/fakeserver"
)

// View is what sessions see of their mailbox other than it is: exactly one of these, and perhaps
// when.
type View struct {
	// Only the first messages, so many.
	Oldest int `json:"oldest,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// Only the last messages, so many.
	Newest int `json:"newest,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// The last message first.
	Reversed bool `json:"reversed,omitempty"`
	// Sizes rounded up to a multiple of so many octets.
	RoundedTo Size `json:"roundedTo,omitempty"`
	// Sizes without the CR of each line end.
	CountedInLF bool `json:"countedInLF,omitempty"`
	// Sizes of what follows the header alone.
	CountedWithoutHeader bool `json:"countedWithoutHeader,omitempty"`
	// Other unique-ids: a text in which {uid}, {number} and {session} stand for what they are.
	UIDL Octets `json:"uidl,omitempty"`
	// Only in this named state.
	When string `json:"when,omitempty"`
}

// Action is something that is done when a command comes: exactly one of these.
type Action struct {
	// Mail comes.
	Add []Mail `json:"add,omitempty"`
	// Messages with these unique-ids are gone.
	Remove []string `json:"remove,omitempty"`
	// Another message in the place of that with the same unique-id.
	Replace []Mail `json:"replace,omitempty"`
	// All unique-ids change: this is put behind each.
	RenewUIDs string `json:"renewUIDs,omitempty"`
	// The last message comes first.
	Reverse bool `json:"reverse,omitempty"`
	// The session sees its mailbox as it is now. Without it the next session does.
	Reload bool `json:"reload,omitempty"`
	// Messages that are marked by DELE are gone now, without QUIT, and the numbers behind them
	// become less.
	Expunge bool `json:"expunge,omitempty"`
	// What the client has sent behind this command is thrown away.
	LosePipelined bool `json:"losePipelined,omitempty"`
}

// Deletes says which messages go when a session ends.
type Deletes string

// The values of Deletes.
const (
	Marked     Deletes = "marked"       // by DELE, and QUIT
	Read       Deletes = "read"         // by RETR too, and QUIT
	ReadAtOnce Deletes = "read-at-once" // by RETR, whether QUIT follows or not
	Nothing    Deletes = "nothing"      // though DELE is answered with +OK
	AllOnDrop  Deletes = "all-on-drop"  // when the line drops
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

// wrong says why there cannot be such a view.
func (v View) wrong() string {
	v.When = ""
	if given(v) != 1 {
		return "a view is exactly one of oldest, newest, reversed, roundedTo, countedInLF, countedWithoutHeader and uidl, and perhaps when"
	}
	return ""
}

// view is v for the server. It was checked.
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
		return "an action is exactly one of " + strings.Join(words(a), ", ")
	}
	return ""
}

// action returns a for the server. It was checked, and its mail is there.
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
