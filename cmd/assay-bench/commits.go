package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The generated history has many small commits: a main line, topic branches
// that start from it and are merged back, octopus merges, merges that change
// lines of their own, tags. The same options give the same stream, byte by byte.
type generatorOptions struct {
	Seed    uint64
	Commits int
	Files   int
	Lines   int // least lines of a new file, which has up to three and a half times as many; 0 for usualLines
	Plants  int // credentials that are planted, each in a file of its own
}

// A plant is a credential that was put into a generated history.
type plant struct {
	Kind  string // the name of a credential maker
	Path  string // no other plant has this path
	Merge bool   // it was born in a merge: no parent's tree has held it
}

const (
	// generatorVersion stands in the name of what is generated. It has to grow
	// with every change of the stream, so that no cache hands out the old one.
	generatorVersion = 1

	commitsWindow = 10
	topicsAtOnce  = 8
	usualLines    = 40
	plantsFile    = "bench-plants.json"
)

// buildCommits makes the generated history of usual size.
func buildCommits(ctx context.Context, b *bench, dir string) error {
	return buildGenerated(ctx, b, dir, generatorOptions{Commits: 100_000, Files: 2_000, Plants: 400})
}

// buildGenerated makes a generated history with the seed of b, and writes down
// where the plants are.
func buildGenerated(ctx context.Context, b *bench, dir string, o generatorOptions) error {
	if err := initBare(ctx, dir); err != nil {
		return err
	}
	o.Seed = b.seed
	b.say("%d commits: seed %d", o.Commits, o.Seed)
	var plants []plant
	err := fastImport(ctx, dir, func(w *bufio.Writer) error {
		plants = generate(w, o).plants
		return nil // a broken pipe shows when w is flushed
	})
	if err != nil {
		return err
	}
	data, err := json.Marshal(plants)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, plantsFile), data, 0o644); err != nil {
		return err
	}
	b.say("%d commits: repacking", o.Commits)
	return repack(ctx, dir, commitsWindow)
}

// A line of development has a content of its own for every file.
type line struct {
	ref     string
	mark    int
	files   [][]string   // lines of text by file; shared with other lines of development, so never changed in place
	fresh   map[int]bool // files changed since its last commit
	changed map[int]bool // files changed since it started
}

func newLine(ref string, mark int, files [][]string) *line {
	return &line{ref: ref, mark: mark, files: files, fresh: map[int]bool{}, changed: map[int]bool{}}
}

func (l *line) set(file int, text []string) {
	l.files[file], l.fresh[file], l.changed[file] = text, true, true
}

type generator struct {
	w       *bufio.Writer
	rng     *rand.Rand
	o       generatorOptions
	mark    int
	made    int // commits
	main    *line
	open    []*line
	paths   []string
	order   []int // files in the order in which they get plants
	planted map[int]string
	plants  []plant
}

// generate writes a fast-import stream to w and returns what it planted where. Errors of w
// are left in it.
func generate(w *bufio.Writer, o generatorOptions) *generator {
	g := &generator{w: w, rng: rand.New(rand.NewPCG(o.Seed, 0)), o: o, planted: map[int]string{}}
	g.order = g.rng.Perm(o.Files)
	g.first()
	for g.made < o.Commits {
		g.step()
	}
	return g
}

// first writes the commit that brings all files.
func (g *generator) first() {
	g.main = newLine("refs/heads/main", 0, make([][]string, g.o.Files))
	lines := cmp.Or(g.o.Lines, usualLines)
	for i := range g.o.Files {
		kind := fileKinds[i%len(fileKinds)]
		g.paths = append(g.paths, fmt.Sprintf("%s/%s/%s_%d%s", words[i%7], words[7+i/7%11], words[i%len(words)], i, kind.ext))
		for range lines + g.rng.IntN(lines*5/2) {
			g.main.files[i] = append(g.main.files[i], kind.line(g.rng))
		}
		g.main.fresh[i] = true
	}
	g.commit(g.main)
}

// step writes one commit: on main, on a topic branch, or a merge.
func (g *generator) step() {
	switch n := g.rng.IntN(100); {
	case n < 35:
		g.edit(g.main)
		g.commit(g.main)
	case n < 47 && len(g.open) > 0:
		g.merge()
	case n < 60 && len(g.open) < topicsAtOnce || len(g.open) == 0:
		g.fork()
	default:
		t := g.open[g.rng.IntN(len(g.open))]
		g.edit(t)
		g.commit(t)
	}
	if g.made%5000 == 0 {
		g.tag()
	}
}

// fork starts a topic branch with its first commit.
func (g *generator) fork() {
	t := newLine(g.freeRef(), g.main.mark, slices.Clone(g.main.files))
	g.open = append(g.open, t)
	g.edit(t)
	g.commit(t)
}

