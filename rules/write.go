package rules

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// writtenFile, writtenRule and the others are the shape of what WriteFile writes: of
// the keys of a rule file those that a free rule has.
type writtenFile struct {
	Rule  []writtenRule  `toml:"rule,omitempty"`
	Allow []writtenAllow `toml:"allow,omitempty"`
}

type writtenRule struct {
	ID         string         `toml:"id"`
	Title      string         `toml:"title"`
	Severity   string         `toml:"severity"`
	Confidence string         `toml:"confidence"`
	Tags       []string       `toml:"tags,omitempty"`
	Keywords   []string       `toml:"keywords,omitempty"`
	Pattern    string         `toml:"pattern,omitempty"`
	Paths      []string       `toml:"paths,omitempty"`
	Free       freeWritten    `toml:"free,inline"`
	Allow      []writtenAllow `toml:"allow,omitempty"`
}

type freeWritten struct {
	Group   int           `toml:"group"`
	MinBits float64       `toml:"min_bits,omitempty"`
	Hidden  bool          `toml:"hidden,omitempty"`
	Needs   []needWritten `toml:"needs,omitempty,inline"`
}

type needWritten struct {
	Rule    string `toml:"rule"`
	Lines   *int   `toml:"lines,omitempty"`
	Columns *int   `toml:"columns,omitempty"`
}

type writtenAllow struct {
	Rules     []string `toml:"rules,omitempty"`
	Condition string   `toml:"condition,omitempty"`
	Paths     []string `toml:"paths,omitempty"`
	Commits   []string `toml:"commits,omitempty"`
	Values    []string `toml:"values,omitempty"`
	Target    string   `toml:"target,omitempty"`
	Words     []string `toml:"words,omitempty"`
}

// WriteFile returns the text of a rule file with free rules and allowlists, which
// ParseFile reads back as they are.
func WriteFile(f File) ([]byte, error) {
	var out writtenFile
	for i := range f.Rules {
		r := &f.Rules[i]
		if r.Free == nil {
			return nil, fmt.Errorf("rule %q is not free", r.ID)
		}
		w := writtenRule{
			ID: r.ID, Title: r.Title, Severity: r.Severity.String(), Confidence: r.Confidence.String(), Tags: r.Tags,
			Keywords: r.Keywords, Pattern: r.Pattern, Paths: r.Paths,
			Free: freeWritten{r.Free.Group, r.Free.MinBits, r.Free.Hidden, nil}, Allow: writtenAllows(r.Allow),
		}
		for _, n := range r.Free.Needs {
			w.Free.Needs = append(w.Free.Needs, needWritten(n))
		}
		out.Rule = append(out.Rule, w)
	}
	out.Allow = writtenAllows(f.Allow)
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	enc.SetArraysMultiline(true)
	err := enc.Encode(out)
	return b.Bytes(), err
}

func writtenAllows(lists []Allow) (all []writtenAllow) {
	for _, a := range lists {
		w := writtenAllow{Rules: a.Rules, Paths: a.Paths, Commits: a.Commits, Values: a.Values, Words: a.Words}
		if a.All {
			w.Condition = "all"
		}
		for name, t := range targets {
			if t == a.Target && t != TargetSecret {
				w.Target = name
			}
		}
		all = append(all, w)
	}
	return all
}

// Kebab returns an id of the form that rule files want, made of any text.
func Kebab(id string) string {
	words := strings.FieldsFunc(strings.ToLower(id), func(c rune) bool { return !('a' <= c && c <= 'z' || '0' <= c && c <= '9') })
	return strings.Join(words, "-")
}
