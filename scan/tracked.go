package scan

import (
	"os"
	"path/filepath"
	"slices"

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
			indexed[string(index.path(e))] = true
		}
	}
	ignored := ignoring{worktree: repo.Worktree, common: repo.common, read: map[string]Patterns{}}
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
	read             map[string]Patterns // by file
}

func (g *ignoring) match(path string) bool {
	patterns := slices.Clone(g.patterns(filepath.Join(g.common, "info", "exclude"), ""))
	patterns = append(patterns, g.patterns(filepath.Join(g.worktree, ".gitignore"), "")...)
	for i := range len(path) {
		if path[i] == '/' {
			folder := path[:i]
			patterns = append(patterns, g.patterns(filepath.Join(g.worktree, filepath.FromSlash(folder), ".gitignore"), folder)...)
		}
	}
	return patterns.Match(path, false)
}

// patterns reads an ignore file. One that cannot be read ignores nothing.
func (g *ignoring) patterns(file, folder string) Patterns {
	if list, ok := g.read[file]; ok {
		return list
	}
	var list Patterns
	if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
		text, _ := readSmall(file)
		list = ParsePatterns(text, folder)
	}
	g.read[file] = list
	return list
}
