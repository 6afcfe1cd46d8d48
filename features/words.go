package features

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

// subjects returns the subjects in a {list}: quoted subjects, or "nothing".
func subjects(list string) []string {
	found := []string{}
	for _, m := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(list, -1) {
		found = append(found, m[1])
	}
	return found
}

// parts returns the values of {part}, with the command that each is on the wire.
func parts() map[string]string {
	return map[string]string{
		"abilities":     "CAPA",
		"connection":    "CONNECT",
		"protection":    "STLS",
		"handshake":     "TLS",
		"login":         "AUTH",
		"proof":         "RESPONSE",
		"user name":     "USER",
		"password":      "PASS",
		"secure login":  "APOP",
		"message count": "STAT",
		"message list":  "LIST",
		"message names": "UIDL",
		"deletions":     "DELE",
		"goodbye":       "QUIT",
	}
}

func partNames() []string { return slices.Sorted(maps.Keys(parts())) }

const protectTheLine = "protect the line"

// abilities returns the values of {ability}, with the optional commands and capabilities that each
// means.
func abilities() map[string]string {
	return map[string]string{
		"hide the password":             "APOP",
		"name its messages":             "UIDL",
		"send headers alone":            "TOP",
		"take several requests at once": "PIPELINING",
		"say what it can do":            "CAPA",
		protectTheLine:                  "STLS",
	}
}

func abilityNames() []string { return slices.Sorted(maps.Keys(abilities())) }

// answers returns the values of {answer}, with the edit that each means. Those of
// rows leave a reply of one line and an empty list as they are.
func answers() map[string]edit.Edit {
	return map[string]edit.Edit{
		"nonsense":                      edit.Raw("what is it?\r\n"),
		"a prompt that nobody knows":    edit.Raw("+ V2hvIGFyZSB5b3U/\r\n"),
		"a count that is too high":      edit.Raw("+OK 30 1000\r\n"),
		"one message missing":           edit.DropRow(1),
		"one message twice":             edit.DoubleRow(1),
		"a row that cannot be read":     edit.ReplaceRow(1, "NaN"),
		"the messages in another order": edit.ReverseRows(),
		"the wrong password as reason":  edit.Refuse("[AUTH] no"),
		"a locked mailbox as reason":    edit.Refuse("[IN-USE] no"),
		"haste as reason":               edit.Refuse("[LOGIN-DELAY] no"),
		"a fault of its own as reason":  edit.Refuse("[SYS/TEMP] no"),
	}
}

func answerNames() []string { return slices.Sorted(maps.Keys(answers())) }

// The values of {login}, besides those with the name of a mechanism.
const (
	bestLogin   = "the best login"
	plainLogin  = "the plain login"
	secureLogin = "the secure login"
	namedLogin  = "the login "
)

const loginPattern = bestLogin + "|" + plainLogin + "|" + secureLogin + "|" + namedLogin + "[A-Z0-9-]+"

// loginMethod returns the auth setting that a {login} means.
func loginMethod(login string) account.Auth {
	switch login {
	case bestLogin:
		return account.Auto
	case plainLogin:
		return account.UserPass
	case secureLogin:
		return account.APOP
	}
	return account.Auth(strings.ToLower(strings.TrimPrefix(login, namedLogin)))
}

// loginCommand returns the command that a session with a {login} has in its transcript.
func loginCommand(login string) string {
	switch login {
	case plainLogin:
		return "USER "
	case secureLogin:
		return "APOP "
	}
	return "AUTH " + strings.TrimPrefix(login, namedLogin)
}

// numberIn returns the number in a phrase.
func numberIn(phrase string) int {
	n := 0
	for _, digit := range regexp.MustCompile(`\d`).FindAllString(phrase, -1) {
		n = n*10 + int(digit[0]-'0')
	}
	return n
}

// Fixed phrases in steps.
const (
	allMessages  = "all messages"
	plentyOfRoom = "plenty of room"
	noFolder     = "a folder that is not there"
	nobodyKnows  = "knows the server's name"
)

const (
	whichPattern   = `(?:new|selected|all) messages`
	commandPattern = `connect(?:, keeping selected messages)?|disconnect|` +
		`(?:copy|move) ` + whichPattern + `, (?:while connected|offline|staying online|then disconnecting)|` +
		`populate (?:\d+ lines? of )?` + whichPattern + `|` +
		`delete selected messages|take back what waits for selected messages|` +
		`ask whether I am connected|ask whether it is busy`
)

// command returns the command that a {command} means, with the settings of the world.
func (w *world) command(words string) (mtm.Command, error) {
	switch words {
	case "connect":
		return mtm.Connect{}, nil
	case "connect, keeping selected messages":
		return mtm.Connect{Keep: slices.Clone(w.selection)}, nil
	case "disconnect":
		return mtm.Disconnect{}, nil
	case "delete selected messages":
		return mtm.Delete{Messages: slices.Clone(w.selection)}, nil
	case "take back what waits for selected messages":
		return mtm.CancelOffline{Messages: slices.Clone(w.selection)}, nil
	case "ask whether I am connected":
		return mtm.IsConnected{}, nil
	case "ask whether it is busy":
		return mtm.Busy{}, nil
	}
	if strings.HasPrefix(words, "populate") {
		return w.populate(words), nil
	}
	return w.getMail(words)
}

// which returns the messages that a command is about, and the selection for selected messages.
func (w *world) which(words string) (mtm.Which, []store.ID) {
	switch {
	case strings.Contains(words, "new messages"):
		return mtm.New, nil
	case strings.Contains(words, "all messages"):
		return mtm.All, nil
	}
	return mtm.Selection, append([]store.ID{}, w.selection...)
}

func (w *world) populate(words string) mtm.Command {
	p := mtm.Populate{MaxSize: w.maxSize}
	p.Which, p.Messages = w.which(words)
	if p.Top = strings.Contains(words, " of "); p.Top {
		p.Lines = numberIn(words)
	}
	return p
}

func (w *world) getMail(words string) (mtm.Command, error) {
	form := regexp.MustCompile(`^(copy|move) .*, (.*)$`).FindStringSubmatch(words)
	if form == nil {
		return nil, fmt.Errorf("unknown command %q; features/STEPS.md lists the commands", words)
	}
	get := mtm.GetMail{
		Take: map[string]mtm.Take{"copy": mtm.Copy, "move": mtm.Move}[form[1]],
		Link: map[string]mtm.Link{
			"while connected": mtm.WhileConnected, "offline": mtm.WhileConnected, "staying online": mtm.StayOnline, "then disconnecting": mtm.ThenDisconnect,
		}[form[2]],
		Into: w.into, MaxSize: w.maxSize,
	}
	get.Which, get.Messages = w.which(words)
	return get, nil
}
