package control

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"pop3mtm/fakeserver/control/internal/input"
)

// Handler returns the HTTP API, behind Guard: the operations below /api/v1, /openapi.json to
// describe them, /docs to try them, /metrics, /livez and /readyz.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	s.Mount(mux)
	return s.Guard(mux)
}

// Guard is the function [Guard] with the token of the service.
func (s *Service) Guard(next http.Handler) http.Handler { return Guard(s.o.Token, next) }

// Mount adds the HTTP API to a mux, for a caller that also serves other paths. The caller wraps the
// mux with Guard.
func (s *Service) Mount(mux *http.ServeMux) {
	api := humago.New(mux, config())
	r := routes{s, api}
	r.users()
	r.messages()
	r.rules()
	r.sessions()
	r.scenario()
	r.verdict()
	r.listings()
	s.health(mux)
	describe(api.OpenAPI())
	exemplify(api.OpenAPI())
	mux.Handle("GET /openapi.json", openAPI(api.OpenAPI()))
}

func config() huma.Config {
	c := huma.DefaultConfig("pop3sim", "1")
	c.Info.Description = "Control a running POP3 simulator: give each test its own user, with mail, faults, transcripts and a verdict."
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.RejectUnknownQueryParameters = true
	c.Transformers = append(c.Transformers, withoutValues)
	return c
}

// withoutValues removes what the caller sent from a problem: it may be a password, and clients show
// problems in their logs. The location says what is wrong.
func withoutValues(_ huma.Context, _ string, body any) (any, error) {
	if p, ok := body.(*huma.ErrorModel); ok {
		for _, detail := range p.Errors {
			detail.Value = nil
		}
	}
	return body, nil
}

// routes registers the operations.
type routes struct {
	*Service
	api huma.API
}

// bodyTime limits the time in which the body of a request must arrive.
const bodyTime = 10 * time.Second

// operation returns the description of an operation for the OpenAPI document.
func (r routes) operation(id, method, path, summary string, status int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: prefix + path, Summary: summary, DefaultStatus: status,
		MaxBodyBytes: r.limits.Body, BodyReadTimeout: bodyTime,
		Errors: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound},
	}
}

// answer is a response with a body.
type answer[T any] struct{ Body T }

// answering returns the response with a value, or the error in its HTTP form.
func answering[T any](value T, err error) (*answer[T], error) {
	if err != nil {
		return nil, asStatus(err)
	}
	return &answer[T]{value}, nil
}

// nothing is a response without a body.
type nothing struct{}

func done(err error) (*nothing, error) {
	if err != nil {
		return nil, asStatus(err)
	}
	return &nothing{}, nil
}

func (r routes) users() {
	create := r.operation("create-user", http.MethodPost, "/users", "Create a user, with its own mailbox, rules and sessions", http.StatusCreated)
	create.Errors = append(create.Errors, http.StatusConflict, http.StatusInsufficientStorage)
	huma.Register(r.api, create, func(ctx context.Context, in *struct {
		Body *NewUser `doc:"The user; each field is optional"`
	}) (*answer[*CreatedUser], error) {
		if in.Body == nil {
			in.Body = &NewUser{}
		}
		return answering(r.CreateUser(ctx, *in.Body))
	})
	huma.Register(r.api, r.operation("list-users", http.MethodGet, "/users", "List the users", http.StatusOK),
		func(ctx context.Context, _ *struct{}) (*answer[[]User], error) { return answering(r.Users(ctx)) })
	huma.Register(r.api, r.operation("user", http.MethodGet, "/users/{user}", "Show a user", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[*User], error) {
			return answering(r.User(ctx, in.User))
		})
	open := r.operation("open-port", http.MethodPost, "/users/{user}/port", "Give a user a port of its own, for what happens before login", http.StatusOK)
	open.Errors = append(open.Errors, http.StatusInsufficientStorage)
	huma.Register(r.api, open, func(ctx context.Context, in *input.OfUser) (*answer[*Addresses], error) {
		return answering(r.OpenPort(ctx, in.User))
	})
	huma.Register(r.api, r.operation("close-port", http.MethodDelete, "/users/{user}/port", "Let a user log in on the shared port again", http.StatusNoContent),
		func(ctx context.Context, in *input.OfUser) (*nothing, error) { return done(r.ClosePort(ctx, in.User)) })
	huma.Register(r.api, r.operation("delete-user", http.MethodDelete, "/users/{user}", "Delete a user with all its data", http.StatusNoContent),
		func(ctx context.Context, in *input.OfUser) (*nothing, error) { return done(r.DeleteUser(ctx, in.User)) })
}
