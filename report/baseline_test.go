package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestBaselineFile(t *testing.T) {
	b := NewBaseline("b")
	b.Add(leak("z", "c", "b.txt", "a.txt", "b.txt"))
	b.Add(leak("a", "b", "caf\xe9 \u202e"))
	b.Add(Finding{RuleID: "m", Fingerprint: fingerprint("a"), Occurrences: []Location{{Object: "12", Type: "commit"}, {Resource: &Resource{ARN: "arn:x"}}}})
	want := `{"places":["a.txt","b.txt"],"rule":"z","fingerprint":"` + fingerprint("c") + `"}
{"places":["arn:x","commit 12"],"rule":"m","fingerprint":"` + fingerprint("a") + `"}
{"places":["caf\\xe9 \u202e"],"rule":"a","fingerprint":"` + fingerprint("b") + `"}
`
	if diff := cmp.Diff(want, string(b.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestParseBaselineErrors(t *testing.T) {
	good := `{"places":[],"rule":"r","fingerprint":"` + fingerprint("a") + `"}`
	for line, want := range map[string]string{
		"x":                                  "not a line of a baseline",
		"[]":                                 "not a line of a baseline",
		`{"places":[],"rule":"r"}`:           "fingerprint: not",
		`{"fingerprint":"assay/v1:12"}`:      "fingerprint: not",
		`{"line":1}`:                         "not a line of a baseline",
		good + good:                          "more than one object",
		"<<<<<<< ours":                       "a merge left its marker",
		strings.Replace(good, "v1", "v2", 1): "fingerprint: not",
	} {
		_, err := ParseBaseline("b", []byte(good+"\n\n"+line+"\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "b:3: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// The bytes depend on what is known alone: not on the order in which it was found,
// nor on the order or number of lines that a merge left.
func TestBaselineIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		var findings []Finding
		for i := range n {
			f := leak("r", "a", rapid.SliceOfN(rapid.StringN(0, 8, -1), 0, 4).Draw(t, "paths")...)
			f.Fingerprint = fmt.Sprintf("assay/v1:%064x", i)
			findings = append(findings, f)
		}
		first, second := NewBaseline("b"), NewBaseline("b")
		for _, f := range findings {
			first.Add(f)
		}
		random := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		for _, i := range random.Perm(n) {
			second.Add(findings[i])
		}
		text := first.Bytes()
		if !bytes.Equal(text, second.Bytes()) {
			t.Fatalf("%q, in another order %q", text, second.Bytes())
		}
		lines := slices.Collect(bytes.Lines(append(slices.Clone(text), text...)))
		random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		merged, err := ParseBaseline("b", bytes.Join(lines, nil))
		if err != nil || !bytes.Equal(merged.Bytes(), text) {
			t.Fatalf("%q is read back as %q, %v", text, merged.Bytes(), err)
		}
	})
}

func TestBaselineOfManyPlaces(t *testing.T) {
	var paths []string
	for i := range 3 * maxBaselinePlaces {
		paths = append(paths, fmt.Sprintf("%03d", i))
	}
	b := NewBaseline("b")
	b.Add(leak("r", "a", paths...))
	if got := b.Entries()[0].Places; len(got) != maxBaselinePlaces || got[0] != "000" {
		t.Errorf("%q", got)
	}
	if b.Add(leak("r", "a", "new")) || len(b.Entries()[0].Places) != 1 {
		t.Error("places that are gone stay")
	}
}

func TestAgainst(t *testing.T) {
	b := NewBaseline("known.jsonl")
	b.Add(leak("r", "a", "a"))
	placeholder := leak("r", "a", "p")
	placeholder.Confidence = ConfidencePlaceholder
	low := leak("r", "a", "low")
	low.Confidence = ConfidenceLow
	c := reportCase{findings: []Finding{leak("r", "a", "elsewhere"), leak("r", "b", "b"), placeholder, low}}
	for _, mark := range []bool{false, true} {
		list, gate := &List{}, &Gate{}
		h := Against(b, ConfidenceMedium, Tee(list, gate))
		want := []string{"new b", "new p"}
		if mark {
			h = AgainstMarking(b, ConfidenceMedium, Tee(list, gate))
			want = []string{"unchanged elsewhere", "new b", "new p", "unchanged low"}
		}
		if err := c.tell(h); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range list.Findings {
			got = append(got, f.Baseline.String()+" "+f.Occurrences[0].Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("marking %t: %s", mark, diff)
		}
		if n := list.Summary.Silenced["known.jsonl"]; n != 1 || gate.Findings() != 1 {
			t.Errorf("marking %t: %d silenced, %d fail the gate", mark, n, gate.Findings())
		}
	}
}

func FuzzParseBaseline(f *testing.F) {
	f.Add([]byte(`{"places":["a"],"rule":"r","fingerprint":"` + fingerprint("a") + `"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBaseline("b", data)
		if err != nil {
			return
		}
		again, err := ParseBaseline("b", b.Bytes())
		if err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("%q is read back otherwise: %v", b.Bytes(), err)
		}
	})
}
