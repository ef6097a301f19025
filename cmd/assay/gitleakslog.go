package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// logWords are the options of git log that matter here.
var logWords = sync.OnceValue(func() (w struct{ last, narrow, plain *regexp.Regexp }) {
	// git log stops after so many commits.
	w.last = regexp.MustCompile(`^(?:-n?|--max-count=)(\d+)$`)
	// They leave commits out, or parts of them.
	w.narrow = regexp.MustCompile(`^(--(since|since-as-filter|after|until|before|author|committer|grep|diff-filter|skip|min-age|max-age|min-parents|max-parents)(=.*)?` +
		`|--(first-parent|merges|no-merges|invert-grep|all-match|ancestry-path|simplify-by-decoration|follow|no-walk)|-[SG].*|-[iEFP])$`)
	// They say how commits are shown, or in which order.
	w.plain = regexp.MustCompile(`^(-[pumcaw]|-U\d*|--(patch|cc|full-history|topo-order|date-order|author-date-order|reverse|oneline|text|binary|full-index|root|dense|sparse|graph)` +
		`|--(no-)?(color|decorate|textconv|ext-diff|renames|notes|abbrev|abbrev-commit|mailmap|stat)(=.*)?|--(unified|date|format|pretty|encoding|find-renames)(=.*)?)$`)
	return w
})

// A logRange is what --log-opts of gitleaks means here.
type logRange struct {
	commits string   // A..B, or "" for all of the repository
	unmet   []string // words that would leave commits or paths out, and do not
}

// readLogOpts reads --log-opts. There are ranges here, and all; never is less examined
// than git log would list, so that options that are not known mean all. resolves tells
// whether there is such a commit.
func readLogOpts(logOpts string, resolves func(revision string) bool) (r logRange, err error) {
	words, err := splitWords(logOpts)
	if err != nil {
		return r, err
	}
	last, lastWord, all, narrow := "", "", false, false
	var revisions, wide []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		if (w == "-n" || w == "--max-count") && i+1 < len(words) {
			i++
			w = "-n" + words[i]
		}
		switch m := logWords().last.FindStringSubmatch(w); {
		case w == "--":
			r.unmet, narrow = append(r.unmet, words[i:]...), true
			i = len(words)
		case m != nil:
			last, lastWord = m[1], w
		case logWords().narrow.MatchString(w):
			r.unmet, narrow = append(r.unmet, w), true
		case w == "--all":
			all = true
		case !strings.HasPrefix(w, "-"):
			revisions = append(revisions, w)
		case !logWords().plain.MatchString(w):
			wide, all = append(wide, w), true
		}
	}
	counted := last
	if narrow { // what is left out does not count, so that the last ones go further back
		counted = ""
	}
	revision := strings.Join(revisions, " ")
	if !all && len(revisions) < 2 {
		r.commits = rangeOf(revision, counted, resolves)
	}
	if r.commits == "" {
		r.unmet = slices.Concat(r.unmet, revisions, wide)
	}
	if last != "" && (r.commits == "" || strings.Contains(revision, "..") || strings.HasSuffix(revision, "^!")) {
		r.unmet = append(r.unmet, lastWord)
	}
	return r, nil
}

// rangeOf is the range that a revision and a number of commits mean, "" for all.
func rangeOf(revision, last string, resolves func(string) bool) string {
	if strings.Contains(revision, "..") {
		if strings.Contains(revision, "...") {
			return ""
		}
		return revision
	}
	newest, single := strings.CutSuffix(revision, "^!")
	from := newest + "^"
	if !single {
		newest = cmp.Or(newest, "HEAD")
		from = newest + "~" + last
	}
	if !single && last == "" || !resolves(from) { // the history may be shorter
		return ""
	}
	return from + ".." + newest
}

// splitWords splits a command line at blanks outside of quotes.
func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	quote, open := byte(0), false
	for _, c := range []byte(text) { // a path need not be UTF-8
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, open = c, true
		case c == ' ' || c == '\t':
			if open || word.Len() > 0 {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("--log-opts: a quotation that does not end")
	}
	if open || word.Len() > 0 {
		words = append(words, word.String())
	}
	return words, nil
}
