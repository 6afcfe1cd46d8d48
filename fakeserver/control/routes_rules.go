package control

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/fakeserver/control/internal/input"
)

func (r routes) rules() {
	huma.Register(r.api, r.operation("list-rules", http.MethodGet, "/users/{user}/rules", "List the rules: the first one that matches answers", http.StatusOK),
		func(ctx context.Context, in *input.OfUser) (*answer[[]Rule], error) {
			return answering(r.Rules(ctx, in.User))
		})
	add := r.operation("add-rules", http.MethodPost, "/users/{user}/rules", "Put a rule, or a list of rules, in front of the others", http.StatusCreated)
	add.Errors = append(add.Errors, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage)
	huma.Register(r.api, add, func(ctx context.Context, in *input.UserWords) (*answer[[]Rule], error) {
		body, err := checked(in.Words)
		if err != nil {
			return answering[[]Rule](nil, err)
		}
		return answering(r.AddRules(ctx, in.User, body))
	})
	put := r.operation("replace-rules", http.MethodPut, "/users/{user}/rules", "Replace all rules", http.StatusOK)
	put.Errors = add.Errors
	huma.Register(r.api, put, func(ctx context.Context, in *input.UserWords) (*answer[[]Rule], error) {
		body, err := checked(in.Words)
		if err != nil {
			return answering[[]Rule](nil, err)
		}
		return answering(r.ReplaceRules(ctx, in.User, body))
	})
	huma.Register(r.api, r.operation("delete-rules", http.MethodDelete, "/users/{user}/rules", "Delete all rules", http.StatusNoContent),
		func(ctx context.Context, in *input.OfUser) (*nothing, error) {
			return done(r.DeleteRules(ctx, in.User, ""))
		})
	huma.Register(r.api, r.operation("delete-rule", http.MethodDelete, "/users/{user}/rules/{id}", "Delete a rule", http.StatusNoContent),
		func(ctx context.Context, in *struct {
			input.OfUser
			ID string `path:"id" minLength:"1" maxLength:"20" doc:"The id of the rule" example:"r1"`
		}) (*nothing, error) {
			return done(r.DeleteRules(ctx, in.User, in.ID))
		})
}
