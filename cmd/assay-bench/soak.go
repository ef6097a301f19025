package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// soakSuite makes one random repository after another, plants credentials in random
// forms and places, and scans each in several ways. All that was planted has to be
// found and nothing else, and the ways have to agree. Each repository depends on its own
// seed alone; one that fails is named by it, and --seed N --repositories 1 makes it again.
func soakSuite(ctx context.Context, s *session) ([]result, error) {
	until := time.Now().Add(s.Time)
	r := result{Suite: "soak", Corpus: "random repositories"}
	plants, commits, n := 0, 0, 0
	for ; n < s.repositories(1000) && time.Now().Before(until) && ctx.Err() == nil; n++ {
		seed := s.seed + uint64(n)
		one, err := s.soakOne(ctx, seed)
		if ctx.Err() != nil {
			break
		}
		plants, commits = plants+len(one.plants), commits+one.commits
		if err != nil {
			r.Rows = append(r.Rows, row{Tool: fmt.Sprint("seed ", seed), Note: "failed: " + err.Error()})
			s.say("seed %d: %v", seed, err)
		}
		if (n+1)%50 == 0 {
			s.say("%d repositories, %d failed", n+1, len(r.Rows))
		}
	}
	r.Notes = []string{fmt.Sprintf("seeds %d to %d: %d repositories of %d asked for, %d commits, %d credentials planted, %d repositories failed",
		s.seed, s.seed+uint64(max(n, 1))-1, n, s.repositories(1000), commits, plants, len(r.Rows))}
	return []result{r}, nil
}

// soakOne makes one repository and examines it. Nothing of it stays.
func (s *session) soakOne(ctx context.Context, seed uint64) (*soaked, error) {
	room, err := os.MkdirTemp("", "assay-soak-")
	if err != nil {
		return &soaked{}, err
	}
	defer os.RemoveAll(room)
	k := &soaked{ctx: ctx, room: room, dir: filepath.Join(room, "repo"), rng: rand.New(rand.NewPCG(seed, 13)), assay: s.programs.assay}
	if err := k.build(); err != nil {
		return k, fmt.Errorf("it could not be made: %w", err)
	}
	return k, k.examine()
}

// A soaked is one random repository.
type soaked struct {
	ctx       context.Context
	room, dir string
	rng       *rand.Rand
	assay     string
	plants    []string
	places    []string // of plants, for messages
	commits   int
	lines     []soakLine
	state     bool // a state was written when half of the history was there
}

// A soakLine is a branch while history is made.
type soakLine struct {
	name  string
	files map[string][]byte
}

func (k *soaked) one(in int) bool { return k.rng.IntN(in) == 0 }

// plant makes a credential and remembers where it goes.
func (k *soaked) plant(place string) string {
	token := githubToken(k.rng)
	k.plants, k.places = append(k.plants, token), append(k.places, place)
	return token
}

func (k *soaked) git(args ...string) error {
	_, err := k.gitWith(nil, args...)
	return err
}

