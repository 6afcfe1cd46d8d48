package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pop3mtm/cmd/bench/k6/client"
	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/fixtures"
)

const boxSpec = "40,size=2KiB,seed=7"

// synthetic returns the maildrop that scripts know as boxSpec.
func synthetic(t *testing.T) *fakeserver.Maildrop {
	t.Helper()
	return fakeserver.MaildropOf(source(t, boxSpec))
}

func source(t *testing.T, spec string) maildrop.Source {
	t.Helper()
	o, err := maildrop.ParseSynthetic(spec)
	if err != nil {
		t.Fatal(err)
	}
	found, err := maildrop.Synthetic(o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryMechanismLogsIn(t *testing.T) {
	users := map[string]fakeserver.User{"demo": {Password: "demo", Token: "0123abcd"}}
	srv := fakeserver.Start(t, synthetic(t), &fakeserver.Options{Users: users})
	got := newRunner(t).passes(`
		for (const mechanism of pop3.mechanisms) {
			const s = pop3.connect(__ENV.POP3);
			s.login('demo', mechanism.includes('OAUTH') ? '0123abcd' : 'demo', mechanism);
			check(s.list(), { 'has mail': (box) => box.count === 40 && box.octets === 40 * 2048 });
			s.quit();
		}
		check(pop3.mechanisms, { 'all are known': (all) => all.length === 9 });`, "POP3="+srv.Addr())
	if got.part.Verbs["AUTH"].TotalCount() != 7 || got.part.Verbs["APOP"].TotalCount() != 1 || got.part.Verbs["CONNECT"].TotalCount() != 9 {
		t.Errorf("counted %v", got.part.VerbsByCount())
	}
}

func TestTLSIsStartedAndTheCertificateChecked(t *testing.T) {
	ca := fixtures.NewCA()
	o := &fakeserver.Options{TLS: ca.Server()}
	stls, implicit := fakeserver.Start(t, synthetic(t), o), fakeserver.StartTLS(t, synthetic(t), o)
	r := newRunner(t)
	if err := os.WriteFile(r.file("ca.pem"), ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	body := `import pop3 from 'k6/x/pop3';
import { check } from 'k6';
const ca = open('./ca.pem');
export default function () {
	for (const [address, tls] of [[__ENV.STLS, 'stls'], [__ENV.IMPLICIT, 'implicit']]) {
		const s = pop3.connect(address, { tls: tls, ca: ca, name: 'localhost' });
		check(s, { encrypted: (s) => s.encrypted() });
		s.login('demo', 'demo');
		check(s.retrieve([1, 2]), { 'mail came': (got) => got.messages === 2 });
		s.quit();
	}
}`
	settings := []string{"STLS=" + stls.Addr(), "IMPLICIT=" + implicit.Addr()}
	r.passes(body, settings...)
	for _, distrust := range []string{"name: 'mail.example.org'", "ca: undefined"} {
		got := r.run(strings.Replace(body, "name: 'localhost'", distrust, 1), settings...)
		if got.part.Errors["tls"] != 1 || !strings.Contains(got.said, "connect: tls: ") {
			t.Errorf("%s: counted %v\n%s", distrust, got.part.Errors, got.said)
		}
	}
}

func TestEveryOctetIsComparedWithTheSyntheticMailbox(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	r := newRunner(t)
	body := `
		const box = pop3.synthetic('` + boxSpec + `');
		const s = pop3.connect(__ENV.POP3);
		s.login('demo', 'demo');
		const got = s.retrieve('all', { verify: box });
		console.log(JSON.stringify(got));
		s.quit();`
	got := r.passes(body, "POP3="+srv.Addr())
	if !strings.Contains(got.said, `\"messages\":40,\"octets\":81920,\"refused\":0,\"wrong\":0,\"first\":\"\"`) {
		t.Error(got.said)
	}
	if p := got.part; p.Messages != 40 || p.Octets != 81920 || p.Verbs["RETR"].TotalCount() != 40 || len(p.Errors) != 0 {
		t.Errorf("the file has %+v", p)
	}
	srv.On(fakeserver.Match{Verb: "RETR", Args: "7"}, fakeserver.Auto.With(edit.Overwrite(1500, "~"))).Must()
	srv.On(fakeserver.Match{Verb: "RETR", Args: "9"}, fakeserver.Auto.With(edit.Shorten(2))).Must()
	srv.On(fakeserver.Match{Verb: "UIDL"}, fakeserver.Auto.With(edit.Replace("7-5\r\n", "8-5\r\n"))).Must()
	got = r.run(body, "POP3="+srv.Addr())
	if got.part.Errors["wrong"] != 3 || !strings.Contains(got.said, `message 5: its unique-id is not of the synthetic mailbox`) {
		t.Errorf("counted %v\n%s", got.part.Errors, got.said)
	}
}

func TestMailIsRefreshedAndDeleted(t *testing.T) {
	drop := fakeserver.NewMaildrop(fixtures.Mail()...)
	srv := fakeserver.Start(t, drop, nil)
	newRunner(t).passes(`
		const open = () => { const s = pop3.connect(__ENV.POP3, { window: 1 }); s.login('demo', 'demo'); return s; };
		let s = open();
		const first = s.refresh();
		check(first, { 'all are new': (f) => f.fresh === f.count && f.gone === 0 });
		check(s.stat(), { 'STAT agrees': (all) => all.count === first.count && all.octets === first.octets });
		check(s.top('new', 0), { 'headers came': (got) => got.messages === first.count });
		check(s.delete({ from: 2, to: 4 }), { 'three are marked': (d) => d.deleted === 3 && d.refused === 0 });
		s.reset();
		check(s.delete([1, 3, 3]), { 'a second mark is refused': (d) => d.deleted === 2 && d.refused === 1 });
		s.quit();
		s = open();
		check(s.refresh(), { 'two are gone': (f) => f.fresh === 0 && f.gone === 2 && f.count === first.count - 2 });
		check(s.retrieve('new'), { 'nothing is new': (got) => got.messages === 0 });
		check(s.capabilities(), { 'capabilities are lists': (all) => all.UIDL.length === 0 });
		s.noop();
		s.close();`, "POP3="+srv.Addr())
	if len(drop.Messages()) != len(fixtures.Mail())-2 {
		t.Errorf("%d messages are left", len(drop.Messages()))
	}
}

func TestASessionEndsWithItsIteration(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	body := `import pop3 from 'k6/x/pop3';
let kept;
export const options = { vus: 1, iterations: 3 };
export default function () {
	if (kept) { try { kept.noop(); } catch (e) { console.log('kept: ' + e); } }
	kept = pop3.connect(__ENV.POP3);
	kept.login('demo', 'demo');
}`
	got := newRunner(t).passes(body, "POP3="+srv.Addr())
	if got.part.Iterations != 3 || len(got.part.Errors) != 0 || strings.Count(got.said, "the session has ended") != 2 {
		t.Errorf("counted %v\n%s", got.part.Errors, got.said)
	}
	if err := srv.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatServersDoWrongIsCountedAsWhatItIs(t *testing.T) {
	retrieve := "const s = pop3.connect(__ENV.POP3, { timeout: 300 }); s.login('demo', __ENV.PASSWORD || 'demo'); s.retrieve(); s.quit();"
	for kind, c := range map[string]struct {
		match fakeserver.Match
		edit  edit.Edit
		args  []string
		says  string
	}{
		"closed":   {fakeserver.Match{Verb: "RETR", Args: "3"}, edit.CutAfter(1200, edit.Reset), nil, "retrieve: closed: "},
		"timeout":  {fakeserver.Match{Verb: "RETR", Args: "3"}, edit.PauseAt(1200, time.Hour), nil, "no data from the server for 300ms during RETR 3"},
		"protocol": {fakeserver.Match{Verb: "LIST"}, edit.Overwrite(0, "?"), nil, "retrieve: protocol: LIST: expected"},
		"login":    {fakeserver.Match{}, nil, []string{"PASSWORD=hunter2"}, "login: login: "},
		"refused":  {fakeserver.Match{Verb: "QUIT"}, edit.Raw("-ERR no\r\n"), nil, "quit: refused: "},
	} {
		t.Run(kind, func(t *testing.T) {
			srv := fakeserver.Start(t, synthetic(t), nil)
			if c.edit != nil {
				srv.On(c.match, fakeserver.Auto.With(c.edit)).Must()
			}
			got := newRunner(t).run(retrieve, append(c.args, "POP3="+srv.Addr())...)
			if len(got.part.Errors) != 1 || got.part.Errors[kind] != 1 || !strings.Contains(got.said, c.says) || strings.Contains(got.said, "hunter2") {
				t.Errorf("counted %v\n%s", got.part.Errors, got.said)
			}
		})
	}
}

func TestARefusedMessageIsCountedAndTheRestComes(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	srv.On(fakeserver.Match{Verb: "RETR", Args: "3"}, fakeserver.Auto.With(edit.Raw("-ERR no\r\n"))).Must()
	got := newRunner(t).passes(`const s = pop3.connect(__ENV.POP3); s.login('demo', 'demo');
		check(s.retrieve(), { 'one is refused': (got) => got.messages === 39 && got.refused === 1 });`, "POP3="+srv.Addr())
	if got.part.Errors["refused"] != 1 {
		t.Errorf("counted %v", got.part.Errors)
	}
}

func TestALockedMailboxAndAClosedPortAreKindsOfTheirOwn(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // so that nothing listens there
	got := newRunner(t).run(`
		const first = pop3.connect(__ENV.POP3);
		first.login('demo', 'demo');
		try { pop3.connect(__ENV.POP3).login('demo', 'demo'); } catch (e) { console.log(String(e)); }
		pop3.connect(__ENV.NOTHING);`, "POP3="+srv.Addr(), "NOTHING="+l.Addr().String())
	if len(got.part.Errors) != 2 || got.part.Errors["in_use"] != 1 || got.part.Errors["connect"] != 1 {
		t.Errorf("counted %v\n%s", got.part.Errors, got.said)
	}
}

func TestWrongOptionsAreErrorsOfTheScriptWithTheLine(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	opened := "const s = pop3.connect('" + srv.Addr() + "'); s.login('demo', 'demo'); "
	for body, says := range map[string]string{
		"pop3.connect()":                                        "connect: the address must be a string, not undefined",
		"pop3.connect(1110)":                                    "connect: the address must be a string, not the number 1110",
		"pop3.connect('nowhere')":                               "connect: the address must be HOST:PORT, such as 127.0.0.1:1110",
		"pop3.connect('h:110', 5)":                              "connect: the options must be an object, not the number 5",
		"pop3.connect('h:110', { windows: 5 })":                 `connect: unknown option \"windows\": known are ca, name, tags, timeout, tls, window`,
		"pop3.connect('h:110', { window: 0 })":                  "connect: window must be 1 to 10000, not 0",
		"pop3.connect('h:110', { window: 1.5 })":                "connect: window must be a whole number, not the number 1.5",
		"pop3.connect('h:110', { tls: 'ssl' })":                 `connect: tls must be \"none\", \"stls\" or \"implicit\"`,
		"pop3.connect('h:110', { tls: 'stls', ca: 'x' })":       "connect: ca has no certificate in PEM form",
		"pop3.connect('h:110', { name: 'x' })":                  "connect: ca and name need tls",
		"pop3.connect('h:110', { timeout: 'soon' })":            "connect: timeout must be a time such as",
		"pop3.connect('h:110', { timeout: -1 })":                "connect: timeout must be above 0",
		"pop3.connect('h:110', { tags: 'x' })":                  "connect: tags must be an object, not a string",
		"pop3.connect('h:110', { tags: { verb: 'x' } })":        `connect: tags must not set \"verb\"`,
		"pop3.connect('h:110', {}, 1)":                          "connect: it takes at most 2 arguments, not 3",
		"pop3.synthetic('many')":                                "synthetic: ",
		"pop3.synthetic('10,size=1')":                           "synthetic: ",
		opened + "s.login('demo', { secret: 'hunter2' })":       "login: the password must be a string, not an object",
		opened + "s.login('demo', 'demo', 'MAGIC')":             `login: unknown mechanism \"MAGIC\": known are USER, APOP`,
		opened + "s.login('de\\r\\nmo', 'demo')":                "login: invalid argument: the user name contains CR, LF or NUL",
		opened + "s.retrieve('some')":                           `retrieve: the messages must be \"all\", \"new\", a number`,
		opened + "s.retrieve(0)":                                "retrieve: a message number must be 1 to",
		opened + "s.retrieve([1, 'x'])":                         "retrieve: a message number is a whole number from 1, not x",
		opened + "s.retrieve({ from: 5, to: 2 })":               "retrieve: {from, to} needs both, and to must not be below from",
		opened + "s.retrieve('new')":                            `retrieve: \"new\" is what the last refresh found: call refresh first`,
		opened + "s.retrieve(1, { verify: '" + boxSpec + "' })": "retrieve: verify must be a mailbox of synthetic()",
		opened + "s.top(1)":                                     "top: the number of lines must be a whole number, not undefined",
		opened + "s.delete()":                                   "delete: name the messages",
	} {
		got := newRunner(t).run(body)
		if !strings.Contains(got.said, says) || !strings.Contains(got.said, "test.js:4:") || strings.Contains(got.said, "hunter2") || strings.Contains(got.said, "panic") {
			t.Errorf("%s: want %s\n%s", body, says, got.said)
		}
		if len(got.part.Errors) != 0 {
			t.Errorf("%s: counted as errors of the server: %v", body, got.part.Errors)
		}
	}
	got := newRunner(t).run("import pop3 from 'k6/x/pop3';\npop3.connect('h:110');\nexport default function () {}\n")
	if got.status == 0 || !strings.Contains(got.said, "no connections in the init context") || !strings.Contains(got.said, "test.js:2:") {
		t.Errorf("%d\n%s", got.status, got.said)
	}
}

// TestTheTypesNameWhatScriptsCanCall compares index.d.ts with what the module has.
func TestTheTypesNameWhatScriptsCanCall(t *testing.T) {
	text, err := os.ReadFile("index.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Session": &client.Session{}, "Listing": &client.Listing{}, "Refreshed": &client.Refreshed{}, "Retrieved": &client.Retrieved{},
		"Deleted": &client.Deleted{}, "Mailbox": &client.Mailbox{},
	} {
		_, body, found := strings.Cut(string(text), "interface "+name+" {")
		if !found {
			t.Errorf("%s is missing", name)
			continue
		}
		body, _, _ = strings.Cut(body, "\n  }")
		if name != "Session" {
			body, _, _ = strings.Cut(body, "\n")
		}
		body = regexp.MustCompile(`/\*\*.*?\*/`).ReplaceAllString(body, "")
		var typed []string
		for _, m := range regexp.MustCompile(`(?m)(?:^ *|[{;] *| )(?:readonly )?(\w+)\??[(:] ?`).FindAllStringSubmatch(strings.ReplaceAll(body, "; ", ";\n"), -1) {
			typed = append(typed, m[1])
		}
		for _, member := range members(v) {
			if !slices.Contains(typed, member) {
				t.Errorf("%s of %s is not among %v", member, name, typed)
			}
		}
	}
	for _, m := range []string{"window?", "timeout?", "tags?", "tls?", "ca?", "name?"} {
		if !strings.Contains(string(text), "    "+m+": ") {
			t.Errorf("the option %s of connect is missing", m)
		}
	}
}

// members returns what a script sees of a value.
func members(v any) (names []string) {
	of := reflect.TypeOf(v)
	for m := range of.Methods() {
		name := m.Name
		names = append(names, strings.ToLower(name[:1])+name[1:])
	}
	of = of.Elem()
	for f := range of.Fields() {
		if f.IsExported() {
			names = append(names, f.Tag.Get("js"))
		}
	}
	return names
}

// TestTheScriptsPass runs each script of this tree, for a short time.
func TestTheScriptsPass(t *testing.T) {
	scripts, err := filepath.Glob("../scripts/*.js")
	if err != nil || len(scripts) != 6 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		if filepath.Base(script) == "mailbox.js" {
			continue // what the others import
		}
		t.Run(script, func(t *testing.T) {
			users := map[string]fakeserver.User{}
			for i := range 4 {
				users[fmt.Sprintf("user%d", i+1)] = fakeserver.User{Password: "secret", Maildrop: synthetic(t)}
			}
			srv := fakeserver.Start(t, nil, &fakeserver.Options{Users: users})
			r := newRunner(t)
			got := r.finish(r.command(script, "POP3="+srv.Addr(), "SYNTHETIC="+boxSpec, "VUS=4", "RATE=5", "DURATION=1s"))
			if got.status != 0 || got.part.Messages == 0 && !strings.Contains(script, "storm") || len(got.part.Errors) != 0 {
				t.Errorf("status %d, %v\n%s", got.status, got.part.Errors, got.said)
			}
		})
	}
}

func TestAThresholdThatFailsEndsWithItsStatus(t *testing.T) {
	srv := fakeserver.Start(t, synthetic(t), nil)
	srv.On(fakeserver.Match{Verb: "QUIT"}, fakeserver.Auto.With(edit.Raw("-ERR no\r\n"))).Must()
	r := newRunner(t)
	got := r.finish(r.command("../scripts/large_mailbox.js", "POP3="+srv.Addr(), "POP3_USER=demo", "PASSWORD=demo", "DURATION=10s"))
	if got.status != 99 || !strings.Contains(got.said, "thresholds on metrics") {
		t.Errorf("status %d\n%s", got.status, got.said)
	}
}

func TestCtrlCPrintsWhatWasMeasuredAndLeavesNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals between processes")
	}
	srv := fakeserver.Start(t, synthetic(t), nil)
	r := newRunner(t)
	c := r.command(r.script(`import pop3 from 'k6/x/pop3';
export const options = { vus: 1, duration: '1h' };
export default function () {
	const s = pop3.connect(__ENV.POP3);
	s.login('demo', 'demo');
	s.retrieve();
	s.quit();
}`), "POP3="+srv.Addr())
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := srv.WaitFor(t.Context(), fakeserver.Ended(3)); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // the status says it
	got := r.result(c, said.String())
	if got.status != 105 || got.part.Messages < 40 || got.part.Octets != got.part.Messages*2048 || got.part.Seconds <= 0 || len(got.part.Errors) != 0 || !strings.Contains(got.said, "pop3_messages") {
		t.Errorf("status %d, %+v\n%s", got.status, got.part, got.said)
	}
	if err := srv.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}
