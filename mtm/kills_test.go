package mtm_test

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/smtpsink"
	"pop3mtm/internal/gobuild"
	"pop3mtm/mtm"
	"pop3mtm/mtm/account"
	"pop3mtm/mtm/store"
)

var killRuns = flag.Int("kills", 40, "how many programs TestProgramsKilledAtAnyMoment kills")

// What a killed program does, and then the one that is left alone.
const (
	roleGet, roleMove, rolePopulate, roleQueue, roleSend = "get", "move", "populate", "queue", "autosend"
	roleLook                                             = "look" // at headers
	roleResume                                           = "resumed move"
)

func roles() map[string][]mtm.Command {
	populate := mtm.Populate{Which: mtm.New}
	session := []mtm.Command{mtm.Connect{}, mtm.Disconnect{}}
	return map[string][]mtm.Command{
		"": session, roleQueue: session, roleLook: session,
		roleGet:      {mtm.GetMail{Which: mtm.New, Link: mtm.ThenDisconnect, Into: store.Inbox}},
		roleMove:     {mtm.GetMail{Which: mtm.New, Take: mtm.Move, Link: mtm.ThenDisconnect, Into: store.Inbox}},
		roleResume:   {mtm.GetMail{Which: mtm.New, Take: mtm.Move, Link: mtm.ThenDisconnect, Into: store.Inbox}},
		rolePopulate: {mtm.Connect{For: &populate}, populate, mtm.Disconnect{}},
	}
}

// tally is what came of all programs that were killed.
type tally struct {
	killed, ended          map[string]int // by what the program did
	lost, doubled, corrupt int
	sentTwice              int

	autosend string // the program, built for the test
}

// Programs are killed at seeded moments: at a command that the server hears, or a time after it, or
// a time after the program began. After each kill nothing is lost, doubled or corrupt, and the next
// program does the rest. All of it: go test ./mtm -run TestProgramsKilledAtAnyMoment -kills 1000 -v
func TestProgramsKilledAtAnyMoment(t *testing.T) {
	sum := &tally{killed: map[string]int{}, ended: map[string]int{}, autosend: filepath.Join(t.TempDir(), "autosend")}
	if err := gobuild.Programs(t.Context(), sum.autosend, "../cmd/autosend"); err != nil {
		t.Fatal(err)
	}
	for seed := uint64(0); sum.kills() < *killRuns && !t.Failed(); seed++ {
		role := []string{roleGet, roleMove, rolePopulate, roleQueue, roleSend, roleResume}[seed%6]
		kills := 1 + int(seed/6%4)
		t.Run(fmt.Sprintf("%s, seed %d", role, seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1996))
			switch role {
			case roleSend:
				sum.killSending(t, random, kills)
			case roleResume:
				sum.killWaiting(t, random, kills)
			default:
				sum.killFetching(t, random, role, kills)
			}
		})
	}
	for _, role := range []string{roleGet, roleMove, rolePopulate, roleQueue, roleSend, roleResume} {
		t.Logf("%-9s %4d killed, %3d had ended before", role, sum.killed[role], sum.ended[role])
	}
	t.Logf("%d kills: %d lost, %d doubled, %d corrupt; %d sent again after the server had taken them and before that was noted",
		sum.kills(), sum.lost, sum.doubled, sum.corrupt, sum.sentTwice)
}

func (s *tally) kills() (n int) {
	for _, killed := range s.killed {
		n += killed
	}
	return n
}

// killFetching kills programs on one store, and lets one end.
func (s *tally) killFetching(t *testing.T, random *rand.Rand, role string, kills int) {
	k := newKilled(t)
	if role == roleQueue {
		k.queue(t, random)
	} else {
		k.account(t, func(p *account.POP3) { p.DisconnectedMode = random.IntN(2) == 0 })
	}
	asked := false
	for range kills {
		s.note(role, k.killAt(t, k.program(role), random.IntN(commandsOf(role)), random))
		s.inspect(t, k, role, false)
		k.open(t, func(st *store.Store) { asked = asked || k.remembered(t, st) })
		// Whatever looks at the mailbox between, what was asked for is still asked for.
		if asked && role != roleQueue && random.IntN(2) == 0 {
			k.run(t, k.program(roleLook), 0, nil)
		}
	}
	k.run(t, k.program(role), 0, nil)
	s.inspect(t, k, role, true)
}

// killWaiting kills programs that have lost their connection and wait for another one, or have just
// found it, and lets one end that loses its own once.
func (s *tally) killWaiting(t *testing.T, random *rand.Rand, kills int) {
	k := newKilled(t)
	k.account(t, func(p *account.POP3) { p.BearerMobility = true })
	cut := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.cut = true
	}
	for range kills {
		n := 5 + random.IntN(commandsOf(roleMove)-5)
		s.note(roleResume, k.run(t, k.program(roleResume), n, func(p *os.Process) {
			cut()
			time.AfterFunc(time.Duration(random.IntN(1100))*time.Millisecond, func() { _ = p.Kill() })
		}))
		s.inspect(t, k, roleMove, false)
	}
	k.run(t, k.program(roleResume), 0, nil)
	s.inspect(t, k, roleMove, true)
}

