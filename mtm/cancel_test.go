package mtm_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/progress"
	"pop3mtm/mtm/store"
)

// spot is where the server falls silent: in the answer to a command, after some octets.
type spot struct {
	verb, args string
	nth        int
	octets     int64
	phase      progress.Phase
}

const dialing = "DIAL" // nobody answers at all

func (s spot) String() string {
	return fmt.Sprintf("%s %s#%d after %d octets", s.verb, s.args, s.nth, s.octets)
}

func at(phase progress.Phase, verb string, octets ...int64) []spot {
	var list []spot
	for _, n := range octets {
		list = append(list, spot{verb: verb, nth: 1, octets: n, phase: phase})
	}
	return list
}

// each is in the answers about the messages: before the first of them and in the middle of the
// second, and so on; of one message alone at both.
func each(phase progress.Phase, verb, tail string, octets int64, messages ...int) []spot {
	var list []spot
	for i, n := range messages {
		for j, o := range []int64{0, octets} {
			if len(messages) == 1 || i%2 == j {
				list = append(list, spot{verb: verb, args: fmt.Sprint(n) + tail, nth: 1, octets: o, phase: phase})
			}
		}
	}
	return list
}

// flow is one command and every spot where it can be stopped.
type flow struct {
	name    string
	account []change
	before  func(r *rig) []mtm.Command // what comes before the server falls silent
	command func(r *rig) mtm.Command
	spots   []spot
	again   func(r *rig) []mtm.Command // what makes good what was stopped; nil: connect, the command, disconnect
	server  []string                   // what the server holds after that
	inbox   []string                   // and the Inbox
	filled  int                        // and how many entries of the mailbox hold a whole message
}

func all() []string { return []string{"u1", "u2", "u3", "u4"} }

func connected(*rig) []mtm.Command { return []mtm.Command{mtm.Connect{}} }

func secured(tls account.TLS, auth account.Auth) []change {
	return []change{func(p *account.POP3) { p.Security.TLS, p.Auth = tls, auth }}
}

// connecting returns the flows of a login, each line of which the server may leave unanswered.
func connecting() []flow {
	connect := func(*rig) mtm.Command { return mtm.Connect{} }
	again := func(*rig) []mtm.Command { return []mtm.Command{mtm.Connect{}, mtm.Disconnect{}} }
	const c, f = progress.Connecting, progress.Refreshing
	return []flow{
		{name: "connect", command: connect, again: again, server: all(), spots: slices.Concat(
			at(c, dialing, 0), at(c, "CONNECT", 0, 3), at(c, "CAPA", 0, 9), at(c, "USER", 0), at(c, "PASS", 0, 2),
			[]spot{{verb: "CAPA", nth: 2, phase: c}}, at(f, "STAT", 0), at(f, "LIST", 0, 9), at(f, "UIDL", 0, 9),
			each(f, "TOP", " 1", 60, 4, 3, 2, 1))},
		{name: "connect by APOP", command: connect, again: again, server: all(), spots: at(c, "APOP", 0, 2),
			account: secured(account.NoTLS, account.APOP)},
		{name: "connect with STLS and PLAIN", command: connect, again: again, server: all(),
			spots:   slices.Concat(at(c, "STLS", 0, 2), at(c, "TLS", 0, 9), at(c, "AUTH", 0, 2)),
			account: secured(account.STLS, account.Plain)},
		{name: "connect with TLS and SCRAM", command: connect, again: again, server: all(),
			spots:   slices.Concat(at(c, "TLS", 0, 9), at(c, "AUTH", 0), at(c, "RESPONSE", 0, 2), []spot{{verb: "RESPONSE", nth: 2, phase: c}}),
			account: secured(account.Implicit, account.SCRAMSHA256)},
		{name: "connect with LOGIN", command: connect, again: again, server: all(),
			spots:   slices.Concat(at(c, "AUTH", 0), at(c, "RESPONSE", 0), []spot{{verb: "RESPONSE", nth: 2, phase: c}}),
			account: secured(account.Implicit, account.Login)},
	}
}

