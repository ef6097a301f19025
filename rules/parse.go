package rules

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/assayhq/assay/report"
	"sync"
)

// defaultWindow is the number of bytes after a keyword in which a match may
// start: an identifier's rest, an operator and a quote fit well.
const defaultWindow = 60

// minLiteral is the least length of a prefix or keyword, in bytes. The literal
// filter hashes three bytes.
const minLiteral = 3

// file is the shape of a rule file.
type file struct {
	Rule  []ruleTable  `toml:"rule"`
	Allow []allowTable `toml:"allow"`
}

// ruleTable is one [[rule]]. Pointers tell an absent key from a zero.
type ruleTable struct {
	ID          string             `toml:"id"`
	Title       string             `toml:"title"`
	Text        string             `toml:"text"`
	Remedy      string             `toml:"remedy"`
	Severity    *report.Severity   `toml:"severity"`
	Confidence  *report.Confidence `toml:"confidence"`
	Tags        []string           `toml:"tags"`
	References  []string           `toml:"references"`
	Prefixes    []string           `toml:"prefixes"`
	PrefixesHex []string           `toml:"prefixes_hex"`
	Keywords    []string           `toml:"keywords"`
	Before      int                `toml:"before"`
	Window      *int               `toml:"window"`
	Pattern     string             `toml:"pattern"`
	Grammar     string             `toml:"grammar"`
	Boundary    string             `toml:"boundary"`
	MinEntropy  float64            `toml:"min_entropy"`
	Structure   string             `toml:"structure"`
	Allowed     []string           `toml:"allowed"`
	Specificity int                `toml:"specificity"`
	Paths       []string           `toml:"paths"`
	Companion   *companionTable    `toml:"companion"`
	Requires    *companionTable    `toml:"requires"`
	Free        *freeTable         `toml:"free"`
	Allow       []allowTable       `toml:"allow"`
	Since       string             `toml:"since"`
	Examples    []string           `toml:"examples"`
	NonExamples []string           `toml:"non_examples"`
}

// companionTable is the value of companion, and of requires, without which there
// is no finding.
type companionTable struct {
	Rules   []string `toml:"rules"`
	Pattern string   `toml:"pattern"`
	Title   string   `toml:"title"`
	Within  *int     `toml:"within"`
}

// freeTable is the value of free.
type freeTable struct {
	Group   int         `toml:"group"`
	MinBits float64     `toml:"min_bits"`
	Hidden  bool        `toml:"hidden"`
	Needs   []needTable `toml:"needs"`
}

type needTable struct {
	Rule    string `toml:"rule"`
	Lines   *int   `toml:"lines"`
	Columns *int   `toml:"columns"`
}

// allowTable is one [[allow]], of a rule or of the file.
type allowTable struct {
	Rules     []string `toml:"rules"`
	Condition string   `toml:"condition"`
	Paths     []string `toml:"paths"`
	Commits   []string `toml:"commits"`
	Values    []string `toml:"values"`
	Target    string   `toml:"target"`
	Words     []string `toml:"words"`
	Reason    string   `toml:"reason"`
}

// Parse reads the rules of a rule file, see ParseFile.
func Parse(name string, data []byte) ([]Rule, error) {
	f, err := ParseFile(name, data)
	return f.Rules, err
}

// A File is what a rule file holds.
type File struct {
	Rules []Rule
	Allow []Allow // those that belong to no rule of the file
}

// ParseFile reads a rule file. name is the file's name: it stands in messages, and
// without its folder and extension it is the provider of the rules. Every
// problem of the file is reported, each on a line of its own that says where it
// is and what to write instead.
func ParseFile(name string, data []byte) (File, error) {
	var f file
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return File{}, DescribeTOML(name, err)
	}
	lines := tableLines(data, "rule")
	if len(lines) != len(f.Rule) {
		return File{}, fmt.Errorf("%s: rules are written as [[rule]] tables, not as a list", name)
	}
	provider := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".toml")
	out := File{Rules: make([]Rule, len(f.Rule))}
	rules := out.Rules
	var errs []error
	for i := range f.Rule {
		origin := fmt.Sprintf("%s:%d", name, lines[i])
		rules[i] = f.Rule[i].rule(provider, origin)
		errs = append(errs, rules[i].addCompanion(&f.Rule[i]))
		errs = append(errs, rules[i].addHex(f.Rule[i].PrefixesHex))
		errs = append(errs, rules[i].addFree(&f.Rule[i]))
		errs = append(errs, rules[i].check(f.Rule[i].Boundary)...)
	}
	for i := range f.Allow {
		a, err := f.Allow[i].list(name)
		errs = append(errs, err)
		out.Allow = append(out.Allow, a)
	}
	return out, errors.Join(errs...)
}

