package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/fakeserver/control/internal/input"
	"pop3mtm/scenarios"
)

func (r routes) verdict() {
	huma.Register(r.api, r.operation("expect", http.MethodGet, "/users/{user}/expect", "Show what is expected of the client", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[*ExpectWords], error) {
			return answering(r.Expect(ctx, in.User))
		})
	put := r.operation("set-expect", http.MethodPut, "/users/{user}/expect", "Say what is expected of the client, for the verdict", http.StatusOK)
	put.Errors = append(put.Errors, http.StatusUnsupportedMediaType)
	huma.Register(r.api, put, func(ctx context.Context, in *input.UserWords) (*answer[*ExpectWords], error) {
		body, err := checked(in.Words)
		if err != nil {
			return answering[*ExpectWords](nil, err)
		}
		return answering(r.SetExpect(ctx, in.User, body))
	})
	get := r.operation("verdict", http.MethodGet, "/users/{user}/verdict", "Judge all sessions since creation or reset, as often as wanted", http.StatusOK)
	huma.Register(r.api, get, func(ctx context.Context, in *struct {
		input.OfUser
		Format string `query:"format" enum:"json,text,junit,tap" default:"json" doc:"The form of the verdict"`
		Accept string `header:"Accept" hidden:"true"`
	}) (*huma.StreamResponse, error) {
		v, err := r.Verdict(ctx, in.User)
		if err != nil {
			return nil, asStatus(err)
		}
		if plain(in.Accept) && in.Format == "json" {
			in.Format = "text"
		}
		return &huma.StreamResponse{Body: func(to huma.Context) { writeVerdict(to, v, in.Format) }}, nil
	})
	wait := r.operation("wait", http.MethodPost, "/users/{user}/wait", "Wait for a command, the end of a session, or mail; at once when it has happened since creation or reset", http.StatusOK)
	wait.Errors = append(wait.Errors, http.StatusRequestTimeout, http.StatusTooManyRequests)
	huma.Register(r.api, wait, func(ctx context.Context, in *struct {
		input.OfUser
		Body Wait
	}) (*answer[*Waited], error) {
		return answering(r.Wait(ctx, in.User, in.Body))
	})
}

func writeVerdict(to huma.Context, v *scenarios.Verdict, format string) {
	kind := map[string]string{"text": "text/plain; charset=utf-8", "tap": "text/plain; charset=utf-8", "junit": "application/xml"}[format]
	if kind == "" {
		kind = "application/json"
	}
	to.SetHeader("Content-Type", kind)
	_ = v.Write(to.BodyWriter(), format) // a client that is gone needs no answer
}
