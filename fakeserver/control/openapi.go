package control

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pop3mtm/scenarios"
)

// Schema implements huma.SchemaProvider.
func (RuleWords) Schema(huma.Registry) *huma.Schema { return wordsSchema("Rule") }

// Schema implements huma.SchemaProvider.
func (ExpectWords) Schema(huma.Registry) *huma.Schema { return wordsSchema("Expect") }

// wordsSchema returns a reference to a schema of scenario files, which the document includes.
func wordsSchema(name string) *huma.Schema {
	return &huma.Schema{Ref: "#/components/schemas/scenario." + name}
}

// describe adds the bodies in the format of scenario files to the document.
func describe(doc *huma.OpenAPI) {
	list := func(name string) *huma.Schema {
		return &huma.Schema{OneOf: []*huma.Schema{wordsSchema(name), {Type: huma.TypeArray, Items: wordsSchema(name)}}}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put} {
			if op == nil {
				continue
			}
			switch op.OperationID {
			case "add-messages":
				op.RequestBody.Content = inWords(list("Mail"))
				op.RequestBody.Content["message/rfc822"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
			case "add-rules", "replace-rules":
				op.RequestBody.Content = inWords(list("Rule"))
			case "set-expect":
				op.RequestBody.Content = inWords(wordsSchema("Expect"))
			case "play-scenario":
				op.RequestBody.Content = inWords(&huma.Schema{OneOf: []*huma.Schema{builtInName(), wordsSchema("Scenario")}})
			}
		}
	}
}

// builtInName returns the schema of a reference to a built-in scenario.
func builtInName() *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Required: []string{"name"}, AdditionalProperties: false, Properties: map[string]*huma.Schema{
		"name": {Type: huma.TypeString, Description: "The name of a built-in scenario, or NAME#CASE"},
	}}
}

func inWords(schema *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: schema}, "application/yaml": {Schema: schema}}
}

// openAPI serves the document, which includes the schemas of scenario files.
func openAPI(doc *huma.OpenAPI) http.Handler {
	text, err := withScenarios(doc)
	if err != nil {
		panic(err) // both are made from types of this program
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text) // an error means that the client has gone
	})
}

func withScenarios(doc *huma.OpenAPI) ([]byte, error) {
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var all struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	renamed := strings.ReplaceAll(string(scenarios.Schema()), `"#/$defs/`, `"#/components/schemas/scenario.`)
	if err := json.Unmarshal([]byte(renamed), &all); err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	schemas := out["components"].(map[string]any)["schemas"].(map[string]any)
	for name, schema := range all.Defs {
		schemas["scenario."+name] = schema
	}
	return json.Marshal(out)
}