// fetching returns the flows of commands on messages, each of which may be the one in hand.
func fetching() []flow {
	const cp, mv, pop, top, del = progress.Copying, progress.Moving, progress.Populating, progress.TopPopulating, progress.Deleting
	command := func(cmd mtm.Command) func(*rig) mtm.Command { return func(*rig) mtm.Command { return cmd } }
	chain := get(mtm.All, mtm.Move, mtm.ThenDisconnect)
	return []flow{
		{name: "copy", before: connected, command: command(get(mtm.All, mtm.Copy, mtm.WhileConnected)),
			spots: each(cp, "RETR", "", 150, 1, 2, 3, 4), server: all(), inbox: all()},
		{name: "move", before: connected, command: command(get(mtm.All, mtm.Move, mtm.WhileConnected)),
			spots: slices.Concat(each(mv, "RETR", "", 150, 1, 2, 3, 4), each(mv, "DELE", "", 2, 1, 2, 3, 4)), inbox: all()},
		{name: "populate", before: connected, command: command(mtm.Populate{Which: mtm.All}),
			spots: each(pop, "RETR", "", 150, 1, 2, 3, 4), server: all(), filled: rigMails},
		{name: "top-populate", before: connected, command: command(mtm.Populate{Which: mtm.All, Top: true, Lines: 2}),
			spots: each(top, "TOP", " 2", 150, 1, 2, 3, 4), server: all()},
		{name: "delete", before: connected, command: func(r *rig) mtm.Command { return mtm.Delete{Messages: r.ids(1, 2, 3, 4)} },
			again: func(r *rig) []mtm.Command {
				r.do(mtm.Connect{})
				return []mtm.Command{mtm.Delete{Messages: r.ids(1, 2, 3, 4)}, mtm.Disconnect{}}
			},
			spots: each(del, "DELE", "", 2, 1, 2, 3, 4)},
		{name: "get mail", command: command(chain), again: func(*rig) []mtm.Command { return []mtm.Command{chain} }, inbox: all(),
			spots: slices.Concat(at(progress.Connecting, "PASS", 0), at(progress.Refreshing, "UIDL", 0),
				each(mv, "RETR", "", 150, 1, 3), each(mv, "DELE", "", 2, 2), at(progress.Disconnecting, "QUIT", 0, 3))},
	}
}

// waitingFlows returns the flows of operations that were queued offline. In one the first message
// is to be populated, the second in part, the third copied and the fourth moved; in the other the
// first two are to be deleted.
func waitingFlows() []flow {
	mode := []change{stay}
	queue := func(r *rig) []mtm.Command {
		r.do(mtm.Connect{}, mtm.Disconnect{})
		into := func(take mtm.Take, n int) mtm.Command {
			return mtm.GetMail{Which: mtm.Selection, Take: take, Into: store.Inbox, Messages: r.ids(n)}
		}
		return []mtm.Command{
			into(mtm.Move, 4), into(mtm.Copy, 3), mtm.Populate{Which: mtm.Selection, Messages: r.ids(1)},
			mtm.Populate{Which: mtm.Selection, Messages: r.ids(2), Top: true, Lines: 2},
		}
	}
	session := func(*rig) []mtm.Command { return []mtm.Command{mtm.Connect{}, mtm.Disconnect{}} }
	return []flow{
		{name: "offline operations at connect", account: mode, before: queue, command: func(*rig) mtm.Command { return mtm.Connect{} },
			again: session, server: []string{"u1", "u2", "u3"}, inbox: []string{"u3", "u4"}, filled: 1,
			spots: slices.Concat(at(progress.Refreshing, "STAT", 0), each(progress.Populating, "RETR", "", 150, 1),
				each(progress.TopPopulating, "TOP", " 2", 150, 2), each(progress.Copying, "RETR", "", 150, 3), each(progress.Moving, "RETR", "", 150, 4))},
		{name: "offline operations at disconnect", account: mode,
			before: func(r *rig) []mtm.Command {
				r.do(queue(r)...)
				return []mtm.Command{mtm.Delete{Messages: r.ids(1)}, mtm.Connect{}}
			},
			command: func(*rig) mtm.Command { return mtm.Disconnect{} },
			again:   session, server: []string{"u2", "u3"}, inbox: []string{"u3", "u4"},
			spots: slices.Concat(each(progress.Deleting, "DELE", "", 2, 1), each(progress.Deleting, "DELE", "", 2, 4), at(progress.Disconnecting, "QUIT", 0, 3))},
		{name: "disconnect", before: func(r *rig) []mtm.Command {
			r.do(mtm.Connect{})
			return []mtm.Command{mtm.Delete{Messages: r.ids(1)}}
		},
			command: func(*rig) mtm.Command { return mtm.Disconnect{} },
			again: func(r *rig) []mtm.Command {
				r.do(mtm.Connect{})
				gone := len(r.children(r.id)) < rigMails
				if gone {
					return []mtm.Command{mtm.Disconnect{}}
				}
				return []mtm.Command{mtm.Delete{Messages: r.ids(1)}, mtm.Disconnect{}}
			},
			server: []string{"u2", "u3", "u4"}, spots: at(progress.Disconnecting, "QUIT", 0, 3)},
	}
}