// freeRef is the first branch name that no open topic has. Names are used again;
// the last topic that had one stays as a branch.
func (g *generator) freeRef() string {
	for i := 0; ; i++ {
		ref := fmt.Sprintf("refs/heads/topic-%d", i)
		if !slices.ContainsFunc(g.open, func(l *line) bool { return l.ref == ref }) {
			return ref
		}
	}
}

// merge takes one topic branch into main, sometimes two at once. What the topic
// changed wins. Every sixth merge changes something that no parent has.
func (g *generator) merge() {
	n := 1
	if len(g.open) > 1 && g.rng.IntN(50) == 0 {
		n = 2
	}
	var parents []int
	for range n {
		i := g.rng.IntN(len(g.open))
		t := g.open[i]
		g.open = slices.Delete(g.open, i, i+1)
		parents = append(parents, t.mark)
		for f := range t.changed {
			g.main.set(f, t.files[f])
		}
	}
	if g.rng.IntN(6) == 0 {
		g.change(g.main)
	}
	if g.due(true) {
		g.plant(g.main, true)
	}
	g.commit(g.main, parents...)
}

// edit changes one to three files, and plants a credential where one is due.
func (g *generator) edit(l *line) {
	for range 1 + g.rng.IntN(3)*g.rng.IntN(2) {
		g.change(l)
	}
	if g.due(false) {
		g.plant(l, false)
	}
}

// change replaces, adds or removes a few lines of a random file. A planted
// credential goes with every third change of its file.
func (g *generator) change(l *line) {
	f := g.rng.IntN(g.o.Files)
	text := slices.Clone(l.files[f])
	at, n := g.rng.IntN(len(text)), 1+g.rng.IntN(4)
	switch end := min(at+n, len(text)); {
	case g.rng.IntN(4) == 0 && len(text) > 30:
		text = slices.Delete(text, at, end)
	default:
		if g.rng.IntN(2) == 0 {
			text = slices.Delete(text, at, end)
		}
		for range n {
			text = slices.Insert(text, at, fileKinds[f%len(fileKinds)].line(g.rng))
		}
	}
	if value := g.planted[f]; value != "" && g.rng.IntN(3) == 0 {
		text = slices.DeleteFunc(text, func(s string) bool { return s == value })
	}
	l.set(f, text)
}

// due says whether it is time for the next plant. They are spread evenly over
// the history; every fourth waits for a merge.
func (g *generator) due(merge bool) bool {
	n := len(g.plants)
	return n < g.o.Plants && g.made*g.o.Plants >= n*g.o.Commits && merge == (n%4 == 3)
}

func (g *generator) plant(l *line, merge bool) {
	n := len(g.plants)
	f := g.order[n]
	maker := credentialMakers[n%len(credentialMakers)]
	value := fileKinds[f%len(fileKinds)].assign(maker.name, maker.make(g.rng))
	text := l.files[f]
	l.set(f, slices.Insert(slices.Clone(text), g.rng.IntN(len(text)), value))
	g.planted[f] = value
	g.plants = append(g.plants, plant{Kind: maker.kind, Path: g.paths[f], Merge: merge})
}

// commit writes what a line of development changed since its last commit.
func (g *generator) commit(l *line, merged ...int) {
	g.mark++
	g.made++
	message := g.message(len(merged))
	fmt.Fprintf(g.w, "commit %s\nmark :%d\ncommitter %s %d +0000\ndata %d\n%s", l.ref, g.mark, g.author(), 1_500_000_000+int64(g.made)*900, len(message), message)
	if l.mark != 0 {
		fmt.Fprintf(g.w, "from :%d\n", l.mark)
	}
	for _, p := range merged {
		fmt.Fprintf(g.w, "merge :%d\n", p)
	}
	for _, f := range slices.Sorted(maps.Keys(l.fresh)) {
		content := strings.Join(l.files[f], "\n") + "\n"
		fmt.Fprintf(g.w, "M 100644 inline %s\ndata %d\n%s\n", g.paths[f], len(content), content)
	}
	g.w.WriteByte('\n')
	l.mark = g.mark
	clear(l.fresh)
}

func (g *generator) tag() {
	message := fmt.Sprintf("Milestone %d\n", g.made)
	fmt.Fprintf(g.w, "tag milestone-%d\nfrom :%d\ntagger %s %d +0000\ndata %d\n%s\n", g.made, g.main.mark, g.author(), 1_500_000_000+int64(g.made)*900, len(message), message)
}

func (g *generator) author() string {
	n := g.rng.IntN(40)
	return fmt.Sprintf("Author %d <author%d@example.com>", n, n)
}

func (g *generator) message(merged int) string {
	what := fmt.Sprintf("%s the %s %s", pick(g.rng, verbs), pick(g.rng, words), pick(g.rng, words))
	if merged > 0 {
		return fmt.Sprintf("Merge %d branches: %s\n", merged, what)
	}
	return what + "\n"
}
