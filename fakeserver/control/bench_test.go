package control_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/control"
	"pop3mtm/fakeserver/maildrop"
	"pop3mtm/internal/budget"
	"pop3mtm/internal/need"
)

// visit is a session of a tenant that waits 5 ms before each of its commands.
func visit(conn net.Conn, user string) error {
	c := &client{conn: conn, in: newReader(conn)}
	c.line()
	for _, command := range append([]string{"USER " + user, "PASS x"}, slices.Repeat([]string{"NOOP"}, 20)...) {
		<-time.After(5 * time.Millisecond)
		if said := c.say(command); !strings.HasPrefix(said, "+OK") {
			return fmt.Errorf("%s: %s", command, said)
		}
	}
	return conn.Close()
}

// tenants makes users with a rule each.
func tenants(t testing.TB, service *control.Service, count int) []string {
	t.Helper()
	names := make([]string, count)
	for i := range names {
		names[i] = fmt.Sprint("tenant", i)
		_, err := service.CreateUser(t.Context(), control.NewUser{Name: names[i], Password: "x"})
		if err == nil {
			_, err = service.AddRules(t.Context(), names[i], []byte("{on: NOOP, nth: 5, do: [{ok: fifth}]}"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// In a bubble, where only waits take time, a hundred tenants take as long as one: none waits for
// another.
func TestTenantsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := fakeserver.New(nil, &fakeserver.Options{Timed: true})
		names := tenants(t, control.New(server, nil), 100)
		took := func(names []string) time.Duration {
			begin := time.Now()
			var all sync.WaitGroup
			for _, name := range names {
				all.Go(func() {
					near, far := net.Pipe()
					go server.ServeConn(far)
					if err := visit(near, name); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			return time.Since(begin)
		}
		if one, hundred := took(names[:1]), took(names); hundred != one {
			t.Errorf("one takes %v, and a hundred %v", one, hundred)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkTenants compares a hundred tenants, whose sessions wait 5 ms before each command, in
// parallel with one, by the clock.
func BenchmarkTenants(b *testing.B) {
	server := fakeserver.Start(b, nil, &fakeserver.Options{Timed: true})
	names := tenants(b, control.New(server, nil), 100)
	took := func(names []string) time.Duration {
		begin := time.Now()
		var all sync.WaitGroup
		for _, name := range names {
			all.Go(func() {
				conn, err := net.Dial("tcp", server.Addr())
				if err == nil {
					err = visit(conn, name)
				}
				if err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		return time.Since(begin)
	}
	var ratios []float64
	for b.Loop() {
		one := took(names[:1])
		ratios = append(ratios, took(names).Seconds()/one.Seconds())
	}
	b.ReportMetric(middle(ratios), "times-one")
}

func middle(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// BenchmarkRetrWithTheAPIIdle fetches 10,000 messages of 8 KiB in five sessions, from a server
// alone and from one with the API beside it, in turns. It reports what the API costs by the clock
// and in processor time, client and kernel included: the medians of the ratios of pairs.
func BenchmarkRetrWithTheAPIIdle(b *testing.B) {
	var mail []maildrop.Message
	for i := range 2000 {
		mail = append(mail, maildrop.Bytes(fmt.Sprint("m", i), maildrop.SyntheticMessage(1, i+1, 8<<10)))
	}
	alone := fakeserver.Start(b, fakeserver.NewMaildrop(mail...), &fakeserver.Options{TranscriptOctets: -1})
	with := fakeserver.Start(b, fakeserver.NewMaildrop(mail...), &fakeserver.Options{Timed: true})
	_ = control.New(with, nil).Handler()
	fetch := func(server *fakeserver.Server) (took, worked float64) {
		begin, used := time.Now(), budget.Processor()
		for range 5 {
			fetchAll(b, server.Addr(), len(mail))
		}
		return time.Since(begin).Seconds(), (budget.Processor() - used).Seconds()
	}
	fetch(alone)
	fetch(with)
	var times, work []float64
	for turn := true; b.Loop(); turn = !turn {
		first, second := alone, with
		if turn {
			first, second = with, alone
		}
		took, worked := fetch(first)
		took2, worked2 := fetch(second)
		if turn {
			took, took2, worked, worked2 = took2, took, worked2, worked
		}
		times, work = append(times, took2/took), append(work, worked2/worked)
	}
	b.ReportMetric((middle(times)-1)*100, "%slower")
	b.ReportMetric((middle(work)-1)*100, "%more-work")
}

// fetchAll fetches messages of 8 KiB, with all commands sent at once.
func fetchAll(b *testing.B, addr string, count int) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		commands := []byte("USER demo\r\nPASS demo\r\n")
		for n := range count {
			commands = fmt.Appendf(commands, "RETR %d\r\n", n+1)
		}
		_, _ = conn.Write(append(commands, "QUIT\r\n"...)) // the other side reports what is missing
	}()
	n, err := io.Copy(io.Discard, conn)
	if err != nil || n < int64(count)*8<<10 {
		b.Fatalf("%d octets, %v", n, err)
	}
	_ = conn.Close() // everything has been read
}

// job adds messages one by one, lists them and deletes all.
type job struct {
	add, list, clear func(i int) (method, url, kind, body string)
}

func (j job) run(count int) error {
	do := func(method, url, kind, body string) error {
		request, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", kind)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err == nil && answer.StatusCode >= 300 {
			err = fmt.Errorf("%s %s: %d: %s", method, url, answer.StatusCode, text)
		}
		return err
	}
	for i := range count {
		if err := do(j.add(i)); err != nil {
			return err
		}
	}
	if err := do(j.list(0)); err != nil {
		return err
	}
	return do(j.clear(0))
}

// BenchmarkBesideMailpit gives the same job to this API and to that of Mailpit, in turns: add 1,000
// messages of 2 KiB, list them, delete all. It reports how often as fast this one is.
func BenchmarkBesideMailpit(b *testing.B) {
	const count = 1000
	theirs := mailpit(b, need.Program(b, "mailpit"))
	s := started(b, nil)
	if _, err := s.service.CreateUser(b.Context(), control.NewUser{Name: "ann", Password: "x"}); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("All work and no play makes a dull message.\r\n", 45)
	body, err := json.Marshal(map[string]any{"From": map[string]string{"Email": "a@example.org"}, "To": []map[string]string{{"Email": "b@example.org"}}, "Subject": "one", "Text": text})
	if err != nil {
		b.Fatal(err)
	}
	raw := "From: a@example.org\r\nTo: b@example.org\r\nSubject: one\r\n\r\n" + text
	fixed := func(method, url, kind, body string) func(int) (string, string, string, string) {
		return func(int) (string, string, string, string) { return method, url, kind, body }
	}
	ann := s.url + "/api/v1/users/ann/messages"
	ours := job{fixed("POST", ann, "message/rfc822", raw), fixed("GET", ann+"?limit=1000", "", ""), fixed("DELETE", ann, "", "")}
	other := job{fixed("POST", theirs+"/api/v1/send", "application/json", string(body)), fixed("GET", theirs+"/api/v1/messages?limit=1000", "", ""),
		fixed("DELETE", theirs+"/api/v1/messages", "application/json", "{}")}
	took := func(j job) float64 {
		begin := time.Now()
		if err := j.run(count); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin).Seconds()
	}
	var ratios, rates []float64
	for b.Loop() {
		mine := took(ours)
		ratios, rates = append(ratios, took(other)/mine), append(rates, count/mine)
	}
	b.ReportMetric(middle(ratios), "times-as-fast")
	b.ReportMetric(middle(rates), "messages/s")
}

// mailpit starts the program and returns its URL.
func mailpit(b *testing.B, program string) string {
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = l.Close() }() // for the program
		return l.Addr().String()
	}
	address := free()
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program, "--quiet", "--disable-version-check", "--max", "5000", "--listen", address, "--smtp", free(), "--database", filepath.Join(b.TempDir(), "mail.db"))
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cancel()
		_ = command.Wait() // it was killed
	})
	for range 1000 {
		if answer, err := http.Get("http://" + address + "/livez"); err == nil {
			_ = answer.Body.Close()
			return "http://" + address
		}
		<-time.After(10 * time.Millisecond)
	}
	b.Fatal("mailpit does not answer")
	return ""
}
