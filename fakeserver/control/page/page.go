package page

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"pop3mtm/fakeserver/control"
)

//go:embed templates assets
var files embed.FS

// Page is the page of a simulator.
type Page struct {
	service   *control.Service
	templates *template.Template
	changed   notice
}

// New returns the page of a service.
func New(service *control.Service) *Page {
	templates := template.Must(template.ParseFS(files, "templates/*.html"))
	return &Page{service: service, templates: templates}
}

// write renders a template.
func (p *Page) write(w http.ResponseWriter, name string, data any) error {
	html, err := p.render(name, data)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html) // a browser that is gone needs no answer
	return nil
}

func (p *Page) render(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	err := p.templates.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}