// commandsOf is about how many commands a program sends.
func commandsOf(role string) int {
	if role == roleGet {
		return 10 + killMails
	}
	return 10 + 2*killMails
}

func (s *tally) note(role string, killed bool) {
	if killed {
		s.killed[role]++
	} else {
		s.ended[role]++
	}
}

// remembered reports whether the account or an entry says that something was asked for.
func (k *killed) remembered(t *testing.T, st *store.Store) bool {
	t.Helper()
	a, err := mtm.FindAccount(t.Context(), st, "work")
	if err != nil {
		t.Fatal(err)
	}
	facts, err := st.Facts(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, get := facts[store.FactGetAsked]
	_, populate := facts[store.FactPopulateAsked]
	refs, err := st.UIDs(t.Context(), a.ID, a.ID, store.Pending|store.PendingPopulate)
	if err != nil {
		t.Fatal(err)
	}
	return get || populate || len(refs) > 0
}

// account adds the account that programs use.
func (k *killed) account(t *testing.T, changes ...change) {
	t.Helper()
	k.open(t, func(st *store.Store) {
		if _, err := mtm.AddAccount(t.Context(), st, "work", k.settings(changes...)); err != nil {
			t.Fatal(err)
		}
	})
}

// program returns one that works on the store in a role.
func (k *killed) program(role string) *exec.Cmd {
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), childStore+"="+k.dir, childRole+"="+role)
	return program
}

// killAt runs a program, kills it at command n or a while after it, and reports whether
// it had not ended before.
func (k *killed) killAt(t *testing.T, program *exec.Cmd, n int, random *rand.Rand) bool {
	t.Helper()
	while := time.Duration(0)
	if n == 0 || random.IntN(2) == 0 {
		while = time.Duration(random.IntN(4000)) * time.Microsecond
	}
	if n == 0 { // from the start of the program on
		while *= 10
	}
	return k.run(t, program, n, func(p *os.Process) {
		if while == 0 {
			_ = p.Kill() // it may have ended by itself
			return
		}
		time.AfterFunc(while, func() { _ = p.Kill() })
	})
}

// run runs a program, and calls kill as the server hears command number n, or at its start; without
// kill it must end well.
func (k *killed) run(t *testing.T, program *exec.Cmd, n int, kill func(p *os.Process)) (killed bool) {
	t.Helper()
	var said bytes.Buffer
	program.Stderr = &said
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	left := n
	k.mu.Lock()
	k.heard = func() {
		if left--; left == 0 && kill != nil {
			kill(program.Process)
		}
	}
	k.mu.Unlock()
	if n == 0 && kill != nil {
		kill(program.Process)
	}
	err := program.Wait()
	k.mu.Lock()
	k.heard = nil
	k.mu.Unlock()
	if err != nil && kill == nil {
		t.Fatalf("%s: %v: %s", program, err, said.String())
	}
	if err := k.srv.Wait(t.Context()); err != nil { // until the session has ended there too
		t.Fatal(err)
	}
	return err != nil && !program.ProcessState.Exited()
}

