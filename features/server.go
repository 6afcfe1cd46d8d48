package features

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
)

// serverSteps say what the server has and does, and what it has at the end.
func (w *world) serverSteps() []step {
	return []step{
		{"the mailbox holds {list}", "what the server has from the start", `the mailbox holds "Lunch", "Invoice" and "Photos"`, w.mailboxHolds},
		{"the mailbox holds {int} messages", `as many small ones, "Message 1" and so on`, `the mailbox holds 250 messages`, w.mailboxHoldsMany},
		{"the mailbox holds {text} of {int} KB", "a message of about that size (KB = 1,024 octets)", `the mailbox holds "Photos" of 300 KB`, w.mailboxHoldsLarge},
		{"{list} arrive(s) in the mailbox", "mail that comes later", `"Photos" arrives in the mailbox`, w.mailboxHolds},
		{"another program deletes {list}", "gone from the server between two connections", `another program deletes "Lunch"`, w.deletedElsewhere},
		{"another program opens the mailbox", "it stays connected, and the mailbox is locked", `another program opens the mailbox`, w.opensElsewhere},
		{"another program leaves the mailbox", "it disconnects", `another program leaves the mailbox`, w.leavesElsewhere},
		{"the server cannot {ability}", "what the server lacks; before the first connect", `the server cannot name its messages`, w.serverLacks},
		{"nobody answers at the server's address", "the address is right, but no server is running", `nobody answers at the server's address`, w.nobodyAnswers},
		{"nobody knows the server's name", "the host name does not resolve", `nobody knows the server's name`, w.nobodyKnows},
		{"the server once refuses the {part}", "one refusal in that part of a session; then all is well", `the server once refuses the password`, w.refusesPart},
		{"the server once refuses to {act} {list}", "the next request for each message; to show is to give the header", `the server once refuses to send "Invoice"`, w.refusesMessages},
		{"the server once answers the {part} with nonsense", "what no server should say", `the server once answers the message list with nonsense`, w.talksNonsense},
		{"the line breaks once at the {part}", "instead of an answer", `the line breaks once at the password`, w.breaksAtPart},
		{"the line breaks once in the {spot} of {text}", "a part of it has come; headers come at the next connect", `the line breaks once in the middle of "Invoice"`, w.breaksInMessage},
		{"the server falls silent at the {part}", "it does not answer until the client gives up", `the server falls silent at the password`, w.silentAtPart},
		{"the server falls silent in the {spot} of {text}", "a part of it has come; headers come at the next connect", `the server falls silent in the middle of "Photos"`, w.silentInMessage},
		{"the server holds {list}", "exactly these, once the session has ended", `the server holds "Lunch" and "Photos"`, w.serverHolds},
		{"the server heard {heard} goodbye", "how the newest session ended; without a goodbye the server forgets deletions", `the server heard a goodbye`, w.heardGoodbye},
		{"the server sent no message twice", "over all sessions; broken ones do not count", `the server sent no message twice`, w.sentNoneTwice},
	}
}

