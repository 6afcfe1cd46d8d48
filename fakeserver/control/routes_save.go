package control

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/fakeserver/control/internal/input"
)

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