// DescribeTOML gives an error of the TOML decoder its file and line, one line a
// problem.
func DescribeTOML(name string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) {
		var errs []error
		for i := range strict.Errors {
			row, _ := strict.Errors[i].Position()
			key := strings.Join(strict.Errors[i].Key(), ".")
			errs = append(errs, fmt.Errorf("%s:%d: unknown key %q", name, row, key))
		}
		return errors.Join(errs...)
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		row, column := decode.Position()
		problem := strings.TrimPrefix(decode.Error(), "toml: ")
		if kind, ok := strings.CutPrefix(problem, "cannot decode TOML "); ok {
			kind, _, _ = strings.Cut(kind, " into ") // what follows names a type of Go
			problem = fmt.Sprintf("%s cannot be of type %s", strings.Join(decode.Key(), "."), kind)
		}
		return fmt.Errorf("%s:%d:%d: %s", name, row, column, problem)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// tableLines returns the line of every table [[name]] in data, counted from 1.
func tableLines(data []byte, name string) []int {
	var lines []int
	var p unstable.Parser
	p.Reset(data)
	line, at := 1, 0
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.ArrayTable {
			continue
		}
		key := e.Key()
		if !key.Next() || string(key.Node().Data) != name || !key.IsLast() {
			continue
		}
		offset := int(key.Node().Raw.Offset)
		line += bytes.Count(data[at:offset], []byte{'\n'})
		at = offset
		lines = append(lines, line)
	}
	return lines
}

func (t *ruleTable) rule(provider, origin string) Rule {
	r := Rule{
		Rule: report.Rule{
			ID: t.ID, Title: t.Title, Text: t.Text, Remedy: t.Remedy,
			Severity: report.SeverityHigh, Confidence: report.ConfidenceMedium,
			Tags: t.Tags, References: t.References,
		},
		Provider: provider, Prefixes: t.Prefixes, Keywords: t.Keywords, Before: t.Before, Window: defaultWindow,
		Pattern: withNames(t.Pattern), Grammar: t.Grammar, MinEntropy: t.MinEntropy, Structure: t.Structure,
		Allowed: t.Allowed, Specificity: t.Specificity, Paths: t.Paths,
		Since: t.Since, Examples: t.Examples, NonExamples: t.NonExamples, Origin: origin,
	}
	if t.Severity != nil {
		r.Severity = *t.Severity
	}
	if t.Confidence != nil {
		r.Confidence = *t.Confidence
	}
	if t.Window != nil {
		r.Window = *t.Window
	}
	r.Boundary = boundaries[t.Boundary]
	return r
}

// addCompanion adds what companion or requires says.
func (r *Rule) addCompanion(t *ruleTable) error {
	from := t.Companion
	switch {
	case t.Requires != nil && from != nil:
		return fmt.Errorf("%s: rule %q: companion and requires exclude each other; requires is a companion without which nothing is found", r.Origin, r.ID)
	case t.Requires != nil:
		from = t.Requires
	case from == nil:
		return nil
	}
	r.Companion = Companion{from.Rules, from.Pattern, from.Title, defaultWithin, t.Requires != nil}
	if from.Within != nil {
		r.Companion.Within = *from.Within
	}
	if r.Companion.none() {
		return fmt.Errorf("%s: rule %q: companion has neither rules nor a pattern; name the rules that find the other half, or write a pattern", r.Origin, r.ID)
	}
	return nil
}

// addHex adds prefixes that TOML cannot hold, for they are no text.
func (r *Rule) addHex(prefixes []string) error {
	for _, p := range prefixes {
		raw, err := hex.DecodeString(p)
		if err != nil {
			return fmt.Errorf("%s: rule %q: prefixes_hex %q: %w", r.Origin, r.ID, p, err)
		}
		r.Prefixes = append(r.Prefixes, string(raw))
	}
	return nil
}

var boundaries = map[string]Boundary{"": BoundaryWord, "word": BoundaryWord, "right": BoundaryRight, "none": BoundaryNone}

var idPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) })