func (w *world) mailboxHolds(list string) error {
	for _, subject := range subjects(list) {
		if err := w.deliver(subject, smallLetter); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mailboxHoldsMany(count int) error {
	for n := 1; n <= count; n++ {
		if err := w.deliver(fmt.Sprintf("Message %d", n), smallLetter); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) mailboxHoldsLarge(subject string, kilobytes int) error {
	return w.deliver(subject, kilobytes<<10)
}

func (w *world) deliver(subject string, octets int) error {
	if _, taken := w.letters[subject]; taken {
		return fmt.Errorf("there is a message %q already; give each one a subject of its own", subject)
	}
	l := newLetter(len(w.letters)+1, subject, octets)
	w.letters[subject] = l
	return w.drop.Deliver(l)
}

func (w *world) deletedElsewhere(list string) error {
	var uids []string
	for _, subject := range subjects(list) {
		uids = append(uids, w.letter(subject).UID())
	}
	return w.drop.Remove(uids...)
}

func (w *world) opensElsewhere(ctx context.Context) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	id, err := mtm.AddAccount(ctx, w.store, "elsewhere", w.settings)
	if err != nil {
		return err
	}
	if w.other, err = mtm.Open(w.store, id, &mtm.Options{Dial: w.lines.dial}); err != nil {
		return err
	}
	return w.other.InvokeSync(ctx, mtm.Connect{})
}

func (w *world) leavesElsewhere(ctx context.Context) error {
	w.Expect(w.other).NotTo(gomega.BeNil(), "no other program has opened the mailbox")
	return w.other.InvokeSync(ctx, mtm.Disconnect{})
}

func (w *world) serverLacks(ability string) error {
	if w.server != nil {
		return errors.New("the server runs already; say what it cannot do before the first step that uses it")
	}
	w.options.Without = append(w.options.Without, abilities()[ability])
	return nil
}

// nobodyAnswers points the account at the port of tcpmux, a service that nobody
// runs any more.
func (w *world) nobodyAnswers(ctx context.Context) error {
	return w.change(ctx, func(p *account.POP3) { p.Port = 1 })
}

func (w *world) nobodyKnows() {
	w.lines.fail(&net.DNSError{Err: "no such host", Name: "mail.invalid", IsNotFound: true})
}

// fault makes the server's next answer to the command wrong; a scenario in which
// it does not come to that fails.
func (w *world) fault(ctx context.Context, match fakeserver.Match, edit fakeserver.Edit) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	w.server.On(match, fakeserver.Auto.With(edit)).Once().Must()
	return nil
}

// number is the message's number in the next session.
func (w *world) number(subject string) string {
	n := slices.Index(w.drop.UIDs(), w.letter(subject).UID()) + 1
	w.Expect(n).NotTo(gomega.BeZero(), "the mailbox holds no %q now", subject)
	return strconv.Itoa(n)
}

// letter is the message with that subject, whether it is on the server or gone.
func (w *world) letter(subject string) letter {
	l, known := w.letters[subject]
	w.Expect(known).To(gomega.BeTrue(), "no step has brought a message %q", subject)
	return l
}

func (w *world) refusesPart(ctx context.Context, part string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, fakeserver.Refuse("not now"))
}

func (w *world) refusesMessages(ctx context.Context, act, list string) error {
	for _, subject := range subjects(list) {
		for _, match := range w.requests(act, subject) {
			if err := w.fault(ctx, match, fakeserver.Refuse("cannot read that message")); err != nil {
				return err
			}
		}
	}
	return nil
}

// requests are what a client asks for a message in order to do an act. A header is
// asked for as one line of text (behaviour section 4), and as a whole message by a
// client that is refused that.
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

func (w *world) talksNonsense(ctx context.Context, part string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, fakeserver.Raw("what is it?\r\n"))
}

// The line breaks after what was sent has arrived, so that a scenario has one
// outcome; specs and scenario files of the server cover resets.
func (w *world) breaksAtPart(ctx context.Context, part string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, fakeserver.CutAfter(0, fakeserver.Close))
}

func (w *world) breaksInMessage(ctx context.Context, spot, subject string) error {
	match, octets := w.spot(spot, subject)
	return w.fault(ctx, match, fakeserver.CutAfter(octets, fakeserver.Close))
}

// spot is what a client asks for a message, and how much of the answer comes.
func (w *world) spot(spot, subject string) (fakeserver.Match, int64) {
	switch spot {
	case "header":
		return w.requests("show", subject)[0], 60
	case "deletion":
		return w.requests("delete", subject)[0], 0
	}
	return w.requests("send", subject)[0], w.letter(subject).Size() / 2
}

func (w *world) silentAtPart(ctx context.Context, part string) error {
	return w.fault(ctx, fakeserver.Match{Verb: parts()[part]}, w.fallSilent().after(0))
}

func (w *world) silentInMessage(ctx context.Context, spot, subject string) error {
	match, octets := w.spot(spot, subject)
	return w.fault(ctx, match, w.fallSilent().after(octets))
}

// fallSilent makes a silence that ends with the client's connection.
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
	for _, uid := range w.drop.UIDs() {
		held = append(held, w.subject(uid))
	}
	w.Expect(held).To(gomega.ConsistOf(subjects(list)))
	return nil
}

// subject is the name by which a scenario knows a unique-id.
func (w *world) subject(uid string) string {
	for subject, l := range w.letters {
		if l.UID() == uid {
			return subject
		}
	}
	return uid
}

func (w *world) heardGoodbye(ctx context.Context, heard string) error {
	err := errors.Join(w.ready(ctx), w.settled(ctx))
	sessions := w.server.Transcripts()
	w.Expect(sessions).NotTo(gomega.BeEmpty(), "no session yet")
	newest := gomega.ContainSubstring("C: QUIT")
	if heard == "no" {
		newest = gomega.Not(newest)
	}
	w.Expect(sessions[len(sessions)-1].String()).To(newest)
	return err
}

func (w *world) sentNoneTwice() {
	w.Expect(w.sent.twice()).To(gomega.BeEmpty())
}
