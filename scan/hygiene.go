package scan

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// HygieneRule describes files that people keep secrets in and that Git would
// take, or has taken.
func HygieneRule() report.Rule {
	return report.Rule{
		ID: "secret-file-not-ignored", Title: "File for secrets that Git does not ignore",
		Text:     "Files of this name hold secrets. Git tracks it, or will take it with the next git add.",
		Remedy:   "Add the lines to .gitignore; git rm --cached FILE stops tracking and leaves the file. Rotate what was committed: history keeps it.",
		Severity: report.SeverityLow, Confidence: report.ConfidenceMedium, Tags: []string{"hygiene"},
		References: []string{"https://git-scm.com/docs/gitignore"},
	}
}

// A Hygiene is a Handler that adds, after the findings of a scan, one for each
// file that people keep secrets in and that Git does not ignore. It judges names,
// and what was found in the files; it reads nothing but, where there is a file of
// such a name, the index and the .gitignore files above it. HygieneRule has to be
// among the rules of the run.
type Hygiene struct {
	report.Handler
	set     *rules.Set
	folders []*watched
	proven  map[string]bool // paths in which something was found
	shares  bool            // of a shard: other shards may find something in them
}

// NewHygiene returns a Hygiene in front of next.
func NewHygiene(set *rules.Set, next report.Handler) *Hygiene {
	return &Hygiene{Handler: next, set: set, proven: map[string]bool{}}
}

// Share has h report also what something must still be found in, marked so that
// report.Merge decides.
func (h *Hygiene) Share() { h.shares = true }

// A watched is a folder, or an index, whose paths are told.
type watched struct {
	root   string // "" for what is staged
	staged bool
	paths  []string // that have to be judged
}

// Folder returns what is to be told the path of every file in the folder root,
// relative to it. It must not be called any more when End is.
func (h *Hygiene) Folder(root string) func(path string) { return h.watch(&watched{root: root}) }

// Staged returns what is to be told the path of every file that is staged.
func (h *Hygiene) Staged() func(path string) { return h.watch(&watched{staged: true}) }

func (h *Hygiene) watch(w *watched) func(path string) {
	h.folders = append(h.folders, w)
	return func(path string) {
		if _, ok := exposureOf(path); ok {
			w.paths = append(w.paths, path)
		}
	}
}

// Finding notes where f stands and hands it on.
func (h *Hygiene) Finding(f report.Finding) error {
	if f.Confidence > report.ConfidencePlaceholder {
		for _, l := range f.Occurrences {
			if l.Path != "" {
				h.proven[l.Path] = true
			}
		}
	}
	return h.Handler.Finding(f)
}

// End reports the files.
func (h *Hygiene) End(s report.Summary) error {
	bad := map[string]report.Finding{}
	for _, w := range h.folders {
		for _, f := range h.judge(w) {
			bad[f.Fingerprint] = f
		}
	}
	findings := slices.SortedFunc(maps.Values(bad), func(a, b report.Finding) int {
		return strings.Compare(a.Occurrences[0].Path, b.Occurrences[0].Path)
	})
	for _, f := range findings {
		if err := h.Handler.Finding(f); err != nil {
			return err
		}
	}
	return h.Handler.End(s)
}

// judge returns the findings of one folder.
func (h *Hygiene) judge(w *watched) (bad []report.Finding) {
	var exposed []string
	for _, p := range w.paths {
		if x, _ := exposureOf(p); !x.proof || h.shares || h.proven[h.set.Mask(p)] {
			exposed = append(exposed, p)
		}
	}
	if len(exposed) == 0 {
		return nil
	}
	state := func(string) standing { return staged }
	if !w.staged {
		state = standings(w.root, h.set)
	}
	for _, p := range exposed {
		if s := state(p); s != safe {
			bad = append(bad, h.finding(p, s))
		}
	}
	return bad
}

func (h *Hygiene) finding(name string, s standing) report.Finding {
	x, _ := exposureOf(name)
	rule := HygieneRule()
	shown := h.set.Mask(name)
	var share *report.Share
	if h.shares {
		share = &report.Share{Late: true, Proof: x.proof}
	}
	return report.Finding{
		RuleID: rule.ID, Severity: rule.Severity, Confidence: rule.Confidence,
		Message:     rule.Title + ". " + standingWords[s] + " Lines for .gitignore: " + strings.Join(x.lines, ", "),
		Occurrences: []report.Location{{Path: shown, InWorktree: s != staged, Share: share}},
		Fingerprint: report.PublicFingerprint(rule.ID, shown),
	}
}

// IgnoreLines returns the lines for .gitignore that have Git ignore files such as this
// one, nil where the name is none of those that HygieneRule is about.
func IgnoreLines(name string) []string {
	x, _ := exposureOf(name)
	return x.lines
}

// An exposure says what of a path's name is telling.
type exposure struct {
	lines []string // that make Git ignore it
	proof bool     // the name alone is not enough: something must be found in the file
}

// exposureOf judges a path by its name. Files that are there to be shown (samples,
// test data, what others wrote) are none.
func exposureOf(name string) (exposure, bool) {
	dir, base := path.Split(name)
	base = strings.ToLower(base)
	x, ok := exposedName(base)
	if !ok || isSample(strings.ToLower(dir)) {
		return exposure{}, false
	}
	return x, !isSample(base)
}

// exposedName knows the names. It is asked for every file, so it tells most of
// them by their last bytes.
func exposedName(base string) (exposure, bool) {
	stem, ext := base, path.Ext(base)
	stem = strings.TrimSuffix(stem, ext)
	switch {
	case base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasPrefix(base, ".env-") || strings.HasPrefix(base, ".env_"):
		return exposure{lines: []string{".env", ".env.*", "!.env.example"}}, true
	case base == ".envrc":
		return exposure{lines: []string{".envrc"}, proof: true}, true
	case base == ".npmrc":
		return exposure{lines: []string{".npmrc"}, proof: true}, true
	case base == "secrets.json" || base == "credentials.json":
		return exposure{lines: []string{base}}, true
	case ext == ".p12" || ext == ".pfx":
		return exposure{lines: []string{"*" + ext}}, true
	case ext == ".pem": // most are certificates, which are public
		return exposure{lines: []string{"*.pem"}, proof: !strings.Contains(stem, "key") && !strings.Contains(stem, "priv") || isPublic(stem)}, true
	case ext == ".key":
		return exposure{lines: []string{"*.key"}, proof: isPublic(stem)}, true
	}
	return exposure{}, false
}

// isPublic reports whether the name of a key says that it is meant for everybody.
func isPublic(stem string) bool {
	return holdsAnyWord(stem, "pub", "gpg", "pgp", "apt", "rpm", "sign", "release", "ring", "cert", "trust")
}

// isSample reports whether a name, or a folder's path, says that what it names is
// no real thing, or not this project's.
func isSample(name string) bool {
	return holdsAnyWord(name, "test", "example", "sample", "fixture", "template", "tmpl", "dummy", "mock", "fake", "demo", "dist", "default",
		"schema", "spec/", "specs/", "e2e", "doc/", "docs/", "vendor/", "node_modules/", "third_party/", "site-packages/")
}

func holdsAnyWord(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}
