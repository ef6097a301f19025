// Package rules knows credentials. It holds the rule files and answers one
// question: where in these bytes are the credentials?
//
// A rule is data, one [[rule]] table of a TOML file. The files under builtin
// and those of a user go through the same Parse and the same Compile, which
// makes a Set. Set.Find is the only hot function of assay: bytes in, offsets
// out, no I/O, safe for concurrent use. Everything that decides about a match
// (literals, regular expressions, entropy, checksums, allowed values, judgement
// of names and values) is hidden behind it.
//
// # How a rule finds
//
// A rule is tried only where one of its literals stands, in one of three ways:
//
//   - prefixes: the pattern is matched right at a prefix, which starts the
//     credential ("ghp_"). Prefixes are case-sensitive.
//   - keywords and pattern: the pattern is searched in the window of bytes that
//     follows a keyword on the same line. Keywords ignore the case of ASCII letters.
//     With Before the window also holds bytes in front of the keyword, for
//     formats whose literal stands in the middle, such as ".atlasv1.".
//   - keywords and grammar: a hand-written matcher reads name, operator and value
//     around the keyword; see grammar.go.
//
// The credential is the pattern's group named "secret", or the whole match.
package rules

import "github.com/assayhq/assay/report"

// A Rule describes one kind of credential and how it is found.
type Rule struct {
	report.Rule
	Provider string // who issues it: the name of the builtin file

	Prefixes []string // literals that start a match, at least 3 bytes each
	Keywords []string // literals that stand before a match, or within one, at least 3 bytes each
	Before   int      // bytes before a keyword, on its line, in which a match may start
	Window   int      // bytes after a keyword in which a match may start
	Pattern  string   // RE2
	Grammar  string   // a name in grammars, instead of Pattern

	// Boundary names the characters that must not touch the credential.
	Boundary Boundary
	// MinEntropy is the least Shannon entropy per character relative to the
	// greatest that the length allows, from 0 to 1: H / log2(min(n, alphabet)).
	MinEntropy float64
	// Structure names a check of the credential's inner form; see structure.go.
	Structure string
	// Allowed are patterns for values that match the rule and are no credential:
	// documented examples. They must match the whole value.
	Allowed []string
	// Specificity decides between rules that match the same bytes: the highest
	// stays. 0 takes the default of the way that the rule finds.
	Specificity int
	// Paths limits the rule to files whose path matches one of these patterns.
	Paths []string
	// Companion is what stands beside the credential and is found together with it.
	Companion Companion
	// Free says that the pattern is searched in the whole text; nil for other rules.
	Free *Free
	// Allow lists what is no credential although the rule matches it.
	Allow []Allow

	Since string // the version of assay that brought the rule
	// Examples and NonExamples are templates of text in which the rule must and
	// must not find something; see template.go.
	Examples    []string
	NonExamples []string

	Origin string // file and line, for messages
}

// A Boundary says which characters may not stand directly before and after a
// credential. Escape sequences such as \n or %20 before it are no neighbours.
type Boundary uint8

const (
	// BoundaryWord forbids ASCII letters, digits and the underscore on both sides.
	BoundaryWord Boundary = iota
	// BoundaryRight forbids them after the credential only.
	BoundaryRight
	// BoundaryNone allows every neighbour.
	BoundaryNone
)
