package control

import (
	_ "embed"
	"encoding/json"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// examples.json has an example for each operation: the body of the request, if there is one, and of
// the answer. A test sends each request and compares the answers.
//
//go:embed examples.json
var examplesText []byte

// example is the example of one operation.
type example struct {
	Request  any `json:"request,omitempty"`
	Response any `json:"response,omitempty"`
}

// exemplify adds the examples to the OpenAPI document.
func exemplify(doc *huma.OpenAPI) {
	var all map[string]example
	if err := json.Unmarshal(examplesText, &all); err != nil {
		panic(err) // it is embedded
	}
	for _, item := range doc.Paths {
		for _, op := range operationsOf(item) {
			one, known := all[op.OperationID]
			if !known {
				continue
			}
			if op.RequestBody != nil && one.Request != nil {
				for kind, media := range op.RequestBody.Content {
					if kind == "application/json" {
						media.Example = one.Request
					}
				}
			}
			if answer := op.Responses[strconv.Itoa(op.DefaultStatus)]; answer != nil {
				for _, media := range answer.Content {
					media.Example = one.Response
				}
			}
		}
	}
}

func operationsOf(item *huma.PathItem) (all []*huma.Operation) {
	for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch} {
		if op != nil {
			all = append(all, op)
		}
	}
	return all
}