func (k *soaked) gitWith(stdin []byte, args ...string) (string, error) {
	c := gitIn(k.dir, append([]string{"-c", "core.fsync=none", "-c", "gc.auto=0", "-c", "protocol.file.allow=always"}, args...)...)
	c.env = append(c.env, "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	c.stdin = bytes.NewReader(stdin)
	out, err := c.output(k.ctx)
	return strings.TrimSpace(string(out)), err
}

var errNotAlike = errors.New("the reports are not alike")

// examine scans the repository in all ways and compares.
func (k *soaked) examine() error {
	want, err := k.wanted()
	if err != nil {
		return err
	}
	one, text, exit, err := k.both("1")
	if err != nil {
		return err
	}
	if err := k.same("the scan", prints(one), want); err != nil {
		return err
	}
	if wantExit := min(1, len(want)); exit != wantExit {
		return fmt.Errorf("exit %d, want %d", exit, wantExit)
	}
	if err := k.same("SARIF", prints(text), want); err != nil {
		return err
	}
	for _, token := range k.plants {
		if bytes.Contains(one, []byte(token[4:12])) || bytes.Contains(text, []byte(token[4:12])) {
			return errors.New("a report shows a credential")
		}
	}
	four, again, _, err := k.both("4")
	if err == nil && !(bytes.Equal(one, four) && bytes.Equal(text, again)) {
		err = fmt.Errorf("%w: with 1 worker and with 4", errNotAlike)
	}
	if err != nil || !k.state {
		return err
	}
	return k.incremental()
}

// both scans into two formats.
func (k *soaked) both(workers string) (jsonl, sarif []byte, exit int, err error) {
	file := filepath.Join(k.room, "sarif")
	jsonl, exit, err = k.scan("--workers", workers, "--report", "sarif="+file, "--sarif-history", "include")
	if err == nil {
		sarif, err = os.ReadFile(file)
	}
	return jsonl, sarif, exit, err
}

// incremental examines what came since the state was written. Its findings have to be
// those of a scan of everything, word for word.
func (k *soaked) incremental() error {
	whole, _, err := k.scan()
	if err != nil {
		return err
	}
	for _, step := range []string{"in two steps", "with nothing new"} {
		again, _, err := k.scan("--state", filepath.Join(k.room, "state"))
		if err != nil {
			return err
		}
		if !bytes.Equal(findingLines(whole), findingLines(again)) {
			return fmt.Errorf("%w: at once and %s", errNotAlike, step)
		}
	}
	return nil
}

func findingLines(report []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(report) {
		if bytes.HasPrefix(line, []byte(`{"type":"finding"`)) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// scan runs assay on the repository and returns the report.
func (k *soaked) scan(args ...string) (report []byte, exit int, err error) {
	return k.run(nil, append([]string{"scan", "--no-config", "--format", "jsonl", "."}, args...)...)
}

func (k *soaked) run(stdin []byte, args ...string) (report []byte, exit int, err error) {
	var out bytes.Buffer
	c := command{args: append([]string{k.assay}, args...), dir: k.dir, env: cleanEnv(k.room), stdin: bytes.NewReader(stdin), stdout: &out, ok: []int{1}}
	u, err := c.run(k.ctx)
	return out.Bytes(), u.Exit, err
}

var printed = regexp.MustCompile(`assay/v1:[0-9a-f]{64}`)

// prints are the fingerprints that stand in a report.
func prints(report []byte) map[string]bool {
	all := map[string]bool{}
	for _, p := range printed.FindAll(report, -1) {
		all[string(p)] = true
	}
	return all
}

// wanted maps the fingerprint of each plant to where it is, as a scan of each alone
// tells it.
func (k *soaked) wanted() (map[string]string, error) {
	want := map[string]string{}
	for i, token := range k.plants {
		want[token] = k.places[i]
	}
	text := strings.Join(k.plants, "\n") + "\n"
	report, _, err := k.run([]byte(text), "scan", "--no-config", "--format", "jsonl", "-")
	if err != nil {
		return nil, err
	}
	byPrint := map[string]string{}
	line := regexp.MustCompile(`"start_line":(\d+)`)
	for found := range bytes.Lines(findingLines(report)) {
		at := line.FindSubmatch(found)
		n := int(number(string(at[1])))
		byPrint[printed.FindString(string(found))] = want[k.plants[n-1]]
	}
	if len(byPrint) != len(want) {
		return nil, fmt.Errorf("%d of %d credentials are found by themselves", len(byPrint), len(want))
	}
	return byPrint, nil
}

func (k *soaked) same(what string, got map[string]bool, want map[string]string) error {
	var missed []string
	for print, place := range want {
		if !got[print] {
			missed = append(missed, place)
		}
	}
	slices.Sort(missed)
	beyond := 0
	for print := range got {
		if _, ok := want[print]; !ok {
			beyond++
		}
	}
	if len(missed) > 0 || beyond > 0 {
		return fmt.Errorf("%s lacks %q and has %d others", what, missed, beyond)
	}
	return nil
}

// sortedFiles are the paths of a branch.
func (l *soakLine) sortedFiles() []string { return slices.Sorted(maps.Keys(l.files)) }
