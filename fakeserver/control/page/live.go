package page

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"pop3mtm/fakeserver/control"
)

// notice wakes the open pages when a form has changed something.
type notice struct {
	mu sync.Mutex
	c  chan struct{}
}

// next returns a channel that is closed by tell.
func (n *notice) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c == nil {
		n.c = make(chan struct{})
	}
	return n.c
}

func (n *notice) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.c != nil {
		close(n.c)
		n.c = nil
	}
}

const (
	// calm is the shortest time between two updates of a page.
	calm = 100 * time.Millisecond
	// look is the time between two checks for changes by other programs.
	look = time.Second
	// patience limits how long a browser may take to read.
	patience = 30 * time.Second
)

// parts returns the templates that are sent again when they have changed. An element of the page
// with the same id shows each.
func parts() []string {
	return []string{"scenario", "verdict", "sessions", "session", "maildrop", "rules"}
}

// stream is a page that is open in a browser.
type stream struct {
	page    *Page
	wish    wish
	w       http.ResponseWriter
	out     *http.ResponseController
	sent    map[string]string // the parts as the browser has them
	session int               // the session whose transcript it has, or 0
	rows    rows
	pending []byte // rows that are still to be sent
	clear   bool   // the transcript of another session comes next
}

// live sends changes until the browser has gone.
func (p *Page) live(w http.ResponseWriter, r *http.Request) error {
	s := &stream{page: p, wish: wishOf(r), w: w, out: http.NewResponseController(w), sent: map[string]string{}, clear: true}
	if _, err := p.service.User(r.Context(), s.wish.user); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	events, ended := make(chan control.Event, 64), make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.service.Events(ctx, s.wish.user, true, func(e control.Event) error {
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	_ = s.run(ctx, events, ended) // the browser is gone, or knows
	return nil
}

// run sends changes until the browser or the user has gone.
func (s *stream) run(ctx context.Context, events <-chan control.Event, ended <-chan struct{}) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		changed := s.page.changed.next()
		if err := s.update(ctx); err != nil {
			return err
		}
		select {
		case e := <-events:
			s.take(e)
		case <-changed:
		case <-tick.C:
		case <-ended:
			return s.send("gone", "")
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.collect(ctx, events); err != nil {
			return err
		}
	}
}

// collect takes all events within a moment, so that a fast session is not sent line by line.
func (s *stream) collect(ctx context.Context, events <-chan control.Event) error {
	moment := time.NewTimer(calm)
	defer moment.Stop()
	for {
		select {
		case e := <-events:
			s.take(e)
		case <-moment.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take renders an event of the shown session.
func (s *stream) take(e control.Event) {
	if e.Kind == "session" && (s.wish.session == 0 || s.wish.session == e.Session) {
		s.show(e.Session)
	}
	if e.Session != s.session || e.Kind != "line" && e.Kind != "rule" {
		return
	}
	if html, err := s.page.render("row", s.rows.event(e)); err == nil {
		s.pending = append(s.pending, html...)
	}
}

// show begins the transcript of a session, or with 0 an empty one.
func (s *stream) show(session int) {
	s.session, s.rows, s.pending, s.clear = session, rows{}, nil, true
}

// update sends the parts that have changed, and the new rows.
func (s *stream) update(ctx context.Context) error {
	v, err := s.page.view(ctx, s.wish)
	if err != nil {
		return s.send("gone", "")
	}
	for _, name := range parts() {
		if err := s.part(name, v); err != nil {
			return err
		}
	}
	if len(v.sessions) == 0 && s.session != 0 {
		s.show(0) // there was a reset
	}
	if s.clear {
		s.clear = false
		if err := s.send("clear", ""); err != nil {
			return err
		}
	}
	if len(s.pending) == 0 {
		return nil
	}
	html := string(s.pending)
	s.pending = nil
	return s.send("rows", html)
}

// part sends a part if it has changed.
func (s *stream) part(name string, v *view) error {
	html, err := s.page.render(name, v)
	if err != nil || s.sent[name] == string(html) {
		return err
	}
	s.sent[name] = string(html)
	return s.send("part", struct {
		ID   string `json:"id"`
		HTML string `json:"html"`
	}{name, string(html)})
}

// send sends one server-sent event.
func (s *stream) send(kind string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	if err := s.out.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", kind, text); err != nil {
		return err
	}
	return s.out.Flush()
}
