package control

import (
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/fakeserver/control/internal/input"
)

func (r routes) messages() {
	add := r.operation("add-messages", http.MethodPost, "/users/{user}/messages", "Add messages: one as it is, or some in the words of a scenario's mailbox", http.StatusCreated)
	add.MaxBodyBytes = r.limits.Message
	add.Errors = append(add.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage)
	huma.Register(r.api, add, r.addMessages)
	huma.Register(r.api, r.operation("list-messages", http.MethodGet, "/users/{user}/messages", "List the messages in the mailbox", http.StatusOK),
		func(ctx context.Context, in *struct {
			input.OfUser
			Page
		}) (*answer[*Messages], error) {
			return answering(r.Messages(ctx, in.User, in.Page))
		})
	clear := r.operation("delete-messages", http.MethodDelete, "/users/{user}/messages", "Delete all messages", http.StatusNoContent)
	huma.Register(r.api, clear, func(ctx context.Context, in *struct {
		input.OfUser
		input.WhenSeen
	}) (*nothing, error) {
		return done(r.DeleteMessages(ctx, in.User, nil, When(in.When)))
	})
	r.oneMessage()
}

func (r routes) oneMessage() {
	get := r.operation("message", http.MethodGet, "/users/{user}/messages/{uid}", "Get a message, octet for octet", http.StatusOK)
	get.Responses = map[string]*huma.Response{"200": {Description: "The message", Content: map[string]*huma.MediaType{
		"message/rfc822": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	huma.Register(r.api, get, func(ctx context.Context, in *input.OfMessage) (*huma.StreamResponse, error) {
		body, err := r.Message(ctx, in.User, in.UID)
		if err != nil {
			return nil, asStatus(err)
		}
		return &huma.StreamResponse{Body: func(to huma.Context) {
			defer func() { _ = body.Close() }() // it was only read
			to.SetHeader("Content-Type", "message/rfc822")
			to.SetHeader("X-Content-Type-Options", "nosniff")
			_, _ = io.Copy(to.BodyWriter(), body) // the client sees that it is cut
		}}, nil
	})
	rename := r.operation("rename-message", http.MethodPatch, "/users/{user}/messages/{uid}", "Give a message another unique-id", http.StatusOK)
	rename.Errors = append(rename.Errors, http.StatusConflict)
	huma.Register(r.api, rename, func(ctx context.Context, in *struct {
		input.OfMessage
		input.WhenSeen
		Body struct {
			UID string `json:"uid" minLength:"1" maxLength:"70" doc:"The new unique-id" example:"b1"`
		}
	}) (*answer[*Message], error) {
		return answering(r.RenameMessage(ctx, in.User, in.UID, in.Body.UID, When(in.When)))
	})
	huma.Register(r.api, r.operation("delete-message", http.MethodDelete, "/users/{user}/messages/{uid}", "Delete a message", http.StatusNoContent),
		func(ctx context.Context, in *struct {
			input.OfMessage
			input.WhenSeen
		}) (*nothing, error) {
			return done(r.DeleteMessages(ctx, in.User, []string{in.UID}, When(in.When)))
		})
}

// checked returns a body, or an error when its type is not supported.
func checked(w input.Words) ([]byte, error) {
	switch kind, _, _ := mime.ParseMediaType(w.ContentType); kind {
	case "", "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml":
		return w.RawBody, nil
	default:
		return nil, problem(http.StatusUnsupportedMediaType, "the body is application/json or application/yaml, not %q: say so with Content-Type", clip(w.ContentType))
	}
}

func (r routes) addMessages(ctx context.Context, in *struct {
	input.OfUser
	input.WhenSeen
	UID string `query:"uid" maxLength:"70" doc:"The unique-id of a message that is sent as message/rfc822; made of the content when missing" example:"a1"`
	input.Words
}) (*answer[*Messages], error) {
	new := NewMessages{When: When(in.When), UID: in.UID}
	if kind, _, _ := mime.ParseMediaType(in.ContentType); kind == "message/rfc822" {
		new.Raw = in.RawBody
		return answering(r.AddMessages(ctx, in.User, new))
	}
	body, err := checked(in.Words)
	if err == nil && in.UID != "" {
		err = problem(http.StatusUnprocessableEntity, "uid is for message/rfc822: say uidl in the body")
	}
	if err != nil {
		return answering[*Messages](nil, err)
	}
	new.Words = body
	return answering(r.AddMessages(ctx, in.User, new))
}
