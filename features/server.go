package features

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/scenarios"
)

// serverSteps returns the steps about what the server has, what it does, and what it has at the
// end.
func (w *world) serverSteps() []step {
	return []step{
		{"the mailbox holds {list}", "the messages on the server at the start", `the mailbox holds "Lunch", "Invoice" and "Photos"`, w.mailboxHolds},
		{"the mailbox holds {int} messages", `this number of small messages, "Message 1" and so on`, `the mailbox holds 250 messages`, w.mailboxHoldsMany},
		{"the mailbox holds {text} of {int} KB", "a message of about that size (KB = 1,024 octets)", `the mailbox holds "Photos" of 300 KB`, w.mailboxHoldsLarge},
		{"the mailbox holds these messages:", "a row for each: subject, and optionally sender, date (RFC 3339), arrived (the date at which a server received it), to, cc, answers to (Reply-To), " +
			"lines (of text), names (its unique-id on the server) and with, a list: " + strings.Join(extraNames(), ", "),
			"the mailbox holds these messages:\n| subject | lines | with                  |\n| Party   | 40    | calendar, attachment  |", w.mailboxHoldsThese},
		{"the server plays the scenario {text}", "a built-in scenario or a file, with its mail and users; its expectations are checked at the end (docs/scenarios.md); must be the first step",
			`the server plays the scenario "retr-refused#words"`, w.playsScenario},
		{"the scenario's expectations are met", "those that the file has for every client, as a step of their own; without this step they are checked after the last one", `the scenario's expectations are met`, w.expectationsMet},
		{"{list} arrive(s) in the mailbox", "mail that arrives later", `"Photos" arrives in the mailbox`, w.mailboxHolds},
		{"another program deletes {list}", "the messages are removed from the server between two connections", `another program deletes "Lunch"`, w.deletedElsewhere},
		{"another program {visit} the mailbox", "the mailbox is locked until that program leaves", `another program opens the mailbox`, w.visitedElsewhere},
		{"another program {visit} the account", "that program has the same store, and holds the mailbox until it leaves", `another program opens the account`, w.visitedHere},
		{"the server cannot {ability}", "a capability that the server lacks; before the first connect", `the server cannot name its messages`, w.serverLacks},
		{"the server offers the logins {list}", "login methods besides the plain and the secure one; before the first connect", `the server offers the logins "CRAM-MD5" and "PLAIN"`, w.serverOffers},
		{"the server's certificate is {certificate}", "the certificate that it presents on a protected connection; before the first connect", `the server's certificate is expired`, w.certificateIs},
		{"nobody {absence}", "no server runs at the address, or the host name does not resolve", `nobody answers at the server's address`, w.nobody},
		{"the server once refuses the {part}", "one refusal in that part of a session; after that the server is correct", `the server once refuses the password`, w.refusesPart},
		{"the server once refuses to {act} {list}", "the next request for each message; to show means to send the header", `the server once refuses to send "Invoice"`, w.refusesMessages},
		{"the server once answers the {part} with {answer}", "an invalid answer, or a refusal with a reason", `the server once answers the message list with nonsense`, w.answersWrong},
		{"the line breaks once {where}{network}", "the connection ends instead of an answer, or after a part of it; headers are sent at the next connect; no other connection is accepted before the next command, or the running one can continue over another at once", `the line breaks once in the middle of "Invoice"`, w.breaks},
		{"the line breaks whenever {text} is {request}", "each time the message is sent, or its header is sent (shown)", `the line breaks whenever "Invoice" is sent`, w.breaksAlways},
		{"the line breaks while nothing happens", "the server drops a connection that no command uses", `the line breaks while nothing happens`, w.breaksIdle},
		{"the server falls silent {where}", "it does not answer, or not completely, until the client gives up; no other connection is accepted before the next command", `the server falls silent at the password`, w.silent},
		{"the server holds {list}", "exactly these messages, after the session has ended", `the server holds "Lunch" and "Photos"`, w.serverHolds},
		{"the server heard {heard} goodbye", "whether the latest session ended with QUIT; without a goodbye the server forgets deletions", `the server heard a goodbye`, w.heardGoodbye},
		{"the server sent {sequence}", "in all sessions; broken transfers do not count", `the server sent no message twice`, w.serverSent},
		{"the newest session used {login}", "the login method of the latest session", `the newest session used the login CRAM-MD5`, w.sessionUsed},
		{"the password {could} be read on the way", "by somebody who saw everything that the program sent; the same for the token", `the password could not be read on the way`, w.passwordRead},
	}
}

