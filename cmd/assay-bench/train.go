package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assayhq/assay/rules"
)

// The model of package rules is trained here: on CredData, and on the tuning half
// of the suite words, because the makers of CredData replaced its true values by
// random ones, so that it cannot teach that people take words for passwords.
//
// How good it is is measured by cross-validation: repositories of CredData and
// languages of the suite words are spread over parts, and what is reported in each
// part is judged by a model that has seen nothing of it. That goes through the
// whole of package rules, so the figures compare with those of the suite accuracy.

// A training is one call of assay-bench train.
type training struct {
	*bench
	trainer
	CredData string
	Exclude  []string
	Folds    int
	Out      string
	Medium   int32 // the score, in thousandths, from which confidence is medium
	Low      int32 // the same for low
	Words    int   // how often each host of the tuning half is written
	Weight   int64 // of what is learnt there, in sixteenths
}

func trainCommand(b *bench) *cobra.Command {
	t := &training{bench: b}
	cmd := &cobra.Command{
		Use: "train", Short: "Train the model that judges values, and say how good it is",
		Long: "Train the model of package rules on CredData and on the tuning half of the suite\nwords, and cross-validate it. Everything asked for by default is what the model in\nthe source was made with; --out writes it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.CredData == "" {
				return fmt.Errorf("train needs --creddata DIR: %w", errUsage)
			}
			return t.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&t.CredData, "creddata", "", "folder with data/ and meta/ of CredData")
	flags.StringSliceVar(&t.Exclude, "exclude", notCredentials, "categories of CredData that are no credentials")
	flags.IntVar(&t.Folds, "folds", 5, "parts for cross-validation")
	flags.StringVar(&t.Out, "out", "", "write the model to this file")
	flags.IntVar(&t.trees, "trees", 120, "trees of the model")
	flags.IntVar(&t.leaves, "leaves", 8, "leaves of each tree; 2 makes the model additive")
	flags.Int64Var(&t.rate, "rate", 100, "share of each step that is taken, in thousandths")
	flags.Int64Var(&t.least, "least", 160, "least curvature below a branch, in sixteenths")
	flags.Int64Var(&t.damping, "damping", 2, "curvature added to each leaf")
	flags.StringSliceVar(&t.ignored, "ignore", nil, "traits that the model may not look at")
	flags.Int32Var(&t.Medium, "medium", 500, "score from which confidence is medium, in thousandths")
	flags.Int32Var(&t.Low, "low", -2500, "score from which confidence is low, in thousandths")
	flags.IntVar(&t.Words, "words", 40, "how often each host of the suite words is written; 0 leaves them out")
	flags.Int64Var(&t.Weight, "weight", 6, "weight of what the suite words teaches, in sixteenths of a value of CredData")
	return cmd
}

func (t *training) run(ctx context.Context, w io.Writer) error {
	lessons, err := t.read(ctx)
	if err != nil {
		return err
	}
	byTables, err := rules.Compile(rules.Builtin(), rules.WithModel(nil))
	if err != nil {
		return err
	}
	learnt := t.learn(lessons, byTables)
	var figures strings.Builder
	fmt.Fprintf(&figures, "%d files, %d values to learn from", len(lessons), len(learnt))
	var chances []chance
	if t.Folds > 0 {
		unseen, err := t.validate(&figures, lessons, learnt, byTables)
		if err != nil {
			return err
		}
		chances = calibrate(unseen)
	}
	if _, err := fmt.Fprintln(w, figures.String()); err != nil {
		return err
	}
	model := t.grow(learnt)
	model.chances = chances
	if err := model.shares().write(w); err != nil || t.Out == "" {
		return err
	}
	return os.WriteFile(t.Out, []byte(model.text(t, figures.String())), 0o666)
}

// read returns the files to learn from.
func (t *training) read(ctx context.Context) ([]*lessonFile, error) {
	files, err := readLessonFiles(t.CredData)
	if err != nil || t.Words == 0 {
		return files, err
	}
	halves, err := wordHalves()
	if err == nil {
		err = t.fetchWords(ctx, halves)
	}
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(halves, func(h *wordHalf) bool { return h.Name == tuningName })
	for _, f := range halves[i].files(wordSeed, t.Words) {
		if len(f.Labels) > 0 {
			files = append(files, wordLessons(f))
		}
	}
	return files, nil
}

