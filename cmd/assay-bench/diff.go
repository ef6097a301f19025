package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// lineMargin is how far apart two scanners may count the lines of one place:
// gitleaks starts some matches at the end of the line before.
const lineMargin = 1

// A difference is what gitleaks reported and we did not.
type difference struct {
	corpus string
	spot   spot
	path   string
	near   int // how many places of ours are in the same path
}

// A comparison counts what became of the places that gitleaks reported.
type comparison struct {
	theirs    int // places that gitleaks reported
	same      int // reported by us at the same place
	elsewhere int // the same text is in a finding of ours at another place
	missing   []difference
}

// compare runs both scanners on a place. The peer's report is read with the
// credentials in it, to tell whether we reported the same one elsewhere.
func (s *session) compare(ctx context.Context, p place, confidence string) (comparison, error) {
	s.say("comparing on %s", p.Name)
	mode, theirs := "--no-history", s.gitleaksScan("dir", p.Dir)
	if p.Repo {
		mode, theirs = "--history-only", s.gitleaksScan("git", p.Dir)
	}
	_, ours, err := s.assayScan("assay", mode, "--min-confidence", confidence, p.Dir).once(ctx, 0)
	if err != nil {
		return comparison{}, err
	}
	_, other, err := unredacted(theirs).once(ctx, 0)
	if err != nil {
		return comparison{}, err
	}
	if p.Repo {
		if err := resolveObjects(ctx, p.Dir, other.Spots); err != nil {
			return comparison{}, err
		}
	}
	texts, err := textsOf(ctx, p, ours.Spots)
	if err != nil {
		return comparison{}, err
	}
	return match(p, ours.Spots, other.Spots, texts), nil
}

// match sorts the places that gitleaks reported into same, elsewhere, missing.
func match(p place, ours, theirs []spot, texts []string) comparison {
	at := map[string][]spot{}
	for _, o := range ours {
		at[where(p, o)] = append(at[where(p, o)], o)
	}
	c := comparison{theirs: len(theirs)}
	for _, t := range theirs {
		here := at[where(p, t)]
		switch {
		case slices.ContainsFunc(here, func(o spot) bool { return near(o, t) }):
			c.same++
		case slices.ContainsFunc(texts, func(text string) bool { return t.Secret != "" && strings.Contains(text, t.Secret) }):
			c.elsewhere++
		default:
			c.missing = append(c.missing, difference{p.Name, t, t.relative(p.Dir), len(here)})
		}
	}
	slices.SortFunc(c.missing, func(a, b difference) int {
		return cmp.Or(cmp.Compare(a.spot.Rule, b.spot.Rule), cmp.Compare(a.path, b.path), cmp.Compare(a.spot.Line, b.spot.Line), cmp.Compare(a.spot.Commit, b.spot.Commit))
	})
	return c
}

// where names what the lines of a spot count in: an object in a history, else a file.
func where(p place, s spot) string {
	if p.Repo {
		return s.Object
	}
	return s.under(p.Dir)
}

func near(a, b spot) bool {
	return a.Line <= b.EndLine+lineMargin && b.Line <= a.EndLine+lineMargin
}

// resolveObjects finds the object that each commit has at the path of a spot.
func resolveObjects(ctx context.Context, repo string, spots []spot) error {
	var ask bytes.Buffer
	for _, s := range spots {
		fmt.Fprintf(&ask, "%s:%s\n", s.Commit, strings.ReplaceAll(s.Path, "\n", "?"))
	}
	c := gitIn(repo, "cat-file", "--batch-check=%(objectname)")
	c.stdin = &ask
	out, err := c.output(ctx)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(spots) > 0 && len(lines) != len(spots) {
		return fmt.Errorf("git cat-file: %d answers to %d questions", len(lines), len(spots))
	}
	for i := range spots {
		spots[i].Object = lines[i] // "... missing" is no object of ours
	}
	return nil
}

// textsOf returns the lines of one place of each finding: all places of a
// finding hold the same credential.
func textsOf(ctx context.Context, p place, spots []spot) ([]string, error) {
	firsts := slices.CompactFunc(slices.Clone(spots), func(a, b spot) bool { return a.Finding == b.Finding })
	if p.Repo {
		return objectTexts(ctx, p.Dir, firsts)
	}
	var texts []string
	for _, s := range firsts {
		data, err := os.ReadFile(s.under(p.Dir))
		if err != nil {
			return nil, err
		}
		texts = append(texts, linesOf(data, s))
	}
	return texts, nil
}

func linesOf(data []byte, s spot) string {
	lines := strings.SplitAfter(string(data), "\n")
	first, last := min(max(s.Line-1, 0), len(lines)), min(max(s.EndLine, 0), len(lines))
	return strings.Join(lines[first:max(first, last)], "")
}

// objectTexts has Git write the objects one after another and takes the lines
// out of each.
func objectTexts(ctx context.Context, repo string, spots []spot) ([]string, error) {
	var ask bytes.Buffer
	for _, s := range spots {
		fmt.Fprintln(&ask, s.Object)
	}
	r, w := io.Pipe()
	c := gitIn(repo, "cat-file", "--batch")
	c.stdin, c.stdout = &ask, w
	ran := make(chan error, 1)
	go func() {
		_, err := c.run(ctx)
		w.CloseWithError(err)
		ran <- err
	}()
	texts, err := takeTexts(bufio.NewReader(r), spots)
	r.CloseWithError(io.ErrClosedPipe)
	return texts, errors.Join(err, <-ran)
}

func takeTexts(r *bufio.Reader, spots []spot) ([]string, error) {
	var texts []string
	for _, s := range spots {
		head, err := r.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("git cat-file: %w", err)
		}
		fields := strings.Fields(head)
		if len(fields) != 3 {
			continue // "... missing"
		}
		n, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, fmt.Errorf("git cat-file: unexpected line %q", strings.TrimSpace(head))
		}
		data := make([]byte, n+1) // and a line end
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, fmt.Errorf("git cat-file: %w", err)
		}
		texts = append(texts, linesOf(data[:n], s))
	}
	return texts, nil
}

// writeDifferences writes one TSV line for each place, without any text of it.
func writeDifferences(w io.Writer, all []difference) error {
	for _, d := range all {
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t\n", d.corpus, d.spot.Rule, quotePath(d.path), d.spot.Line, d.spot.Commit, d.near)
		if err != nil {
			return err
		}
	}
	return nil
}

// quotePath keeps a path in one cell.
func quotePath(path string) string {
	if strings.ContainsAny(path, "\t\n\r\"") {
		return strconv.Quote(path)
	}
	return filepath.ToSlash(path)
}
