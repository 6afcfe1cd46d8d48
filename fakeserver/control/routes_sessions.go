package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"pop3mtm/fakeserver/control/internal/input"
)

func (r routes) sessions() {
	huma.Register(r.api, r.operation("list-sessions", http.MethodGet, "/users/{user}/sessions", "List the sessions since creation or reset", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[[]Session], error) {
			return answering(r.Sessions(ctx, in.User))
		})
	get := r.operation("transcript", http.MethodGet, "/users/{user}/sessions/{number}/transcript",
		"Show what client and server have said, as JSON or, with Accept: text/plain, in the notation of the RFCs", http.StatusOK)
	huma.Register(r.api, get, func(ctx context.Context, in *struct {
		input.OfSession
		Accept string `header:"Accept" hidden:"true"`
	}) (*huma.StreamResponse, error) {
		t, err := r.Transcript(ctx, in.User, in.Number)
		if err != nil {
			return nil, asStatus(err)
		}
		return &huma.StreamResponse{Body: func(to huma.Context) { writeTranscript(to, t, in.Accept) }}, nil
	})
	huma.Register(r.api, r.operation("end-session", http.MethodDelete, "/users/{user}/sessions/{number}", "End an open session, without deleting mail", http.StatusNoContent),
		func(ctx context.Context, in *input.OfSession) (*nothing, error) {
			return done(r.EndSession(ctx, in.User, in.Number))
		})
	r.saveSession()
	events := r.operation("events", http.MethodGet, "/users/{user}/events", "Follow what happens in the sessions, as server-sent events", http.StatusOK)
	events.Errors = append(events.Errors, http.StatusTooManyRequests)
	huma.Register(r.api, events, func(ctx context.Context, in *struct {
		input.OfUser
		Past bool `query:"past" doc:"Whether to begin with what has happened since creation or reset"`
	}) (*huma.StreamResponse, error) {
		if _, err := r.User(ctx, in.User); err != nil {
			return nil, asStatus(err)
		}
		return &huma.StreamResponse{Body: func(to huma.Context) { r.stream(to, in.User, in.Past) }}, nil
	})
}

// plain reports whether a client prefers text to JSON.
func plain(accept string) bool {
	text, data := strings.Index(accept, "text/plain"), strings.Index(accept, "application/json")
	return text >= 0 && (data < 0 || text < data)
}

func writeTranscript(to huma.Context, t *Transcript, accept string) {
	if plain(accept) {
		to.SetHeader("Content-Type", "text/plain; charset=utf-8")
		_, _ = to.BodyWriter().Write([]byte(t.Notation())) // a client that is gone needs no answer
		return
	}
	to.SetHeader("Content-Type", "application/json")
	_ = json.NewEncoder(to.BodyWriter()).Encode(t) // a client that is gone needs no answer
}

// patience limits how long a client may take to read an event.
const patience = 30 * time.Second

// beat is how often a stream without events shows that it lives.
const beat = 15 * time.Second

// stream writes server-sent events until the client is gone.
func (r routes) stream(to huma.Context, user string, past bool) {
	_, w := humago.Unwrap(to)
	out := http.NewResponseController(w)
	send := func(text string) error {
		if err := out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
		return out.Flush()
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if send(": events of "+strings.ReplaceAll(user, "\n", " ")+"\n\n") != nil {
		return
	}
	ctx, cancel := context.WithCancel(to.Context())
	defer cancel()
	next, ended := make(chan Event), make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.Events(ctx, user, past, func(e Event) error {
			select {
			case next <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	quiet := time.NewTicker(beat)
	defer quiet.Stop()
	for {
		text := ": \n\n"
		select {
		case e := <-next:
			text = sse(e)
		case <-quiet.C:
		case <-ended:
			return
		}
		if send(text) != nil {
			cancel()
			<-ended
			return
		}
	}
}

// sse returns an event in the form of server-sent events.
func sse(e Event) string {
	data, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("event: %s\nid: %d.%d\ndata: %s\n\n", e.Kind, e.Session, e.Index, data)
}

func (r routes) saveSession() {
	save := r.operation("save-session", http.MethodGet, "/users/{user}/sessions/{number}/scenario",
		"Save a session as a scenario file: its mail, the rules of the user, and what the client did as expectations", http.StatusOK)
	save.Errors = append(save.Errors, http.StatusConflict)
	save.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(r.api, save, func(ctx context.Context, in *input.OfSession) (*huma.StreamResponse, error) {
		text, err := r.SaveSession(ctx, in.User, in.Number)
		if err != nil {
			return nil, asStatus(err)
		}
		return &huma.StreamResponse{Body: func(to huma.Context) {
			to.SetHeader("Content-Type", "application/yaml")
			to.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="session-%d.yaml"`, in.Number))
			_, _ = to.BodyWriter().Write(text) // a client that is gone needs no answer
		}}, nil
	})
}
