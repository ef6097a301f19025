package report

import (
	"bytes"
	"strings"
	"testing"
)

// The report of a shard says in every format with room for it that it is one. Gitleaks'
// format has room for findings alone.
func TestReportOfShard(t *testing.T) {
	for _, f := range Formats {
		if f.Name == "gitleaks-json" {
			continue
		}
		var b bytes.Buffer
		h := Sharing(Tee(), f.New(&b))
		if f.Name == "json" || f.Name == "jsonl" {
			h = Sharing(f.New(&b), Tee())
		}
		if err := h.Begin(Run{Tool: "assay", Command: "scan", Shard: Shard{2, 7}}); err != nil {
			t.Fatal(err)
		}
		if err := h.End(Summary{RulesActive: 1}); err != nil {
			t.Fatal(err)
		}
		said := strings.ReplaceAll(strings.ToLower(b.String()), `"`, "")
		if !strings.Contains(said, "shard 2/7") && !strings.Contains(said, "shard:2/7") {
			t.Errorf("%s does not say that it is about a part:\n%s", f.Name, b.String())
		}
	}
}

func TestPartsRefused(t *testing.T) {
	saved := func(name string, r Run) Saved {
		var b bytes.Buffer
		h := NewJSONL(&b)
		if err := h.Begin(r); err != nil {
			t.Fatal(err)
		}
		if err := h.End(Summary{RulesActive: 1}); err != nil {
			t.Fatal(err)
		}
		return SavedText(name, b.Bytes())
	}
	scan := func(s Shard) Saved { return saved("scan "+s.String(), Run{Command: "scan", Shard: s}) }
	audit := saved("audit", Run{Command: "audit", Shard: Shard{1, 2}})
	merge := func(list ...Saved) error { return Merge(list, NewJSON(&bytes.Buffer{})) }
	for want, err := range map[string]error{
		"of an audit":                               merge(audit),
		"and scan  is of no shard":                  merge(scan(Shard{}), scan(Shard{1, 2})),
		"there twice":                               merge(scan(Shard{1, 2}), scan(Shard{1, 2})),
		"different divisions":                       merge(scan(Shard{1, 2}), scan(Shard{1, 3})),
		"scan 1/2 is the report of shard 1/2 alone": Diff(scan(Shard{}), scan(Shard{1, 2}), Gate{}, NewDiffText(&bytes.Buffer{})),
	} {
		part, ok := err.(*PartError)
		if !ok || !strings.Contains(part.What, want) || part.Hint == "" {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if err := merge(scan(Shard{1, 2}), scan(Shard{2, 2})); err != nil {
		t.Error(err)
	}
}
