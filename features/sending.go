package features

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/onsi/gomega"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/mtm"
	"pop3mtm/mtm/autosend"
	"pop3mtm/mtm/outbox"
	"pop3mtm/mtm/store"
)

// sendingSteps returns the steps about sending messages.
func (w *world) sendingSteps() []step {
	return []step{
		{"mail can be sent", "there is an SMTP server that accepts everything, and the account's settings name it", `mail can be sent`, w.canSend},
		{"the server for sending {refusal}", "once: the next time that it would accept", `the server for sending refuses "ben@example.org"`, w.refuses},
		{"{text} in the Outbox is {text}", "a sending state of the original; the user sets suspended by holding a message back, and waiting by releasing it", `"Plan" in the Outbox is "scheduled"`, w.setState},
		{"{sending}", "sends the Outbox now", `I send what waits`, w.sends},
		{"the server for sending got {list}", "exactly these messages, in any order; waits until the sending that a connect started has ended, and closes the program", `the server for sending got "Plan"`, w.got},
	}
}

// refusals returns what the server for sending may do wrong, once, with the commands at which it
// does so.
func refusals() map[string]fakeserver.Match {
	return map[string]fakeserver.Match{
		"refuses the sender": {Verb: "MAIL"}, "refuses the message": {Verb: "."}, "breaks the line in a message": {Verb: "DATA"},
		"loses its answer to a message": {Verb: "."}, "goes away while it is greeted": {Verb: "EHLO"}, "refuses the login": {Verb: "AUTH"},
	}
}

func refusalNames() []string {
	var names []string
	for name := range refusals() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// canSend starts the server for sending. Its user is the user of the mailbox.
func (w *world) canSend(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.serveSending(listener)
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	return w.setAll(ctx, map[string]string{"smtp-host": host, "smtp-port": port, "smtp-from": "demo@example.org"})
}

func (w *world) serveSending(l net.Listener) {
	sink := smtpsink.New(&smtpsink.Options{Users: w.options.Users, TranscriptOctets: -1})
	if w.play != nil {
		w.play.PlaySMTP(sink.Server)
	}
	w.sink, w.sinking = sink, make(chan error, 1)
	go func(ended chan error) { ended <- sink.Serve(l) }(w.sinking)
}

func (w *world) refuses(refusal string) error {
	match, edit := faultOf(refusal)
	w.sink.On(match, fakeserver.Auto.With(edit)).Once().Must()
	return nil
}

func faultOf(refusal string) (fakeserver.Match, edit.Edit) {
	match, known := refusals()[refusal]
	switch {
	case !known:
		address := strings.Trim(strings.TrimPrefix(refusal, "refuses "), `"`)
		return fakeserver.Match{Verb: "RCPT", Args: "TO:<" + address + ">"}, smtpsink.Refuse(550, "no such user")
	case strings.HasPrefix(refusal, "loses"):
		return match, smtpsink.LoseReply(edit.Close)
	case match.Verb == "DATA" || match.Verb == "EHLO":
		return match, edit.CutAfter(0, edit.Close)
	}
	return match, smtpsink.Refuse(451, "not today")
}

func (w *world) setState(ctx context.Context, subject, state string) error {
	id := w.ids(ctx, `"`+subject+`"`, "Outbox")[0]
	switch state {
	case store.SendSuspended.String():
		return outbox.Hold(ctx, w.store, id)
	case store.SendWaiting.String():
		return outbox.Queue(ctx, w.store, id)
	}
	b := w.store.NewBatch()
	b.SetSending(id, stateNamed(state), store.SendWaiting)
	return b.Commit(ctx)
}

// stateNamed returns the sending state with a name, or the unknown state.
func stateNamed(name string) store.SendingState {
	for s := range store.SendNotApplicable {
		if s.String() == name {
			return s
		}
	}
	return store.SendUnknown
}

// The values of {sending}.
const (
	sendWaiting = "I send what waits"
	sendAtOnce  = "several programs send what waits"
	sendNamed   = `I send "[^"]*" whatever waits`
)

func (w *world) sends(ctx context.Context, what string) error {
	switch what {
	case sendWaiting:
		return w.send(ctx, nil)
	case sendAtOnce:
		return w.sendAtOnce(ctx)
	}
	return w.send(ctx, w.ids(ctx, what, "Outbox"))
}

// send sends the messages in the Outbox, and keeps the result for later steps.
func (w *world) send(ctx context.Context, selection []store.ID) error {
	a, err := mtm.FindAccount(ctx, w.store, "demo")
	if err != nil {
		return err
	}
	_, failed := autosend.Run(ctx, w.store, a.SMTP, &autosend.Options{Timeout: w.patience, Selection: selection})
	w.last = result{words: "send", refused: failed}
	return nil
}

func (w *world) sendAtOnce(ctx context.Context) error {
	a, err := mtm.FindAccount(ctx, w.store, "demo")
	if err != nil {
		return err
	}
	const programs = 3
	ended := make(chan error, programs)
	for range programs {
		go func() {
			st, err := store.Open(w.storeDir(), nil)
			if err == nil {
				_, err = autosend.Run(ctx, st, a.SMTP, &autosend.Options{Timeout: w.patience})
				err = errors.Join(err, st.Close())
			}
			ended <- err
		}()
	}
	var failed []error
	for range programs {
		// When one of them sends a message, the others find it sent or locked.
		if err := <-ended; !errors.Is(err, mtm.ErrNothingToSend) && !errors.Is(err, mtm.ErrInUse) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// got closes the program, which waits for the sending that it has launched.
func (w *world) got(ctx context.Context, list string) error {
	if w.client != nil {
		err := w.client.Close()
		if w.client = nil; err != nil {
			return err
		}
	}
	w.Expect(w.taken()).To(gomega.ConsistOf(subjects(list)))
	return w.settled(ctx)
}

// taken returns the subjects of the messages that the server for sending has received.
func (w *world) taken() []string {
	list := []string{}
	for _, m := range w.sink.Messages() {
		_, after, _ := strings.Cut(string(m.Data), "\r\nSubject: ")
		subject, _, _ := strings.Cut(after, "\r\n")
		list = append(list, subject)
	}
	return list
}

// closeSink closes the server for sending. It fails when a required rule has not fired.
func (w *world) closeSink() error {
	if w.sink == nil {
		return nil
	}
	err := w.sink.Close()
	if served := <-w.sinking; !errors.Is(served, fakeserver.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}