// check returns what is wrong with a rule.
func (r *Rule) check(boundary string) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: rule %q: %s", r.Origin, r.ID, fmt.Sprintf(format, args...)))
	}
	if !idPattern().MatchString(r.ID) {
		bad("id must be words of a-z and 0-9 joined by hyphens, such as \"acme-api-token\"")
	}
	if r.Title == "" {
		bad("title is missing; write what the credential is, such as \"Acme API token\"")
	}
	if _, ok := boundaries[boundary]; !ok {
		bad("boundary %q is unknown; use word, right or none", boundary)
	}
	if r.MinEntropy < 0 || r.MinEntropy > 1 {
		bad("min_entropy is relative to the length, from 0 to 1, not %v bits", r.MinEntropy)
	}
	if r.Structure != "" && structures[r.Structure].verify == nil {
		bad("structure %q is unknown; use one of %q", r.Structure, StructureNames())
	}
	if r.Free != nil {
		r.checkFree(bad)
		return errs
	}
	r.checkLiterals(bad)
	r.checkPattern(bad)
	r.checkCompanion(bad)
	return errs
}

func (r *Rule) checkCompanion(bad func(string, ...any)) {
	c := &r.Companion
	if c.none() {
		return
	}
	if c.Within < 0 || c.Within > maxWithin {
		bad("within must be from 0 to %d lines", maxWithin)
	}
	if len(c.Rules) > 0 && r.Grammar != "" {
		bad("companion.rules goes with a pattern; beside what a grammar finds use companion.pattern")
	}
	if len(c.Rules) > 0 && c.Pattern != "" {
		bad("companion.rules and companion.pattern exclude each other; write a rule for the pattern")
	}
	if len(r.Paths) > 0 {
		bad("companion and paths exclude each other: the other half would be lost under any other path")
	}
	if slices.Contains(c.Rules, r.ID) {
		bad("the rule is its own companion; write a rule for each half")
	}
	if c.Pattern != "" {
		r.checkRegexp("companion.pattern", c.Pattern, bad)
		if c.Title == "" {
			bad("companion.title is missing; say what the pattern finds, such as \"user name\"")
		}
	}
}

func (r *Rule) checkLiterals(bad func(string, ...any)) {
	if len(r.Prefixes) == 0 && len(r.Keywords) == 0 {
		bad("prefixes or keywords are missing; without a literal the rule would have to be tried on every byte")
	}
	if len(r.Prefixes) > 0 && len(r.Keywords) > 0 {
		bad("prefixes and keywords exclude each other; write two rules")
	}
	for _, l := range slices.Concat(r.Prefixes, r.Keywords) {
		if len(l) < minLiteral || len(l) > maxLiteral {
			bad("literal %q must have %d to %d bytes", l, minLiteral, maxLiteral)
		}
	}
	if r.Window < 0 || r.Window > maxMatch {
		bad("window must be from 0 to %d bytes", maxMatch)
	}
	if r.Before < 0 || r.Before > maxMatch {
		bad("before must be from 0 to %d bytes", maxMatch)
	}
	if r.Before > 0 && (len(r.Prefixes) > 0 || r.Grammar != "") {
		bad("before goes with keywords and a pattern only")
	}
}

func (r *Rule) checkPattern(bad func(string, ...any)) {
	switch {
	case r.Grammar != "" && r.Pattern != "":
		bad("pattern and grammar exclude each other; write two rules")
	case r.Grammar != "":
		if grammars[r.Grammar].read == nil {
			bad("grammar %q is unknown", r.Grammar)
		}
		if len(r.Prefixes) > 0 {
			bad("a grammar takes keywords, not prefixes")
		}
	case r.Pattern == "":
		bad("pattern is missing; write a regular expression (RE2) of the credential")
	default:
		r.checkRegexp("pattern", r.Pattern, bad)
	}
	for _, p := range slices.Concat(r.Allowed, r.Paths) {
		r.checkRegexp("allowed and paths", p, bad)
	}
}

func (r *Rule) checkRegexp(key, pattern string, bad func(string, ...any)) {
	tree, err := parseExpression(pattern)
	if err != nil {
		bad("%s: %s (RE2 has no look-around and no back-references)", key, err)
		return
	}
	if !strings.HasSuffix(key, "pattern") {
		return
	}
	if tree.MaxCap() > 0 && !slices.Contains(tree.CapNames(), "secret") {
		bad("%s has groups but none named secret; write (?P<secret>...) around the credential and (?:...) elsewhere", key)
	}
	if least, _ := lengths(tree); least == 0 {
		bad("%s matches the empty text; ask for at least one character", key)
	}
}
