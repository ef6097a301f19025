package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Published examples come one JSON object a line. Each becomes a file of its
// own. A positive example is recalled where anything is reported in its file,
// and a negative one is flagged.

// An example is one labelled text.
type example struct {
	Source   string `json:"source_tool"`
	Provider string `json:"provider"`
	Text     string `json:"text"`
	Label    string `json:"label"`    // positive or negative
	NegKind  string `json:"neg_kind"` // what makes a negative one
	Path     string `json:"path"`     // the file name that it depends on, or empty
}

func readExamples(file string) ([]example, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []example
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var e example
		err := d.Decode(&e)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err == nil && e.Label != "positive" && e.Label != "negative" {
			err = fmt.Errorf("label %q, want positive or negative", e.Label)
		}
		if err != nil {
			return nil, fmt.Errorf("example %d of %s: %w", len(all)+1, file, err)
		}
		all = append(all, e)
	}
}

// lay writes the examples into dir, each into a file whose path starts with its
// number.
func lay(dir string, examples []example) error {
	for i, e := range examples {
		text := e.Text
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		file := filepath.Join(dir, exampleFile(i, e.Path))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// exampleFile is 000123.txt, or 000123/ and the path that the example asks for,
// which cannot leave that folder.
func exampleFile(i int, path string) string {
	if path == "" {
		return fmt.Sprintf("%06d.txt", i)
	}
	parts := slices.DeleteFunc(strings.Split(path, "/"), func(p string) bool { return p == "" || p == ".." })
	return filepath.Join(append([]string{fmt.Sprintf("%06d", i)}, parts...)...)
}

var exampleNumber = regexp.MustCompile(`^(\d{6})(?:\.txt$|/)`)

// flagged returns the rules that reported something, by the number of the example.
func flagged(dir string, spots []spot) map[int][]string {
	rules := map[int][]string{}
	for _, s := range spots {
		if m := exampleNumber.FindStringSubmatch(s.relative(dir)); m != nil {
			i, _ := strconv.Atoi(m[1]) // six digits
			rules[i] = append(rules[i], s.Rule)
		}
	}
	return rules
}

// An exampleScore is what one scanner reached.
type exampleScore struct {
	Tool   string         `json:"tool"`
	Groups []exampleGroup `json:"groups"`
}

// An exampleGroup counts the examples of one group. Typed ones are those
// reported by a rule that is named after the provider of the example.
type exampleGroup struct {
	Group         string `json:"group"`
	Positives     int    `json:"positives"`
	Recalled      int    `json:"recalled"`
	RecalledTyped int    `json:"recalled_typed"`
	Negatives     int    `json:"negatives"`
	Flagged       int    `json:"flagged"`
	FlaggedTyped  int    `json:"flagged_typed"`
}

func scoreExamples(tool string, examples []example, rules map[int][]string) exampleScore {
	groups := map[string]*exampleGroup{}
	for i, e := range examples {
		for _, name := range groupsOf(e) {
			if groups[name] == nil {
				groups[name] = &exampleGroup{Group: name}
			}
			groups[name].count(e, rules[i])
		}
	}
	score := exampleScore{Tool: tool}
	for _, g := range groups {
		score.Groups = append(score.Groups, *g)
	}
	slices.SortFunc(score.Groups, func(a, b exampleGroup) int {
		if d := groupRank(a.Group) - groupRank(b.Group); d != 0 {
			return d
		}
		return strings.Compare(a.Group, b.Group)
	})
	return score
}

// groupsOf names the groups that an example belongs to: all, what it is about,
// why it is negative, and the tool whose tests it comes from.
func groupsOf(e example) []string {
	class := "class:provider"
	if e.Provider == "generic" || e.Provider == "database" {
		class = "class:generic"
	}
	groups := []string{"ALL", class, e.Source}
	if e.Label == "negative" {
		groups = append(groups, "neg:"+e.NegKind)
	}
	return groups
}

func groupRank(name string) int {
	switch {
	case name == "ALL":
		return 0
	case strings.Contains(name, ":"):
		return 1
	}
	return 2
}

func (g *exampleGroup) count(e example, rules []string) {
	all, hit, named := &g.Positives, &g.Recalled, &g.RecalledTyped
	if e.Label == "negative" {
		all, hit, named = &g.Negatives, &g.Flagged, &g.FlaggedTyped
	}
	*all++
	if len(rules) > 0 {
		*hit++
	}
	if typed(e.Provider, rules) {
		*named++
	}
}

// typed reports whether a rule is named after the provider, whatever the
// spelling.
func typed(provider string, rules []string) bool {
	p := plain(provider)
	return p != "" && slices.ContainsFunc(rules, func(r string) bool { return strings.Contains(plain(r), p) })
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// recallTable shows the positives of every group, flaggedTable the negatives.
func recallTable(scores []exampleScore) table {
	return groupTable("positives recalled", scores, func(g exampleGroup) (int, int, int) { return g.Recalled, g.Positives, g.RecalledTyped })
}

func flaggedTable(scores []exampleScore) table {
	return groupTable("negatives flagged", scores, func(g exampleGroup) (int, int, int) { return g.Flagged, g.Negatives, g.FlaggedTyped })
}

func groupTable(title string, scores []exampleScore, counts func(exampleGroup) (hit, all, typed int)) table {
	if len(scores) == 0 {
		return nil
	}
	var t table
	header := []string{title, "of"}
	for _, s := range scores {
		header = append(header, s.Tool, "(typed)")
	}
	t.add(header...)
	for i, g := range scores[0].Groups {
		_, all, _ := counts(g)
		if all == 0 {
			continue
		}
		line := []string{g.Group, fmt.Sprint(all)}
		for _, s := range scores {
			hit, _, named := counts(s.Groups[i])
			line = append(line, percent(hit, all), percent(named, all))
		}
		t.add(line...)
	}
	return t
}
