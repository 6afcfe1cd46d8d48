package attend

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	// maxOpen limits the browsers that follow the page at a time.
	maxOpen = 100
	// slowest limits how long a browser may take to read a change.
	slowest = 30 * time.Second
	// pulse is the time after which a comment shows whether a silent browser is still there.
	pulse = 30 * time.Second
)

// enter counts a browser that follows the page. It reports whether there is room for one more.
func (p *Page) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open >= maxOpen {
		return false
	}
	p.open++
	return true
}

func (p *Page) exit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
}

// live sends what the page shows at each change, until the browser has gone.
func (p *Page) live(w http.ResponseWriter, r *http.Request) {
	if !p.enter() {
		http.Error(w, "too many browsers follow this page; close some", http.StatusServiceUnavailable)
		return
	}
	defer p.exit()
	sent, err := strconv.Atoi(r.FormValue("since"))
	if err != nil {
		sent = -1
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	text := ": follows\n\n"
	for {
		v, changed := p.view()
		if v.Version != sent {
			if text, err = p.event(v); err != nil {
				return
			}
			sent = v.Version
		}
		if err = send(w, text); err != nil {
			return
		}
		text = ": still there\n\n"
		select {
		case <-changed:
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// event returns the part of the page that changes, as a server-sent event.
func (p *Page) event(v *view) (string, error) {
	html, err := p.render("now", v)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(string(html))
	return fmt.Sprintf("data: %s\n\n", data), err
}

func send(w http.ResponseWriter, text string) error {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Now().Add(slowest)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(w, text); err != nil {
		return err
	}
	return out.Flush()
}