// wordSeed is none that the suite words is run with, so that its figures for the
// tuning half are about other files.
const wordSeed = 1001

// learn returns what the files teach.
func (t *training) learn(files []*lessonFile, set *rules.Set) []lesson {
	var all []lesson
	for _, f := range files {
		some := f.lessons(set, t.Exclude)
		for i := range some {
			if f.words {
				some[i].weight = t.Weight
			}
		}
		all = append(all, some...)
	}
	return all
}

// gates are the scores for medium confidence that validate shows beside that asked for.
var gates = []int32{-1500, -1000, -500, 0, 500, 1000, 1500}

// validate writes what models that did not see a file report in it, and returns how
// they grade the values of CredData there.
func (t *training) validate(w io.Writer, files []*lessonFile, learnt []lesson, byTables *rules.Set) ([]graded, error) {
	var unseen []graded
	parts := spread(files)
	at := slices.Clone(gates)
	if !slices.Contains(at, t.Medium) {
		at = append(at, t.Medium)
		slices.Sort(at)
	}
	tries := make([]try, len(at))
	for k := range t.Folds {
		inside := func(group string) bool { return parts[group]%t.Folds == k }
		others := slices.DeleteFunc(slices.Clone(learnt), func(l lesson) bool { return inside(l.group) })
		model := t.grow(others)
		for _, l := range learnt {
			if inside(l.group) && l.weight == 16 {
				unseen = append(unseen, graded{model.score(&l.Traits), l.truth})
			}
		}
		for i, gate := range at {
			asked := *t
			asked.Medium = gate
			m, err := rules.ParseModel(model.text(&asked, ""))
			if err != nil {
				return nil, err
			}
			set, err := rules.Compile(rules.Builtin(), rules.WithModel(m))
			if err != nil {
				return nil, err
			}
			tries[i].look(set, slices.DeleteFunc(slices.Clone(files), func(f *lessonFile) bool { return !inside(f.group) }))
		}
	}
	var hand try
	hand.look(byTables, files)
	var out table
	out.add("gate", "TP", "FN", "FP", "unlabelled", "precision", "recall", "F1", "words found", "twins flagged")
	hand.add(&out, "set by hand", t.Exclude)
	for i, gate := range at {
		tries[i].add(&out, fmt.Sprintf("%+.1f", float64(gate)/1000), t.Exclude)
	}
	fmt.Fprintf(w, "; cross-validated in %d parts\n", t.Folds)
	return unseen, out.write(w)
}

// spread numbers the groups in turn by what is to be found in them, so that parts
// are about equal.
func spread(files []*lessonFile) map[string]int {
	count := map[string]int{}
	for _, f := range files {
		count[f.group] += 0
		for _, u := range f.units {
			if u.isTrue() {
				count[f.group]++
			}
		}
	}
	var groups []string
	for g := range count {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b string) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	number := map[string]int{}
	for i, g := range groups {
		number[g] = i
	}
	return number
}

// A try is what a set reports in files.
type try struct {
	units            []*unit
	spots            []spot
	passwords, found int
	twins, flagged   int
}

// look adds what a set reports in files.
func (t *try) look(set *rules.Set, files []*lessonFile) {
	for _, f := range files {
		spots := f.spots(set)
		if !f.words {
			t.units = append(t.units, f.units...)
			t.spots = append(t.spots, spots...)
			continue
		}
		for _, u := range f.units {
			hit := slices.ContainsFunc(spots, func(s spot) bool { return u.first <= s.EndLine && s.Line <= u.last })
			t.count(u, hit)
		}
	}
}

func (t *try) count(u *unit, hit bool) {
	all, some := &t.passwords, &t.found
	if !u.isTrue() {
		all, some = &t.twins, &t.flagged
	}
	*all++
	if hit {
		*some++
	}
}

func (t *try) add(out *table, name string, exclude []string) {
	s := scoreCredData(name, "", t.spots, t.units, exclude)
	out.add(name, fmt.Sprint(s.TP), fmt.Sprint(s.FN), fmt.Sprint(s.FP), fmt.Sprint(s.Unlabelled), three(s.PrecisionStrict), three(s.Recall), three(s.F1Strict),
		percent(t.found, t.passwords), percent(t.flagged, t.twins))
}
