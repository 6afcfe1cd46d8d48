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

// Options of a sink; nil and zero fields mean the defaults.
type Options struct {
	// Maildrops to deliver to, by address or by what stands before the @; other recipients are refused. nil: every
	// recipient is taken, and Messages has what came.
	Maildrops map[string]*fakeserver.Maildrop
	// Users who may log in. Default: nobody can, and AUTH is not offered.
	Users map[string]fakeserver.User
	// RequireAuth takes mail only from who has logged in.
	RequireAuth bool
	// Mechanisms of AUTH on offer; see fakeserver.Options.
	Mechanisms []string
	// PlaintextNeedsTLS does not offer what sends a secret as it is until the connection has TLS.
	PlaintextNeedsTLS bool
	// TLS makes STARTTLS work, and ServeTLS.
	TLS *tls.Config
	// Hostname in the greeting. Default: smtpsink.
	Hostname string
	// MaxMessage is the largest message in octets. Default: 64 MiB.
	MaxMessage int64
	// MaxRecipients of one message. Default: 100 (RFC 5321 section 4.5.3.1.8).
	MaxRecipients int
	// Room bounds the mail that is kept at once, whether here or in Maildrops: beyond it mail is refused with 452. What is
	// deleted from a maildrop in memory makes room again.
	Room maildrop.SpoolOptions
	// MaxBadLogins, DelayBadLogin and MaxSessions are as in fakeserver.Options.
	MaxBadLogins  int
	DelayBadLogin time.Duration
	MaxSessions   int
	// IdleTimeout, TranscriptOctets, OnSession, Log and Now are as in fakeserver.Options.
	IdleTimeout      time.Duration
	TranscriptOctets int
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

// Message is one message that was accepted.
type Message struct {
	Session    int    // the connection it came over, from 1
	User       string // who had logged in, if anybody had
	TLS        bool
	From       string
	Recipients []string
	Data       []byte // as it was sent, dots un-stuffed
}

// accepted is a message without its data, and its body.
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
	once sync.Once // starts what serves the pipes

	spool *maildrop.Spool

	mu       sync.Mutex
	messages []*accepted
	served   chan struct{} // closed when nothing serves the pipes any more
}

// maxCommand is the longest command: RFC 5321 section 4.5.3.1 has 512 octets, extensions add to it.
const maxCommand = 2000

// maxResponse is the longest line inside an AUTH exchange (RFC 4954 section 4).
const maxResponse = 12288

// New makes a sink that listens nowhere yet. Close must end it.
func New(o *Options) *Server {
	s := &Server{o: o.orDefault(), pipe: newPipeListener(), served: make(chan struct{})}
	room := s.o.Room
	if s.o.Maildrops == nil { // Messages has it all in memory
		room.Memory, room.Largest = math.MaxInt64, math.MaxInt64
	}
	s.spool = maildrop.NewSpool(room)
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = s.o.Hostname
	s.smtp.MaxMessageBytes = s.o.MaxMessage
	s.smtp.MaxRecipients = s.o.MaxRecipients
	s.smtp.AllowInsecureAuth = true // who may log in how is decided by Offers
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	mechanisms := s.o.Mechanisms
	if len(s.o.Users) == 0 {
		mechanisms = []string{}
	}
	s.Server = fakeserver.NewServer(protocol{s}, &fakeserver.Options{
		Users: s.o.Users, Mechanisms: mechanisms, PlaintextNeedsTLS: s.o.PlaintextNeedsTLS, TLS: s.o.TLS,
		MaxLine: maxCommand, MaxResponse: maxResponse, MaxBadCommands: -1, IdleTimeout: s.o.IdleTimeout,
		MaxBadLogins: s.o.MaxBadLogins, DelayBadLogin: s.o.DelayBadLogin, MaxSessions: s.o.MaxSessions,
		TranscriptOctets: s.o.TranscriptOctets, OnSession: s.o.OnSession, Log: s.o.Log, Now: s.o.Now,
	})
	return s
}

// Start runs a sink on a free port of 127.0.0.1 for the time of a test. Rules that had to fire and did not fail the test.
func Start(t testing.TB, o *Options) *Server {
	t.Helper()
	return start(t, o, false)
}

// StartTLS is Start for connections that begin with TLS.
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

// Close ends all sessions and waits for their goroutines. Its error is that of fakeserver.Server.Close.
func (s *Server) Close() error { return errors.Join(s.Server.Close(), s.closePipes()) }

// Shutdown returns that of fakeserver.Server: open sessions may end by themselves until ctx ends.
func (s *Server) Shutdown(ctx context.Context) error {
	return errors.Join(s.Server.Shutdown(ctx), s.closePipes())
}

func (s *Server) closePipes() error {
	s.once.Do(func() { close(s.served) }) // nothing has been started
	_ = s.pipe.Close()
	<-s.served
	err := s.smtp.Shutdown(context.Background()) // its sessions have ended with those of the server
	if errors.Is(err, smtp.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.spool.Close())
}

// serve answers on the pipes that sessions open; it runs from the first session on.
func (s *Server) serve() {
	s.once.Do(func() {
		go func() {
			defer close(s.served)
			_ = s.smtp.Serve(s.pipe) // it ends when the pipes are closed
		}()
	})
}

// Messages returns what has been accepted so far, in order. With Options.Maildrops it is in the maildrops instead.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, len(s.messages))
	for i, m := range s.messages {
		list[i] = m.Message
		list[i].Recipients = slices.Clone(m.Recipients)
		data, err := m.body.Raw()
		if err != nil && s.o.Log != nil {
			s.o.Log.Error("message cannot be read", "error", err)
		}
		list[i].Data = data
	}
	return list
}

// Refuse replaces the reply by a refusal with this code and text, and the command has no effect.
func Refuse(code int, text string) edit.Edit {
	return edit.Raw(fmt.Sprintf("%03d %s\r\n", code, text))
}

// maildrop finds the maildrop of a recipient.
func (s *Server) maildrop(address string) (*fakeserver.Maildrop, bool) {
	if d, ok := s.o.Maildrops[address]; ok {
		return d, true
	}
	local, _, _ := strings.Cut(address, "@")
	d, ok := s.o.Maildrops[local]
	return d, ok
}

// deliver keeps a message, or puts it into the maildrop of each recipient once.
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

// LoseReply lets the command take effect, and ends the connection as how says instead of replying: after the dot, the
// message is delivered and the client cannot know.
func LoseReply(how edit.End) edit.Edit {
	return func(r edit.Reply) edit.Reply {
		return edit.CutAfter(0, how)(edit.TakeEffect()(r))
	}
}
