package smtpsink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"pop3mtm/fakeserver"
	"pop3mtm/fakeserver/edit"
	"pop3mtm/fakeserver/maildrop"
)

// Options configures a sink; nil and zero fields mean the defaults.
type Options struct {
	// Maildrops receive the mail, by address or by the part before the @; other recipients are
	// refused. nil: every recipient is accepted, and Messages returns the mail.
	Maildrops map[string]*fakeserver.Maildrop
	// Find returns the maildrop of a recipient whom Maildrops does not have, by the same names, or
	// nil. Default: there are no others.
	Find func(name string) *fakeserver.Maildrop
	// Users may log in. Default: AUTH is not offered.
	Users map[string]fakeserver.User
	// RequireAuth refuses mail before login.
	RequireAuth bool
	// Mechanisms lists the mechanisms of AUTH to offer; see fakeserver.Options.
	Mechanisms []string
	// PlaintextNeedsTLS rejects clear-text logins before TLS, and does not offer them.
	PlaintextNeedsTLS bool
	// TLS is the server's side of TLS, for STARTTLS and ServeTLS.
	TLS *tls.Config
	// Hostname is the name in the greeting. Default: smtpsink.
	Hostname string
	// MaxMessage is the largest message in octets. Default: 64 MiB.
	MaxMessage int64
	// MaxRecipients limits the recipients of a message. Default: 100 (RFC 5321 section 4.5.3.1.8).
	MaxRecipients int
	// Room limits the mail stored at once, here or in Maildrops; beyond it mail is refused with
	// 452. Deleting mail from a maildrop in memory frees room.
	Room maildrop.SpoolOptions
	// MaxBadLogins, DelayBadLogin and MaxSessions are those of fakeserver.Options.
	MaxBadLogins  int
	DelayBadLogin time.Duration
	MaxSessions   int
	// IdleTimeout, TranscriptOctets, OnLines, OnSession, Log and Now are those of
	// fakeserver.Options.
	IdleTimeout      time.Duration
	TranscriptOctets int
	OnLines          func(fakeserver.Transcript, []string)
	OnSession        func(fakeserver.Transcript)
	Log              *slog.Logger
	Now              func() time.Time
}

func (o *Options) orDefault() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Users == nil {
		d.Users = map[string]fakeserver.User{}
	}
	if d.Hostname == "" {
		d.Hostname = "smtpsink"
	}
	if d.MaxMessage <= 0 {
		d.MaxMessage = 64 << 20
	}
	if d.MaxRecipients <= 0 {
		d.MaxRecipients = 100
	}
	return d
}

// Message is an accepted message.
type Message struct {
	Session    int    // the number of the connection, from 1
	User       string // who had logged in, or empty
	TLS        bool
	From       string
	Recipients []string
	Data       []byte // as sent, with dots un-stuffed
}

// accepted is an accepted message, with its data still in the spool.
type accepted struct {
	Message
	body *maildrop.Spooled
}

// Server is a sink. The methods of fakeserver.Server work on it as on a POP3 server.
type Server struct {
	*fakeserver.Server
	o    Options
	smtp *smtp.Server
	pipe *pipeListener
	once sync.Once // starts the goroutine that serves the pipes

	spool *maildrop.Spool

	mu       sync.Mutex
	messages []*accepted
	served   chan struct{} // closed when that goroutine has ended
}

// maxCommand is the longest command: RFC 5321 section 4.5.3.1 allows 512 octets, extensions add to
// it.
const maxCommand = 2000

// maxResponse is the longest line inside an AUTH exchange (RFC 4954 section 4).
const maxResponse = 12288

// New returns a sink that does not listen yet. The caller must call Close.
func New(o *Options) *Server {
	s := &Server{o: o.orDefault(), pipe: newPipeListener(), served: make(chan struct{})}
	room := s.o.Room
	if s.o.Maildrops == nil { // Messages holds all in memory
		room.Memory, room.Largest = math.MaxInt64, math.MaxInt64
	}
	s.spool = maildrop.NewSpool(room)
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = s.o.Hostname
	s.smtp.MaxMessageBytes = s.o.MaxMessage
	s.smtp.MaxRecipients = s.o.MaxRecipients
	s.smtp.AllowInsecureAuth = true // Offers decides which logins are allowed
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	mechanisms := s.o.Mechanisms
	if len(s.o.Users) == 0 {
		mechanisms = []string{}
	}
	s.Server = fakeserver.NewServer(protocol{s}, &fakeserver.Options{
		Users: s.o.Users, Mechanisms: mechanisms, PlaintextNeedsTLS: s.o.PlaintextNeedsTLS, TLS: s.o.TLS,
		MaxLine: maxCommand, MaxResponse: maxResponse, MaxBadCommands: -1, IdleTimeout: s.o.IdleTimeout,
		MaxBadLogins: s.o.MaxBadLogins, DelayBadLogin: s.o.DelayBadLogin, MaxSessions: s.o.MaxSessions,
		TranscriptOctets: s.o.TranscriptOctets, OnLines: s.o.OnLines, OnSession: s.o.OnSession, Log: s.o.Log, Now: s.o.Now,
	})
	return s
}

