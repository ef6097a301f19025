package report

import (
	"embed"
	"fmt"
)

//go:embed schema/*.schema.json
var schemas embed.FS

// Schema returns the JSON Schema (draft 2020-12) of what the format "json"
// writes, of each line that the format "jsonl" writes, of a comparison as JSON
// ("diff"), or of what we write of another program's format.
func Schema(format string) ([]byte, error) {
	switch format {
	case "json":
		return schemas.ReadFile("schema/assay-report.schema.json")
	case "jsonl":
		return schemas.ReadFile("schema/assay-record.schema.json")
	case "codequality", "gitleaks-json":
		return schemas.ReadFile("schema/" + format + ".schema.json")
	case "diff":
		return schemas.ReadFile("schema/assay-diff.schema.json")
	case "sarif":
		return nil, fmt.Errorf("the schema of sarif is the standard's own: %s", sarifSchema)
	}
	return nil, fmt.Errorf("the format %q has no schema; codequality, diff, gitleaks-json, json and jsonl have one of ours", format)
}
