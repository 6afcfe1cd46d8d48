package features

import (
	"regexp"
	"strings"
)

// group holds the steps of one file.
type group struct {
	title string
	steps []step
}

// groups returns the whole table, in the order of STEPS.md.
func (w *world) groups() []group {
	return []group{
		{"The server", w.serverSteps()},
		{"Getting mail", w.mailSteps()},
		{"The account and the message store", w.storeSteps()},
		{"Writing mail", w.outboxSteps()},
		{"Sending mail", w.sendingSteps()},
	}
}

// steps returns the steps of all groups.
func (w *world) steps() []step {
	var all []step
	for _, g := range w.groups() {
		all = append(all, g.steps...)
	}
	return all
}

// runs returns what the steps do, in the order of steps, with the client of the scenario.
func (w *world) runs() []any {
	var all []any
	for _, g := range w.groups() {
		for _, s := range g.steps {
			if w.other != nil {
				s.run = w.instead(s)
			}
			all = append(all, s.run)
		}
	}
	return all
}

// placeholder is a name in braces that stands for a value in a pattern.
type placeholder struct {
	name       string
	expression string // with one group, the value
	about      string
}

func placeholders() []placeholder {
	return []placeholder{
		{"{list}", `(nothing|"[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?)`, "subjects: `\"Lunch\"`, `\"Lunch\", \"Invoice\" and \"Photos\"`, or `nothing`"},
		{"{text}", `"([^"]*)"`, "text in quotes"},
		{"{int}", `(\d+)`, "a number"},
		{"{number}", `(-?\d+)`, "a number that may be negative"},
		oneOf("{who}", "the last command, the command that I began, or the connection while no command uses it", it, whatIBegan, theConnection),
		oneOf("{state}", "a state of an account", "connected", "offline"),
		oneOf("{flag}", "a flag of a message", "new", "unread"),
		oneOf("{heard}", "whether there was a goodbye", "a", "no"),
		oneOf("{could}", "whether it was possible", "could", "could not"),
		oneOf("{request}", "what a client requests: a message, or its header", "sent", "shown"),
		{"{sequence}", `(no (?:message|header) twice|"[^"]*"(?:, "[^"]*")*(?: and "[^"]*")?, in this order)`,
			"`no message twice`, `no header twice`, or all messages: `\"Photos\" and \"Lunch\", in this order`"},
		oneOf("{visit}", "what another program does", "opens", "leaves"),
		oneOf("{absence}", "what fails at the address", "answers at the server's address", nobodyKnows),
		oneOf("{handle}", "what the user does with an entry", "read", "remove", "prune"),
		oneOf("{act}", "what the server is asked to do", "send", "show", "delete"),
		oneOf("{part}", "a part of a session", partNames()...),
		oneOf("{ability}", "what a server may lack", abilityNames()...),
		oneOf("{answer}", "what a server may answer", answerNames()...),
		oneOf("{certificate}", "the state of a certificate", "trusted", forAnotherName, expired, signedByNobody),
		oneOf("{protection}", "when a connection becomes protected", "on request", "from the start"),
		{"{where}", `(at the (?:` + strings.Join(partNames(), "|") + `)|in the (?:middle|header|deletion) of "[^"]*")`,
			"`at the PART`, a part of a session as above, or `in the middle of`, `in the header of` or `in the deletion of` and a subject"},
		{"{network}", `(|` + staysUp + `)`, "nothing, or `" + staysUp + "`"},
		{"{login}", `(` + loginPattern + `)`, "`" + bestLogin + "` that the server offers, `" + plainLogin + "`, `" + secureLogin + "`, or `" +
			namedLogin + "NAME`"},
		{"{extent}", `(` + allMessages + `|the newest \d+ messages?)`, "`all messages`, or `the newest 2 messages`"},
		{"{room}", `(` + plentyOfRoom + `|room for \d+ KB)`, "`plenty of room`, or `room for 100 KB`"},
		{"{folder}", `(` + noFolder + `|the folder "[^"]*")`, "`the folder \"NAME\"`, or `" + noFolder + "`"},
		{"{measure}", `(a part of "[^"]*"|the size of "[^"]*"(?:, "[^"]*")*(?: and "[^"]*")? together)`,
			"`a part of \"Lunch\"`, or `the size of \"Lunch\" and \"Invoice\" together`"},
		{"{place}", `(Inbox|Outbox|Drafts|Sent|mailbox|folder "[^"]*")`, "`Inbox`, `Outbox`, `Drafts`, `Sent`, `mailbox` (the account's entries), or `folder \"NAME\"`"},
		{"{sending}", `(` + strings.Join([]string{sendWaiting, sendAtOnce, sendNamed}, "|") + `)`, "`" + sendWaiting + "`; `I send \"Plan\" whatever waits`, " +
			"in whatever state it is; or `" + sendAtOnce + "`, three at the same time"},
		{"{refusal}", `(` + strings.Join(refusalNames(), "|") + `|refuses "[^"]*")`, "`" + strings.Join(refusalNames(), "`, `") + "`, or `refuses \"ADDRESS\"`, a recipient"},
		{"{piece}", `(` + piecePattern + `)`, "what a person writes: `a new message`, `a reply to \"Lunch\"`, `a reply to all of \"Lunch\"`, `\"Lunch\" on`, " +
			"`\"Lunch\" on as an attachment`, `a receipt for \"Lunch\"`; the original is in the Inbox"},
		{"{command}", `(` + commandPattern + `)`, "`connect`, `connect, keeping selected messages`, `disconnect`; one of the eighteen forms: `copy` or `move`, " +
			"`new`, `selected` or `all`, `messages,` and `while connected` (or `offline`, where it waits), `staying online` or `then disconnecting`; `populate` and " +
			"which messages, or `populate 10 lines of` and which; `delete selected messages`, `take back what waits for selected messages`; " +
			"`ask whether I am connected`, `ask whether it is busy`"},
	}
}

func oneOf(name, about string, words ...string) placeholder {
	return placeholder{name, "(" + strings.Join(words, "|") + ")", about + ": `" + strings.Join(words, "`, `") + "`"}
}

// expression returns a step's pattern as a regular expression.
func (s step) expression() *regexp.Regexp {
	var pairs []string
	for _, p := range placeholders() {
		pairs = append(pairs, p.name, p.expression)
	}
	pairs = append(pairs, "(s)", "s?", "(", `\(`, ")", `\)`)
	return regexp.MustCompile("^" + strings.NewReplacer(pairs...).Replace(s.pattern) + "$")
}
