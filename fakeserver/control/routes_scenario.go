package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/fakeserver/control/internal/input"
)

// namedState is the body of the operations on the named state.
type namedState struct {
	State string `json:"state" minLength:"1" maxLength:"100" doc:"The named state; the first one is start" example:"start"`
}

func (r routes) scenario() {
	put := r.operation("play-scenario", http.MethodPut, "/users/{user}/scenario", "Play a scenario from the beginning: a built-in one by its name, or one of your own", http.StatusOK)
	put.Errors = append(put.Errors, http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage)
	huma.Register(r.api, put, func(ctx context.Context, in *struct {
		input.OfUser
		Case string `query:"case" maxLength:"100" doc:"The case of a scenario that has several; the first one when missing" example:"after=0,how=close"`
		input.Words
	}) (*answer[*PlayedScenario], error) {
		body, err := checked(in.Words)
		if err != nil {
			return answering[*PlayedScenario](nil, err)
		}
		return answering(r.PlayScenario(ctx, in.User, body, in.Case))
	})
	huma.Register(r.api, r.operation("scenario", http.MethodGet, "/users/{user}/scenario", "Show the scenario that is played", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[*PlayedScenario], error) {
			return answering(r.Scenario(ctx, in.User))
		})
	huma.Register(r.api, r.operation("state", http.MethodGet, "/users/{user}/state", "Show the named state", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[namedState], error) {
			state, err := r.State(ctx, in.User)
			return answering(namedState{state}, err)
		})
	huma.Register(r.api, r.operation("set-state", http.MethodPut, "/users/{user}/state", "Set the named state, as goto of a rule does", http.StatusOK),
		func(ctx context.Context, in *struct {
			input.OfUser
			Body namedState
		}) (*answer[namedState], error) {
			return answering(in.Body, r.SetState(ctx, in.User, in.Body.State))
		})
	r.reset()
}

func (r routes) reset() {
	type everything struct {
		All bool `json:"all,omitempty" doc:"Whether messages, rules, scenario and expectations are deleted too. Default: they begin again"`
	}
	huma.Register(r.api, r.operation("reset-user", http.MethodPost, "/users/{user}/reset",
		"Begin again: end and forget sessions, let rules count from the beginning, put messages back that are gone", http.StatusNoContent),
		func(ctx context.Context, in *struct {
			input.OfUser
			Body *everything
		}) (*nothing, error) {
			return done(r.Reset(ctx, in.User, in.Body != nil && in.Body.All))
		})
	huma.Register(r.api, r.operation("reset", http.MethodPost, "/reset", "Reset all users", http.StatusNoContent),
		func(ctx context.Context, in *struct{ Body *everything }) (*nothing, error) {
			return done(r.ResetAll(ctx, in.Body != nil && in.Body.All))
		})
}

func (r routes) listings() {
	huma.Register(r.api, r.operation("list-scenarios", http.MethodGet, "/scenarios", "List the built-in scenarios", http.StatusOK),
		func(ctx context.Context, _ *struct{}) (*answer[[]ScenarioEntry], error) {
			return answering(r.Scenarios(ctx))
		})
	huma.Register(r.api, r.operation("built-in-scenario", http.MethodGet, "/scenarios/{name}", "Show a built-in scenario with its text", http.StatusOK),
		func(ctx context.Context, in *struct {
			Name string `path:"name" maxLength:"100" doc:"The name" example:"retr-drop"`
		}) (*answer[*ScenarioSource], error) {
			return answering(r.ScenarioByName(ctx, in.Name))
		})
	huma.Register(r.api, r.operation("list-profiles", http.MethodGet, "/profiles", "List the known servers that scenarios can imitate", http.StatusOK),
		func(ctx context.Context, _ *struct{}) (*answer[[]ProfileEntry], error) {
			return answering(r.Profiles(ctx))
		})
	huma.Register(r.api, r.operation("list-quirks", http.MethodGet, "/quirks", "List what real servers do wrong, and the scenarios that show it", http.StatusOK),
		func(ctx context.Context, _ *struct{}) (*answer[[]QuirkEntry], error) {
			return answering(r.Quirks(ctx))
		})
}