// inspect counts what is wrong with the store, in the middle of it all or at the end.
func (s *tally) inspect(t *testing.T, k *killed, role string, end bool) {
	t.Helper()
	on := map[string]bool{}
	for _, u := range k.drop.UIDs() {
		on[u] = true
	}
	wrong := func(counter *int, format string, args ...any) {
		*counter++
		t.Errorf(format, args...)
	}
	k.open(t, func(st *store.Store) {
		_, err := st.Check(t.Context(), func(p store.Problem) {
			if end || !strings.Contains(p.Text, "the index does not know") { // what was killed stays until it has come again
				wrong(&s.corrupt, "the store: %s", p)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := mtm.FindAccount(t.Context(), st, "work")
		if err != nil {
			t.Fatal(err)
		}
		here, populated := s.holds(t, st, store.Inbox, wrong), s.holds(t, st, a.ID, wrong)
		for n := 1; n <= killMails; n++ {
			u := uid(n)
			copied, gone := end && (role == roleGet || role == roleMove), end && role == roleMove
			if role == roleQueue {
				copied, gone = end && (k.copied[u] || k.moved[u]), end && (k.moved[u] || k.deleted[u])
			}
			switch {
			case here[u] > 1:
				wrong(&s.doubled, "%s is in the Inbox %d times", u, here[u])
			case !on[u] && here[u] == 0, copied && here[u] == 0:
				wrong(&s.lost, "%s is not here; on the server: %v", u, on[u])
			case end && (role == rolePopulate || role == roleQueue && k.populated[u]) && populated[u] == 0:
				wrong(&s.lost, "%s is not populated", u)
			case end && on[u] == gone:
				t.Errorf("%s is on the server at last: %v", u, on[u])
			}
		}
	})
}

// holds counts the whole messages of a place, and compares their octets.
func (s *tally) holds(t *testing.T, st *store.Store, place store.ID, wrong func(*int, string, ...any)) map[string]int {
	t.Helper()
	list, err := st.Children(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range list {
		if e.Body.Kind != store.BodyWhole {
			continue
		}
		count[e.UID]++
		body, err := st.Body(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		_ = body.Close() // it was read
		if n, _ := strconv.Atoi(strings.TrimPrefix(e.UID, "u")); err != nil || !bytes.Equal(got, raw(n)) {
			wrong(&s.corrupt, "%s has other octets than were sent: %v", e.UID, err)
		}
	}
	return count
}

// killSending kills programs that send, and lets one end when the leases of the dead are over.
func (s *tally) killSending(t *testing.T, random *rand.Rand, kills int) {
	const letters = 6
	k := newKilled(t)
	sink := smtpsink.Start(t, nil)
	sink.On(fakeserver.Match{}, func(x *fakeserver.Exchange) edit.Reply {
		reply := fakeserver.Auto(x)
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.heard != nil {
			k.heard()
		}
		return reply
	})
	host, port, _ := net.SplitHostPort(sink.Addr())
	k.account(t, func(p *account.POP3) {
		p.SMTP.Host, p.SMTP.From = host, "demo@example.org"
		p.SMTP.Port, _ = strconv.Atoi(port)
	})
	k.open(t, func(st *store.Store) {
		a, err := mtm.FindAccount(t.Context(), st, "work")
		if err != nil {
			t.Fatal(err)
		}
		box, err := mtm.Open(st, a.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range letters {
			letter := mtm.CreateNew{Into: store.Outbox, CreateOptions: mtm.CreateOptions{
				To: []string{"demo@example.org"}, Subject: fmt.Sprintf("m%d", i), Text: "x"}}
			if err := box.InvokeSync(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
		}
		if err := box.Close(); err != nil {
			t.Fatal(err)
		}
	})
	killed := 0
	for range kills {
		did := k.killAt(t, s.sender(t, k), random.IntN(3+4*letters), random)
		s.note(roleSend, did)
		if did {
			killed++
		}
	}
	if k.left(t) > 0 {
		k.run(t, s.sender(t, k), 0, nil)
	}
	s.inspectSent(t, k, sink, letters, killed)
}

// sender returns a program that sends, once the leases of the dead are over.
func (s *tally) sender(t *testing.T, k *killed) *exec.Cmd {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(k.dir, "index.db"))
	if err == nil {
		_, err = db.ExecContext(t.Context(), "UPDATE outgoing SET lease_until = 1 WHERE lease_owner <> ''")
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	var service store.ID
	k.open(t, func(st *store.Store) {
		a, err := mtm.FindAccount(t.Context(), st, "work")
		if err != nil {
			t.Fatal(err)
		}
		e, err := st.Entry(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		service = e.Related
	})
	return exec.Command(s.autosend, k.dir, fmt.Sprint(service))
}

// left counts what is in the Outbox.
func (k *killed) left(t *testing.T) (n int) {
	t.Helper()
	k.open(t, func(st *store.Store) {
		counts, err := st.Count(t.Context(), store.Outbox)
		if err != nil {
			t.Fatal(err)
		}
		n = counts.Messages
	})
	return n
}

// inspectSent counts what arrived: a program that is killed between the server's reply and the note
// of it sends one message again, no more (RFC 5321 section 4.1.1.4).
func (s *tally) inspectSent(t *testing.T, k *killed, sink *smtpsink.Server, letters, killed int) {
	t.Helper()
	k.open(t, func(st *store.Store) {
		if _, err := st.Check(t.Context(), func(p store.Problem) {
			s.corrupt++
			t.Errorf("the store: %s", p)
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := st.Count(t.Context(), store.Sent); err != nil || n.Messages != letters {
			s.lost++
			t.Errorf("%d of %d messages are in Sent: %v", n.Messages, letters, err)
		}
	})
	got := map[string]int{}
	for _, m := range sink.Messages() {
		for line := range bytes.Lines(m.Data) {
			if subject, ok := bytes.CutPrefix(line, []byte("Subject: ")); ok {
				got[strings.TrimSpace(string(subject))]++
			}
		}
	}
	again := 0
	for i := range letters {
		n := got[fmt.Sprintf("m%d", i)]
		if n == 0 {
			s.lost++
			t.Errorf("m%d was never sent", i)
		}
		again += max(0, n-1)
	}
	s.sentTwice += min(again, killed)
	if again > killed {
		s.doubled += again - killed
		t.Errorf("%d messages were sent again after %d kills", again, killed)
	}
}