// A command is stopped wherever it may be, by Cancel and by Disconnect: at once, with the line
// dropped and nothing deleted on the server, nothing lost and nothing twice here; and the next run
// does the rest (behaviour section 7).
func TestStoppingACommand(t *testing.T) {
	for _, f := range slices.Concat(connecting(), fetching(), waitingFlows()) {
		for _, s := range f.spots {
			for _, how := range []string{"cancel", "disconnect"} {
				t.Run(f.name+"/"+s.String()+"/"+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { f.stop(newRig(t, f.account...), s, how == "disconnect") })
				})
			}
		}
	}
}

func (f flow) stop(r *rig, s spot, disconnect bool) {
	defer r.close()
	if f.before != nil {
		r.do(f.before(r)...)
	}
	r.mute = s.verb == dialing
	rule := r.srv.On(fakeserver.Match{Verb: s.verb, Args: s.args, Nth: s.nth}, fakeserver.Auto.With(edit.CutAfter(s.octets, edit.Stall))).Once()
	op, err := r.box.InvokeAsync(r.t.Context(), f.command(r))
	r.must(err)
	synctest.Wait()
	if rule.Fired() == 0 && !r.mute {
		r.t.Fatal("the command never came to that")
	}
	if p := op.Progress(); p.SubPhase != s.phase {
		r.t.Errorf("it shows %s, want %s", p.SubPhase, s.phase)
	}
	held := len(r.drop.UIDs())
	start := time.Now()
	if disconnect {
		r.do(mtm.Disconnect{})
	} else {
		op.Cancel()
	}
	if err := op.Wait(); !errors.Is(err, mtm.ErrCancelled) || mtm.Code(err) != int(op.Progress().Code) || time.Since(start) != 0 {
		r.t.Errorf("it ended with %v, progress %d, after %v", err, op.Progress().Code, time.Since(start))
	}
	if p := op.Progress(); p.SubPhase != s.phase {
		r.t.Errorf("it ended showing %s, want %s", p.SubPhase, s.phase)
	}
	quitting := s.verb == "QUIT"
	if len(r.server()) != held && !quitting {
		r.t.Errorf("the server holds %v", r.drop.UIDs())
	}
	if r.saidGoodbye() && !quitting && s.verb != dialing {
		r.t.Error("it said QUIT")
	}
	r.sound()
	for _, u := range all() {
		if !slices.Contains(r.drop.UIDs(), u) && !slices.Contains(r.here(), u) && f.inbox != nil && !quitting {
			r.t.Errorf("%s is lost", u)
		}
	}
	r.mute = false
	f.makeGood(r)
}

// makeGood runs the rest and looks at the end.
func (f flow) makeGood(r *rig) {
	if f.again != nil {
		r.do(f.again(r)...)
	} else {
		r.do(mtm.Connect{}, f.command(r), mtm.Disconnect{})
	}
	r.sound()
	if got := r.server(); !slices.Equal(got, f.server) {
		r.t.Errorf("at last the server holds %v, want %v", got, f.server)
	}
	if got := r.here(); !slices.Equal(got, f.inbox) {
		r.t.Errorf("at last %v are here, want %v", got, f.inbox)
	}
	filled := 0
	for _, e := range r.children(r.id) {
		if e.Body.Kind == store.BodyWhole {
			filled++
		}
		if e.Flags.Has(store.Operation) {
			r.t.Errorf("something still waits for %s", e.UID)
		}
	}
	if filled != f.filled {
		r.t.Errorf("at last %d messages of the mailbox are whole, want %d", filled, f.filled)
	}
}
