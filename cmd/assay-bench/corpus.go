package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// A corpus is something to scan that the cache folder holds, or that is there
// anyway.
type corpus struct {
	Name   string
	About  string
	Repo   bool   // a Git repository without a working tree; otherwise a folder
	Origin string // module@version, npm:package@version or deb:source@version, where it is one
	Judged judged // whether accuracy is judged on it, and who has looked
	// OnRequest keeps the corpus out of a run that names none.
	OnRequest bool
	seeded    bool // made from the seed, so that every seed has its own
	build     func(ctx context.Context, b *bench, dir string) error
}

// A place is a corpus that is ready.
type place struct {
	corpus
	Dir   string
	Facts string // what it holds, for people
	repo  *repoFacts
}

// bench is what the commands share: where things are, and whom to tell.
type bench struct {
	cache  string // absolute
	source string // the module root of assay, absolute
	built  string // a program to measure as assay, or empty to build it
	seed   uint64
	log    io.Writer
}

// say tells a person what takes the time.
func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

func moduleTree(name, path, version, about string) corpus {
	return corpus{Name: name, About: about, Origin: path + "@" + version}
}

// corpora lists what there is to scan.
func corpora() []corpus {
	all := []corpus{
		moduleTree("kubernetes", "k8s.io/kubernetes", "v1.34.1", "Go, YAML, shell and API descriptions, rich in keywords"),
		moduleTree("terraform", "github.com/hashicorp/terraform", "v1.13.3", "Go and configuration files"),
		moduleTree("moby", "github.com/moby/moby", "v28.5.2+incompatible", "Go, shell and documents"),
		moduleTree("aws-sdk-go", "github.com/aws/aws-sdk-go", "v1.55.8", "generated Go and JSON, large files"),
		{Name: "goroot", About: "the Go toolchain in use: sources, test data, binaries", Origin: "go@" + runtime.Version()},
		{Name: "azure-sdk-for-go", About: "18,000 files of generated Go", Origin: "github.com/Azure/azure-sdk-for-go@v68.0.0+incompatible", OnRequest: true},
		{Name: "union", About: "all the folders above side by side: over 50,000 files and 1 GB", OnRequest: true, build: buildUnion},
		{Name: "versions", About: "few large commits: published versions of " + historyModule, Repo: true, build: buildHistory},
		{Name: "commits", About: "100,000 small commits with merges and planted credentials, generated", Repo: true, seeded: true, build: buildCommits},
		{Name: "fixtures", About: "packs that others made: the large ones of " + fixturesModule, Repo: true, build: buildFixtures},
		{Name: "hercules", About: "a repository that others made, shipped by " + herculesModule, Repo: true, build: buildHercules},
	}
	all = append(all, judgedTrees()...)
	for _, z := range growthSizes() {
		all = append(all, z.corpus())
	}
	return all
}

func (c corpus) isRepo() bool { return c.Repo }

// find returns the corpora with these names, or all that take part unasked.
func find(names []string, keep func(corpus) bool) ([]corpus, error) {
	all := corpora()
	if len(names) == 0 {
		return slices.DeleteFunc(all, func(c corpus) bool { return c.OnRequest || !keep(c) }), nil
	}
	var found []corpus
	for _, name := range names {
		i := slices.IndexFunc(all, func(c corpus) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no corpus %q, use one of %s", name, strings.Join(corpusNames(), ", "))
		}
		if keep(all[i]) {
			found = append(found, all[i])
		}
	}
	return found, nil
}

func corpusNames() []string {
	var names []string
	for _, c := range corpora() {
		names = append(names, c.Name)
	}
	return names
}

// prepare makes sure that a corpus is there. The one named fixtures is several
// repositories; every other is one place.
func (b *bench) prepare(ctx context.Context, c corpus) ([]place, error) {
	switch {
	case c.Name == "goroot":
		dir, err := b.goroot(ctx)
		return b.folder(c, dir, err)
	case c.build == nil:
		path, version, _ := strings.Cut(c.Origin, "@")
		mods, err := fetch(ctx, filepath.Join(b.cache, "mod"), path, version)
		if err != nil {
			return nil, err
		}
		return b.folder(c, mods[0].Dir, nil)
	}
	dir := filepath.Join(b.cache, "corpora", b.version(c))
	if err := b.once(ctx, c, dir); err != nil {
		return nil, fmt.Errorf("corpus %s: %w", c.Name, err)
	}
	if !c.Repo {
		return b.folder(c, dir, nil)
	}
	return repositories(c, dir)
}

// version is the name of a corpus in the cache. It changes with what decides
// the content.
func (b *bench) version(c corpus) string {
	if c.seeded {
		return fmt.Sprintf("%s-%d-seed%d", c.Name, generatorVersion, b.seed)
	}
	if c.Judged != notJudged {
		return strings.Map(fileRune, c.Origin)
	}
	return c.Name
}

// once builds a corpus beside its place and moves it there when it is whole, so
// that an interrupted build is never taken for a corpus.
func (b *bench) once(ctx context.Context, c corpus, dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	b.say("building corpus %s", c.Name)
	work, err := os.MkdirTemp(b.cache, "unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	unfinished := filepath.Join(work, c.Name)
	if err := c.build(ctx, b, unfinished); err != nil {
		return err
	}
	if c.Repo {
		if err := saveFacts(ctx, unfinished); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	return os.Rename(unfinished, dir)
}

func (b *bench) goroot(ctx context.Context) (string, error) {
	out, err := command{args: []string{"go", "env", "GOROOT"}, dir: b.source, env: goEnv()}.output(ctx)
	return strings.TrimSpace(string(out)), err
}

func (b *bench) folder(c corpus, dir string, err error) ([]place, error) {
	if err != nil {
		return nil, err
	}
	files, bytes, err := countFiles(dir)
	return []place{{corpus: c, Dir: dir, Facts: fmt.Sprintf("%d files, %s", files, size(bytes))}}, err
}

// countFiles counts the regular files below dir and their bytes.
func countFiles(dir string) (files int, bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		files++
		bytes += info.Size()
		return nil
	})
	return files, bytes, err
}

// The facts of a repository are counted once, because counting reads it whole.
const factsFile = "bench-facts.json"

// saveFacts writes the facts of dir, or of each repository right below it.
func saveFacts(ctx context.Context, dir string) error {
	for _, repo := range reposBelow(dir) {
		f, err := readFacts(ctx, repo)
		if err != nil {
			return err
		}
		data, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(repo, factsFile), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// reposBelow is dir itself where it is a repository, or else what stands in it.
func reposBelow(dir string) []string {
	if _, err := os.Stat(filepath.Join(dir, "HEAD")); err == nil {
		return []string{dir}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "*.git")) // the pattern is well-formed
	slices.Sort(found)
	return found
}

func repositories(c corpus, dir string) ([]place, error) {
	var places []place
	for _, repo := range reposBelow(dir) {
		data, err := os.ReadFile(filepath.Join(repo, factsFile))
		if err != nil {
			return nil, err
		}
		var f repoFacts
		if err := json.Unmarshal(data, &f); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(repo, factsFile), err)
		}
		at := c
		if repo != dir {
			at.Name += "/" + strings.TrimSuffix(filepath.Base(repo), ".git")
		}
		places = append(places, place{at, repo, f.String(), &f})
	}
	return places, nil
}
