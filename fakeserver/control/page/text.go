package page

import (
	"io"
	"net/http"
)

// text serves a transcript in the notation of the RFCs.
func (p *Page) text(w http.ResponseWriter, r *http.Request) error {
	asked := wishOf(r)
	t, err := p.service.Transcript(r.Context(), asked.user, asked.session)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, t.Notation()) // a browser that is gone needs no answer
	return nil
}
