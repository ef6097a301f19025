package scan

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/assayhq/assay/rules"
)

// A standing says what Git makes of a file.
type standing uint8

const (
	safe    standing = iota // Git ignores it, or there is no Git
	open                    // git add would take it
	tracked                 // the index has it
	staged                  // the next commit brings it
)

var standingWords = [...]string{
	open:    "Git does not ignore it, so that the next git add takes it.",
	tracked: "Git tracks it, so that whoever has the repository has it.",
	staged:  "The next commit brings it into the repository.",
}

// standings returns what tells the standing of a path that is relative to root.
// The ignore files of the user, outside the repository, do not count: nobody else
// has them.
func standings(root string, set *rules.Set) func(path string) standing {
	none := func(string) standing { return safe }
	repo, err := FindRepository(root, set)
	if err != nil {
		return none
	}
	defer repo.Close()
	abs, err := filepath.Abs(root)
	if err != nil || repo.Worktree == "" {
		return none
	}
	prefix, err := filepath.Rel(repo.Worktree, abs)
	if err != nil || !filepath.IsLocal(prefix) {
		return none
	}
	indexed := map[string]bool{}
	if index, err := readIndex(filepath.Join(repo.gitDir, "index"), repo.store.HashSize()); err == nil {
		for _, e := range index.entries {
			indexed[index.path(e)] = true
		}
	}
	ignored := ignoring{worktree: repo.Worktree, common: repo.common, read: map[string][]gitignore.Pattern{}}
	return func(path string) standing {
		path = filepath.ToSlash(filepath.Join(prefix, filepath.FromSlash(path)))
		switch {
		case indexed[path]:
			return tracked
		case ignored.match(path):
			return safe
		}
		return open
	}
}

// An ignoring knows which paths the repository's ignore files are about.
type ignoring struct {
	worktree, common string
	read             map[string][]gitignore.Pattern // by folder
}

func (g *ignoring) match(path string) bool {
	parts := strings.Split(path, "/")
	patterns := g.patterns(filepath.Join(g.common, "info", "exclude"), nil)
	for i := range parts {
		patterns = append(patterns, g.patterns(filepath.Join(g.worktree, filepath.Join(parts[:i]...), ".gitignore"), parts[:i])...)
	}
	return gitignore.NewMatcher(patterns).Match(parts, false)
}

// patterns reads an ignore file. One that cannot be read ignores nothing.
func (g *ignoring) patterns(file string, domain []string) []gitignore.Pattern {
	if list, ok := g.read[file]; ok {
		return list
	}
	var list []gitignore.Pattern
	if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
		text, _ := readSmall(file)
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\r\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				list = append(list, gitignore.ParsePattern(line, domain))
			}
		}
	}
	g.read[file] = list
	return list
}
