package audit

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
)

// muteItems are patterns of which one must match.
type muteItems []*regexp.Regexp

func (m muteItems) match(text string) bool {
	return slices.ContainsFunc(m, func(r *regexp.Regexp) bool { return r.MatchString(text) })
}

// matchResource reports whether a pattern matches a name of the resource, which is what
// Prowler compares. Only one that begins as an ARN does is compared with the ARN: the
// others match in the middle, and "secret" stands in the ARN of every secret.
func (m muteItems) matchResource(s muteSubject) bool {
	return slices.ContainsFunc(m, func(r *regexp.Regexp) bool {
		wantsARN := strings.HasPrefix(strings.TrimPrefix(r.String(), "^"), "arn:")
		return slices.ContainsFunc(s.names, r.MatchString) || wantsARN && r.MatchString(s.arn)
	})
}

// Bounds on the patterns of a mutelist: how many it may name, how long one may be, in
// bytes, and how long all are as they are compiled, in instructions of some 40 bytes:
// "a{1000}" has a thousand.
const (
	maxPatterns     = 50_000
	maxPattern      = 2_000
	maxInstructions = 1_000_000
)

// A muteCompiler compiles patterns as Prowler does, each text once.
type muteCompiler struct {
	compiled     map[string]*regexp.Regexp
	patterns     int // that may still be named
	instructions int // that there may still be
}

func newMuteCompiler() muteCompiler {
	return muteCompiler{map[string]*regexp.Regexp{}, maxPatterns, maxInstructions}
}

// compile returns nothing for what Go does not understand. It is an error where all
// together are too many.
func (c *muteCompiler) compile(item string) (*regexp.Regexp, error) {
	if c.patterns--; c.patterns < 0 {
		return nil, fmt.Errorf("more than %d patterns in all", maxPatterns)
	}
	if len(item) > maxPattern {
		return nothing(), nil
	}
	if r := c.compiled[item]; r != nil {
		return r, nil
	}
	text := item
	if strings.HasPrefix(item, "*") {
		text = "." + item
	}
	if c.instructions -= instructionsOf(text); c.instructions < 0 {
		return nil, fmt.Errorf("the patterns together are longer than %d instructions", maxInstructions)
	}
	r, err := regexp.Compile(text)
	if err != nil {
		r = nothing()
	}
	c.compiled[item] = r
	return r, nil
}

// instructionsOf is the length of a pattern once its repetitions are written out; 0
// for what is none.
func instructionsOf(text string) int {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

// nothing matches no text.
var nothing = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\x00-\x{10FFFF}]`) })