// Start starts a sink on a free port of 127.0.0.1 for the duration of a test. Required rules that
// have not fired fail the test.
func Start(t testing.TB, o *Options) *Server {
	t.Helper()
	return start(t, o, false)
}

// StartTLS is like Start, for connections that begin with TLS.
func StartTLS(t testing.TB, o *Options) *Server {
	t.Helper()
	return start(t, o, true)
}

func start(t testing.TB, o *Options, implicitTLS bool) *Server {
	t.Helper()
	s := New(o)
	t.Cleanup(func() {
		if err := s.closePipes(); err != nil {
			t.Errorf("SMTP server: %v", err)
		}
	})
	fakeserver.StartServer(t, s.Server, implicitTLS)
	return s
}

// Close ends all sessions and waits for their goroutines. It returns the error of
// fakeserver.Server.Close.
func (s *Server) Close() error { return errors.Join(s.Server.Close(), s.closePipes()) }

// Shutdown stops listening, waits until the open sessions end by themselves or ctx ends, and then
// closes the sink.
func (s *Server) Shutdown(ctx context.Context) error {
	return errors.Join(s.Server.Shutdown(ctx), s.closePipes())
}

func (s *Server) closePipes() error {
	s.once.Do(func() { close(s.served) }) // the pipes were never served
	_ = s.pipe.Close()
	<-s.served
	err := s.smtp.Shutdown(context.Background()) // its sessions have ended with those of the server
	if errors.Is(err, smtp.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.spool.Close())
}

// serve runs go-smtp on the pipes of sessions; the first session starts it.
func (s *Server) serve() {
	s.once.Do(func() {
		go func() {
			defer close(s.served)
			_ = s.smtp.Serve(s.pipe) // it ends when the pipes are closed
		}()
	})
}

// Messages returns the accepted messages in order. With Options.Maildrops they are in the maildrops
// instead.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, len(s.messages))
	for i, m := range s.messages {
		list[i] = m.Message
		list[i].Recipients = slices.Clone(m.Recipients)
		data, err := m.body.Raw()
		if err != nil && s.o.Log != nil {
			s.o.Log.Error("cannot read the message", "error", err)
		}
		list[i].Data = data
	}
	return list
}

// Refuse replaces the reply by a refusal with this code and text; the command has no effect.
func Refuse(code int, text string) edit.Edit {
	return edit.Raw(fmt.Sprintf("%03d %s\r\n", code, text))
}

// maildrop returns the maildrop of a recipient.
func (s *Server) maildrop(address string) (*fakeserver.Maildrop, bool) {
	if d, ok := s.o.Maildrops[address]; ok {
		return d, true
	}
	local, _, _ := strings.Cut(address, "@")
	if d, ok := s.o.Maildrops[local]; ok || s.o.Find == nil {
		return d, ok
	}
	for _, name := range []string{address, local} {
		if d := s.o.Find(name); d != nil {
			return d, true
		}
	}
	return nil, false
}

// deliver stores a message, or delivers it once into the maildrop of each recipient.
func (s *Server) deliver(m *accepted) error {
	if s.o.Maildrops == nil {
		m.body.Hold()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages = append(s.messages, m)
		return nil
	}
	done := map[*fakeserver.Maildrop]bool{}
	for _, to := range m.Recipients {
		d, ok := s.maildrop(to)
		if !ok || done[d] {
			continue
		}
		done[d] = true
		m.body.Hold()
		if err := d.Deliver(m.body); err != nil {
			m.body.Release()
			return err
		}
	}
	return nil
}

// LoseReply lets the command take effect, but ends the connection as how says instead of replying.
// After the dot, the message is delivered but the client gets no reply.
func LoseReply(how edit.End) edit.Edit {
	return func(r edit.Reply) edit.Reply {
		return edit.CutAfter(0, how)(edit.TakeEffect()(r))
	}
}
