package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

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
