package control

import (
	"encoding/json"
	"net/http"
	"time"

	v5 "github.com/swaggest/swgui/v5emb"
)

// health adds the paths to the mux that are not operations: /livez, /readyz, /metrics and /docs.
func (s *Service) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusOK, s.alive()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if s.leaving.Load() {
			status(w, http.StatusServiceUnavailable, map[string]any{"status": "stopping; open sessions may finish"})
			return
		}
		if s.serving.Load().Addr() == "" {
			status(w, http.StatusServiceUnavailable, map[string]any{"status": "no POP3 listener"})
			return
		}
		status(w, http.StatusOK, map[string]any{"status": "ready", "addresses": s.o.Addresses})
	})
	mux.Handle("GET /metrics", s.metricsHandler())
	docs := v5.New("pop3sim", "/openapi.json", "/docs/")
	mux.Handle("GET /docs/", docs)
	mux.Handle("GET /docs", http.RedirectHandler("/docs/", http.StatusMovedPermanently))
}

// Leave makes /readyz answer that the simulator is stopping, so that nobody is sent here.
func (s *Service) Leave() { s.leaving.Store(true) }

func (s *Service) alive() map[string]any {
	return map[string]any{"status": "alive", "for": time.Since(s.begun).Round(time.Millisecond).String()}
}

func status(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // an error means that the client has gone
}
