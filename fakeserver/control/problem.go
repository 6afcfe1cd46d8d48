package control

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/scenarios"
)

// Problem is the error of every operation. Over HTTP it is sent as a problem (RFC 9457).
type Problem struct {
	// Status is an HTTP status: 404 for an unknown name, 409 for one that exists, 422 for invalid
	// input, 408 for a timeout, 413 for a body and 507 for storage over a limit.
	Status int
	Detail string
	// Places holds the errors in a body, one for each place.
	Places []string
}

// Error returns the detail and the places.
func (p *Problem) Error() string {
	text := p.Detail
	for _, place := range p.Places {
		text += "\n" + place
	}
	return text
}

func problem(status int, format string, args ...any) *Problem {
	return &Problem{Status: status, Detail: fmt.Sprintf(format, args...)}
}

func unknownUser(name string) *Problem {
	return problem(http.StatusNotFound, "there is no user %q; GET /api/v1/users lists them", clip(name))
}

// full returns the problem for a storage limit.
func full(format string, args ...any) *Problem {
	return problem(http.StatusInsufficientStorage, format, args...)
}

// wrongWords returns the problem for a body that package scenarios could not read.
func wrongWords(err error) *Problem {
	p := problem(http.StatusUnprocessableEntity, "the body is not what is expected here")
	var all scenarios.Errors
	if !errors.As(err, &all) {
		p.Places = []string{err.Error()}
		return p
	}
	for _, one := range all {
		place := one.Text
		if one.Line > 0 {
			place = fmt.Sprintf("line %d, column %d: %s", one.Line, one.Column, one.Text)
		}
		p.Places = append(p.Places, place)
	}
	return p
}

// asStatus returns the error in its HTTP form.
func asStatus(err error) error {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return err
	}
	var details []error
	for _, place := range p.Places {
		details = append(details, &huma.ErrorDetail{Message: place, Location: "body"})
	}
	return huma.NewError(p.Status, p.Detail, details...)
}

// clip shortens what a client sent for an error text.
func clip(text string) string {
	if len(text) > 60 {
		return text[:60] + "..."
	}
	return text
}
