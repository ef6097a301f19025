package rules

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
)

//go:embed schema/assay-rules.schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of rule files, for editors. It
// names the structures and grammars that this version knows.
func Schema() []byte {
	var document struct {
		Schema      string         `json:"$schema"`
		ID          string         `json:"$id"`
		Title       string         `json:"title"`
		Description string         `json:"description"`
		Type        string         `json:"type"`
		Properties  map[string]any `json:"properties"`
		Additional  bool           `json:"additionalProperties"`
		Defs        struct {
			Rule struct {
				Type       string                    `json:"type"`
				Properties map[string]map[string]any `json:"properties"`
				Required   []string                  `json:"required"`
				Additional bool                      `json:"additionalProperties"`
				AllOf      []any                     `json:"allOf"`
			} `json:"rule"`
			Companion map[string]any `json:"companion"`
			Free      map[string]any `json:"free"`
			Need      map[string]any `json:"need"`
			Allow     map[string]any `json:"allow"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schema, &document); err != nil {
		panic(err) // it is a part of the program
	}
	keys := document.Defs.Rule.Properties
	keys["structure"]["enum"] = StructureNames()
	keys["grammar"]["enum"] = slices.Sorted(maps.Keys(grammars))
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		panic(err)
	}
	return append(text, '\n')
}
