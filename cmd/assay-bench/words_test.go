package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func bothHalves(t *testing.T) (tuning, deciding *wordHalf) {
	t.Helper()
	halves, err := wordHalves()
	if err != nil {
		t.Fatal(err)
	}
	return halves[0], halves[1]
}

// The half that decides must not be known to those who set the rules.
func TestHalvesShareNothing(t *testing.T) {
	tuning, deciding := bothHalves(t)
	share := func(what string, a, b []string, allowed ...string) {
		t.Helper()
		for _, one := range a {
			if slices.Contains(b, one) && !slices.Contains(allowed, one) {
				t.Errorf("%s: both halves have %q", what, one)
			}
		}
	}
	for name, list := range tuning.lists {
		if len(list) == 0 || len(deciding.lists[name]) == 0 {
			t.Errorf("list %s is empty in one half", name)
		}
		share("list "+name, list, deciding.lists[name], "password") // nobody names one otherwise
	}
	share("languages", slices.Collect(maps.Keys(tuning.dialects)), slices.Collect(maps.Keys(deciding.dialects)))
	cases := func(h *wordHalf) (lines []string) {
		for _, host := range h.hosts {
			for _, line := range host.lines {
				// An assignment that has hardly a letter of its own is alike everywhere.
				if m := caseMark.FindString(line); m != "" && letterCount(strings.TrimSuffix(line, m)) > 10 {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
		}
		return lines
	}
	share("cases", cases(tuning), cases(deciding))
	if n := len(tuning.dialects) + len(deciding.dialects); n < 24 {
		t.Errorf("%d languages and formats, want at least 24", n)
	}
}

func letterCount(text string) int {
	n := 0
	for _, c := range text {
		if strings.ContainsRune(lower+upper, c) {
			n++
		}
	}
	return n
}

func TestModulesServeOneHalf(t *testing.T) {
	half := map[string]string{}
	for _, m := range wordModules {
		if was, ok := half[m.path]; ok && was != m.half {
			t.Errorf("%s serves both halves", m.path)
		}
		half[m.path] = m.half
	}
}

func TestFilesHoldWhatTheLabelsSay(t *testing.T) {
	tuning, deciding := bothHalves(t)
	for _, h := range []*wordHalf{tuning, deciding} {
		kinds := map[string]int{}
		for _, f := range h.files(7, 20) {
			if left := leftMark(f.Path + f.Text); left != "" {
				t.Errorf("%s: the mark %s is not filled", f.Path, left)
			}
			lines := strings.Count(f.Text, "\n")
			last := 0
			for _, l := range f.Labels {
				if l.Path != f.Path || l.Line <= last || l.EndLine < l.Line || l.EndLine > lines {
					t.Errorf("%s: label %+v, want one after line %d and up to %d", f.Path, l, last, lines)
				}
				last = l.EndLine
				kinds[l.Kind]++
				if isHabit := slices.ContainsFunc(habits, func(h habit) bool { return h.kind == l.Kind }); isHabit != l.Credential {
					t.Errorf("%s: kind %q, credential %t", f.Path, l.Kind, l.Credential)
				}
			}
		}
		for _, k := range twinKinds {
			if kinds[k.kind] < 20 {
				t.Errorf("%s half: %d twins of the kind %s, want at least 20", h.Name, kinds[k.kind], k.kind)
			}
		}
		for _, k := range habits {
			if kinds[k.kind] < 20 && k.kind != "chosen" { // that list is fetched
				t.Errorf("%s half: %d passwords of the kind %s, want at least 20", h.Name, kinds[k.kind], k.kind)
			}
		}
	}
}

// leftMark returns a mark that stands in a text, or nothing.
func leftMark(text string) string {
	for _, mark := range []string{"«", "»", "${n}", "${N}", "${v}", "${r}", "${u}", "${%}", "${w}", "${x}", "${t}", "${#}"} {
		if strings.Contains(text, mark) {
			return mark
		}
	}
	return ""
}

func TestFilesDependOnTheSeedOnly(t *testing.T) {
	tuning, _ := bothHalves(t)
	again, _ := bothHalves(t)
	one := tuning.files(3, 2)
	if diff := cmp.Diff(one, again.files(3, 2)); diff != "" {
		t.Error(diff)
	}
	if cmp.Equal(one, tuning.files(4, 2)) {
		t.Error("two seeds write the same files")
	}
}

func TestCaseOfSeveralLines(t *testing.T) {
	h, err := parseHalf("x", "-- list names --\nadmin_password\n-- list nouns --\nshop\n-- dialect L --\nstyle camel\nquote '\nempty v ''\n"+
		"-- host L ${w}.l --\nfirst\nname ${n}\nvalue ${v} «two fields +1»\nlast ${N} «code !type»\n")
	if err != nil {
		t.Fatal(err)
	}
	f := h.files(1, 40)
	text, empty := "first\nname adminPassword\nvalue %s\nlast ADMIN_PASSWORD\n", false
	for _, f := range f {
		l := f.Labels[0]
		value := strings.TrimPrefix(strings.Split(f.Text, "\n")[2], "value ")
		if l.Line != 2 || l.EndLine != 3 || l.Credential == (value == "''") || f.Text != fmt.Sprintf(text, value) {
			t.Errorf("label %+v for\n%s", l, f.Text)
		}
		empty = empty || value == "''"
	}
	if !empty {
		t.Error("no twin among 40 cases")
	}
}

func TestParseHalfRefuses(t *testing.T) {
	for _, archive := range []string{
		"-- what --\n",
		"-- host L a.l --\nx\n",
		"-- dialect L --\nempty\n",
		"-- dialect L --\nempty q ''\n",
	} {
		if _, err := parseHalf("x", archive); err == nil {
			t.Errorf("no error for %q", archive)
		}
	}
}

func TestHabits(t *testing.T) {
	tuning, deciding := bothHalves(t)
	holds := map[string]func(string) bool{
		"digits only": func(p string) bool { return strings.Trim(p, digits) == "" },
		"short":       func(p string) bool { return len(p) >= 6 && len(p) <= 8 },
		"long":        func(p string) bool { return len(p) >= 16 },
		"non-ASCII":   func(p string) bool { return utf8.RuneCountInString(p) < len(p) },
		"keyboard walk": func(p string) bool {
			return len(p) >= 7
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom([]*wordHalf{tuning, deciding}).Draw(t, "half")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for _, habit := range habits {
			if habit.kind == "chosen" {
				continue // its list is fetched
			}
			p := habit.make(rng, h.lists)
			if p == "" || !utf8.ValidString(p) || strings.ContainsAny(p, "\n\t\"'`\\") {
				t.Errorf("%s: %q", habit.kind, p)
			}
			if ok := holds[habit.kind]; ok != nil && !ok(p) {
				t.Errorf("%s: %q", habit.kind, p)
			}
		}
	})
}

func TestStyled(t *testing.T) {
	for style, want := range map[string]string{"snake": "db_root_key", "camel": "dbRootKey", "pascal": "DbRootKey", "kebab": "db-root-key", "dot": "db.root.key", "upper": "DB_ROOT_KEY"} {
		if got := styled("db_root_key", style); got != want {
			t.Errorf("%s: %q, want %q", style, got, want)
		}
	}
}

func TestWordSources(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.go":  "var X = map[string][]string{\n\"first\": {\"Anna\", \"Bo\", \"Carla\"},\n\"last\": {\"Doe\", \"Ebert\"},\n}\n",
		"b.txt": "one 9\nthree 8\nfour 7\nfifteen 6\n",
		"c.txt": "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	source := func(file string) wordSource {
		for _, m := range wordModules {
			if s, ok := m.lists["first"]; ok && strings.HasSuffix(s.files[0], filepath.Ext(file)) {
				s.files = []string{file}
				return s
			}
		}
		t.Fatalf("no source is like %s", file)
		return wordSource{}
	}
	cut := source("a.go")
	whole := source("b.txt")
	whole.from, whole.to = 1, 3
	m := wordModule{lists: map[string]wordSource{"b": whole}}
	lists := map[string][]string{"b": {"zero"}}
	if err := m.addTo(lists, dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"zero", "three", "four"}, lists["b"]); diff != "" {
		t.Error(diff)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a.go"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cut.read(string(data)); !slices.Equal(got, []string{"Anna", "Carla"}) {
		t.Errorf("read %q", got)
	}
	m.lists["b"] = source("c.txt")
	if err := m.addTo(lists, dir); err == nil || !strings.Contains(err.Error(), "c.txt") {
		t.Errorf("error %v of a file without words", err)
	}
}

func TestChosen(t *testing.T) {
	for word, want := range map[string]bool{"dragon12": true, "1q2w3e4r": true, "iloveyou": true, "abc": false, "mypassword": false, "testing1": false, "x12345": false, "aaaaa1": false, "654321": false} {
		if got := chosen(word); got != want {
			t.Errorf("%s: %t, want %t", word, got, want)
		}
	}
}

func TestScoreWords(t *testing.T) {
	label := func(half, file string, first, last int, credential bool, kind string) wordLabel {
		return wordLabel{Half: half, Path: half + "/" + file, Line: first, EndLine: last, Credential: credential, Kind: kind, Grammar: "quoted", Language: "Go"}
	}
	labels := []wordLabel{
		label(tuningName, "a", 1, 1, true, "word"),
		label(tuningName, "a", 2, 3, true, "word"),
		label(tuningName, "a", 4, 4, false, "label"),
		label(tuningName, "a", 5, 5, false, "call"),
		label(decidingName, "b", 1, 1, false, "label"),
	}
	got := scoreWords("x", "/in", []spot{
		{Path: "/in/tuning/a", Line: 3, EndLine: 3}, {Path: "tuning/a", Line: 4}, {Path: "tuning/a", Line: 9}, {Path: "tuning/a", Line: 9}, {Path: "else/a", Line: 1},
	}, labels)
	all := wordCount{Passwords: 2, Found: 1, Twins: 2, Flagged: 1}
	want := []wordScore{
		{Tool: "x", Half: tuningName, All: all, Literal: wordCount{2, 1, 1, 1}, Elsewhere: 1,
			Kinds:    map[string]wordCount{"word": {2, 1, 0, 0}, "label": {0, 0, 1, 1}, "call": {0, 0, 1, 0}},
			Grammars: map[string]wordCount{"quoted": all}, Languages: map[string]wordCount{"Go": all}},
		{Tool: "x", Half: decidingName, All: wordCount{Twins: 1}, Literal: wordCount{Twins: 1},
			Kinds: map[string]wordCount{"label": {Twins: 1}}, Grammars: map[string]wordCount{"quoted": {Twins: 1}}, Languages: map[string]wordCount{"Go": {Twins: 1}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if bars := wordBars(got); bars != nil {
		t.Errorf("bars %v of a tool that is not ours", bars)
	}
}

func TestWilson(t *testing.T) {
	for want, n := range map[string][2]int{"-": {0, 0}, "0.0-27.8": {0, 10}, "23.7-76.3": {5, 10}, "72.2-100.0": {10, 10}} {
		if got := wilson(n[0], n[1]); got != want {
			t.Errorf("%d of %d: %s, want %s", n[0], n[1], got, want)
		}
	}
}

func TestWordsBuildKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"--cache", t.TempDir(), "words", "build", dir}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "not empty") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}