func (w *world) mailboxHolds(list string) error {
	for _, subject := range subjects(list) {
		if err := w.deliver(sketch{subject: subject}); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mailboxHoldsThese(table *godog.Table) error {
	for _, row := range rows(table) {
		s, err := sketchOf(row)
		if err == nil {
			err = w.deliver(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mailboxHoldsMany(count int) error {
	for n := 1; n <= count; n++ {
		if err := w.deliver(sketch{subject: fmt.Sprintf("Message %d", n)}); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mailboxHoldsLarge(subject string, kilobytes int) error {
	return w.deliver(sketch{subject: subject, octets: kilobytes << 10})
}

func (w *world) deliver(s sketch) error {
	if _, taken := w.letters[s.subject]; taken {
		return fmt.Errorf("there is a message %q already; give each message a subject of its own", s.subject)
	}
	l := newLetter(len(w.letters)+1, s)
	w.letters[s.subject] = l
	return w.drop.Deliver(l)
}

// playsScenario creates a server that plays a scenario, with its mail and its users. At the end the
// harness checks the scenario's expectations.
func (w *world) playsScenario(name string) error {
	if len(w.letters) > 0 {
		return errors.New("the mailbox holds mail already; a scenario brings its own: let it be the first step")
	}
	s, err := scenarios.Load(name)
	if err != nil {
		return err
	}
	return errors.Join(w.early(), w.stage(s))
}

func (w *world) deletedElsewhere(list string) error {
	var uids []string
	for _, subject := range subjects(list) {
		uids = append(uids, w.letter(subject).UID())
	}
	return w.drop.Remove(uids...)
}

func (w *world) visitedElsewhere(ctx context.Context, visit string) error {
	if visit == "opens" {
		return w.opensElsewhere(ctx)
	}
	w.Expect(w.visitor).NotTo(gomega.BeNil(), "no other program has opened the mailbox")
	return w.visitor.InvokeSync(ctx, mtm.Disconnect{})
}

func (w *world) opensElsewhere(ctx context.Context) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	id, err := mtm.AddAccount(ctx, w.store, "elsewhere", w.settings)
	if err != nil {
		return err
	}
	if w.visitor, err = mtm.Open(w.store, id, &mtm.Options{Dial: w.lines.dial}); err != nil {
		return err
	}
	return w.visitor.InvokeSync(ctx, mtm.Connect{})
}

// visitedHere opens or closes another client of the same account in this store.
func (w *world) visitedHere(ctx context.Context, visit string) error {
	if visit == "leaves" {
		return w.visitedElsewhere(ctx, visit)
	}
	if err := w.ready(ctx); err != nil {
		return err
	}
	var err error
	if w.visitor, err = mtm.Open(w.store, w.account, &mtm.Options{Dial: w.lines.dial}); err != nil {
		return err
	}
	return w.visitor.InvokeSync(ctx, mtm.Connect{})
}

// early returns an error when it is too late to change the server.
func (w *world) early() error {
	if w.server != nil {
		return errors.New("the server runs already; move this step before the first step that uses the server")
	}
	return nil
}

func (w *world) serverLacks(ability string) error {
	w.options.Without = append(w.options.Without, abilities()[ability])
	return w.early()
}

func (w *world) serverOffers(list string) error {
	w.options.Mechanisms = subjects(list)
	return w.early()
}

func (w *world) certificateIs(certificate string) error {
	w.certificate = certificate
	return w.early()
}

// nobody points the account to an address without a server, or makes its host name unknown.
func (w *world) nobody(ctx context.Context, absence string) error {
	if absence == nobodyKnows {
		w.lines.fail(&net.DNSError{Err: "no such host", Name: "mail.invalid", IsNotFound: true})
		return nil
	}
	return w.change(ctx, func(p *account.POP3) { p.Port = nowhere })
}

// fault makes the server's next answer to the command wrong. A scenario without such a command
// fails.
func (w *world) fault(ctx context.Context, match fakeserver.Match, edit edit.Edit) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	w.server.On(match, fakeserver.Auto.With(edit)).Once().Must()
	return nil
}

// number returns the number that a message has in the next session.
func (w *world) number(subject string) string {
	n := slices.Index(w.drop.UIDs(), w.letter(subject).UID()) + 1
	w.Expect(n).NotTo(gomega.BeZero(), "the mailbox does not hold %q now", subject)
	return strconv.Itoa(n)
}

// letter returns the message with a subject, whether it is still on the server or not.
func (w *world) letter(subject string) letter {
	l, known := w.letters[subject]
	w.Expect(known).To(gomega.BeTrue(), "no step has brought a message %q", subject)
	return l
}

func (w *world) refusesPart(ctx context.Context, part string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, edit.Refuse("not now"))
}

func (w *world) refusesMessages(ctx context.Context, act, list string) error {
	for _, subject := range subjects(list) {
		for _, match := range w.requests(act, subject) {
			if err := w.fault(ctx, match, edit.Refuse("cannot read that message")); err != nil {
				return err
			}
		}
	}
	return nil
}

// requests returns the commands with which a client asks the server to do an act with a message. It
// asks for a header by TOP with one line of text (behaviour section 4), or by RETR when TOP is
// refused.
func (w *world) requests(act, subject string) []fakeserver.Match {
	number := w.number(subject)
	send := fakeserver.Match{Verb: "RETR", Args: number}
	switch act {
	case "show":
		return []fakeserver.Match{{Verb: "TOP", Args: number + " 1"}, send}
	case "delete":
		return []fakeserver.Match{{Verb: "DELE", Args: number}}
	}
	return []fakeserver.Match{send}
}

func (w *world) answersWrong(ctx context.Context, part, answer string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, answers()[answer])
}

// breaks closes the connection after everything that was sent has arrived, so that a scenario has
// one outcome. Specs and scenario files of the server cover resets.
func (w *world) breaks(ctx context.Context, where, network string) error {
	match, octets := w.spot(where)
	cut := edit.CutAfter(octets, edit.Close)
	return w.fault(ctx, match, func(r edit.Reply) edit.Reply {
		w.lines.goDown(network != staysUp)
		return cut(r)
	})
}

// breaksAlways breaks each connection in which a message or its header is sent, whatever number the
// message has.
func (w *world) breaksAlways(ctx context.Context, subject, what string) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	verb, args := "RETR", ""
	if what == "shown" {
		verb, args = "TOP", " *"
	}
	for n := range len(w.drop.UIDs()) {
		w.server.On(fakeserver.Match{Verb: verb, Args: strconv.Itoa(n+1) + args}, fakeserver.Auto.With(w.cutting(w.letter(subject).UID(), n)))
	}
	return nil
}

// cutting returns an edit that cuts the answer about message n if that message has this unique-id.
func (w *world) cutting(uid string, n int) edit.Edit {
	cut := edit.CutAfter(60, edit.Close)
	return func(r edit.Reply) edit.Reply {
		if list := w.drop.UIDs(); n < len(list) && list[n] == uid {
			return cut(r)
		}
		return r
	}
}

func (w *world) breaksIdle() error { return w.accepted.drop() }

// spot returns the command that a {where} means, and how many octets of the answer are sent.
func (w *world) spot(where string) (fakeserver.Match, int64) {
	if part, ok := strings.CutPrefix(where, "at the "); ok {
		return fakeserver.Match{Verb: parts()[part]}, 0
	}
	spot, _, _ := strings.Cut(strings.TrimPrefix(where, "in the "), " of ")
	subject := subjects(where)[0]
	switch spot {
	case "header":
		return w.requests("show", subject)[0], 60
	case "deletion":
		return w.requests("delete", subject)[0], 0
	}
	return w.requests("send", subject)[0], w.letter(subject).Size() / 2
}

func (w *world) silent(ctx context.Context, where string) error {
	match, octets := w.spot(where)
	cut := w.fallSilent().after(octets)
	return w.fault(ctx, match, func(r edit.Reply) edit.Reply {
		w.lines.goDown(true)
		return cut(r)
	})
}

// fallSilent returns a silence that ends with the client's connection.
func (w *world) fallSilent() *silence {
	w.silence = newSilence()
	w.lines.whenOneEnds(w.silence.end)
	return w.silence
}

func (w *world) serverHolds(ctx context.Context, list string) error {
	if err := w.settled(ctx); err != nil {
		return err
	}
	var held []string
	for _, m := range w.drop.Messages() {
		held = append(held, w.subjectOf(m))
	}
	w.Expect(held).To(gomega.ConsistOf(subjects(list)))
	return nil
}

// subject returns the subject of the message with a unique-id.
func (w *world) subject(uid string) string {
	for subject, l := range w.letters {
		if l.UID() == uid {
			return subject
		}
	}
	return uid
}

// subjectOf returns the subject of a message on the server. It is needed when several messages have
// had the same unique-id.
func (w *world) subjectOf(m maildrop.Message) string {
	for subject, l := range w.letters {
		if l.UID() == m.UID() && l.Size() == m.Size() {
			return subject
		}
	}
	return m.UID()
}

// newestSession returns the transcript of the newest connection.
func (w *world) newestSession(ctx context.Context) string {
	w.Expect(w.ready(ctx)).To(gomega.Succeed())
	w.Expect(w.settled(ctx)).To(gomega.Succeed())
	sessions := w.server.Transcripts()
	w.Expect(sessions).NotTo(gomega.BeEmpty(), "no session yet")
	return sessions[len(sessions)-1].String()
}

func (w *world) heardGoodbye(ctx context.Context, heard string) {
	goodbye := gomega.ContainSubstring("C: QUIT")
	if heard == "no" {
		goodbye = gomega.Not(goodbye)
	}
	w.Expect(w.newestSession(ctx)).To(goodbye)
}

func (w *world) serverSent(sequence string) {
	w.Expect(w.play).To(gomega.BeNil(), "this step does not work with a scenario: use counts in its expectations")
	if twice := regexp.MustCompile(`^no (.*) twice$`).FindStringSubmatch(sequence); twice != nil {
		w.Expect(w.sent.twice(twice[1])).To(gomega.BeEmpty())
		return
	}
	sent := []string{}
	for _, uid := range w.sent.messages() {
		sent = append(sent, w.subject(uid))
	}
	w.Expect(sent).To(gomega.Equal(subjects(sequence)))
}

func (w *world) sessionUsed(ctx context.Context, login string) {
	w.Expect(w.newestSession(ctx)).To(gomega.ContainSubstring("C: " + loginCommand(login)))
}

func (w *world) passwordRead(could string) {
	var read []string
	for _, secret := range []string{Password, rightToken} {
		if w.lines.show(secret) {
			read = append(read, secret)
		}
	}
	if could == "could" {
		w.Expect(read).NotTo(gomega.BeEmpty())
	} else {
		w.Expect(read).To(gomega.BeEmpty())
	}
}
