package report

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func merged(t testing.TB, v variant, reports ...[]byte) []byte {
	t.Helper()
	var saved []Saved
	for i, text := range reports {
		saved = append(saved, SavedText(fmt.Sprintf("shard %d", i), text))
	}
	var b bytes.Buffer
	if err := Merge(saved, v.New(&b)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jsonVariants() []variant { return []variant{{"json", NewJSON}, {"jsonl", NewJSONL}} }

// A merged report merged by itself stays as it is, and says what the report said.
func TestMergeOfOne(t *testing.T) {
	for _, v := range jsonVariants() {
		for _, c := range cases() {
			c.summary.Findings = [5]int{}
			for _, f := range c.findings {
				if f.Counts() {
					c.summary.Findings[min(f.Severity, SeverityCritical)]++
				}
			}
			once := merged(t, v, render(t, v, c))
			if again := merged(t, v, once); !bytes.Equal(once, again) {
				t.Errorf("%s.%s: %s", c.name, v.name, cmp.Diff(string(once), string(again)))
			}
			sortLines := func(text []byte) []string {
				return slices.Sorted(strings.SplitSeq(strings.ReplaceAll(string(text), ",\n", "\n"), "\n"))
			}
			if len(c.findings) > 0 && strings.Contains(c.name, "hostile") || c.name == "findings" || c.name == "suppressed" {
				continue // whose places are in another order
			}
			if diff := cmp.Diff(sortLines(render(t, v, c)), sortLines(once)); diff != "" {
				t.Errorf("%s.%s says something else: %s", c.name, v.name, diff)
			}
		}
	}
}

// A sharedScan is a scan that can be made in parts: what of it is in a part says
// whoever shares it out.
type sharedScan struct {
	findings []Finding // each with its places in order
	notices  []Notice
}

func drawScan(t *rapid.T) sharedScan {
	var s sharedScan
	for i := range rapid.IntRange(0, 6).Draw(t, "findings") {
		f := Finding{
			RuleID: testRules()[i%3].ID, Message: "m" + rapid.StringN(0, 3, 9).Draw(t, "message"), Severity: Severity(i % 5), Confidence: Confidence(i % 4),
			Fingerprint: fingerprint(fmt.Sprintf("%x", i+1)),
		}
		if rapid.IntRange(0, 3).Draw(t, "suppressed") == 0 {
			f.Suppression = testSuppression()
		}
		for range rapid.IntRange(1, 6).Draw(t, "places") {
			f.Occurrences = append(f.Occurrences, drawPlace(t))
		}
		f.Occurrences = sortPlaces(f.Occurrences)
		s.findings = append(s.findings, f)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "notices") {
		n := Notice{Subject: fmt.Sprintf("gap %d", i), Err: errors.New("no")}
		if i == 1 {
			n.Accepted = testSuppression()
		}
		s.notices = append(s.notices, n)
	}
	return s
}

func drawPlace(t *rapid.T) Location {
	line := rapid.IntRange(1, 3).Draw(t, "line")
	l := Location{Path: rapid.SampledFrom([]string{"a", "a/b", "a.txt", "a/b\xff", "z", ""}).Draw(t, "path"), Region: Region{line, 1, line, 9}}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		l.InWorktree = true
	case 1:
		l.Object, l.Type = strings.Repeat("1", 40), "blob"
	case 2:
		l.Object, l.Type, l.Introduced = strings.Repeat("2", 40), "commit", testCommit("2", line)
	case 3:
		l.Object, l.Type, l.Introduced, l.AtHead = strings.Repeat("3", 40), "blob", testCommit("4", 4-line), true
	}
	return l
}

// part is the report of what has, for a place or a notice, the number n.
func (s sharedScan) part(of func(int) int, n int) reportCase {
	c := reportCase{run: testRun(), summary: Summary{RulesActive: 3}}
	i := 0
	for _, f := range s.findings {
		var places []Location
		for _, l := range f.Occurrences {
			if of(i) == n || n < 0 {
				places = append(places, l)
			}
			i++
		}
		if len(places) == 0 {
			continue
		}
		f.Occurrences, f.Excerpt = places, "the line of "+recordText(newLocationRecord(places[0]))
		c.findings = append(c.findings, f)
		if f.Counts() && f.Confidence > ConfidencePlaceholder {
			c.summary.Findings[f.Severity]++
		}
	}
	for _, notice := range s.notices {
		if of(i)%2 == n%2 || n < 0 { // some shards have the same
			c.notices = append(c.notices, notice)
			if notice.Accepted == nil {
				c.summary.NotExamined++
			} else {
				c.summary.Accepted++
			}
		}
		i++
	}
	if n < 0 {
		of = func(int) int { return n }
	}
	for j := range i {
		if of(j) == n {
			c.summary.Files++
			c.summary.Bytes += 7
			if c.summary.Skipped == nil {
				c.summary.Skipped = map[string]int{}
			}
			c.summary.Skipped["fifo"]++
		}
	}
	return c
}

// However a scan is shared out, and in whatever order its parts are merged, also in
// parts of parts, the result is the same to the byte.
func TestMergeOfShards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scan := drawScan(t)
		shards := rapid.IntRange(1, 5).Draw(t, "shards")
		seed := rapid.Uint64().Draw(t, "seed")
		of := func(i int) int { return int(rand.New(rand.NewPCG(seed, uint64(i))).Uint64() % uint64(shards)) }
		for _, v := range jsonVariants() {
			tell := func(c reportCase) []byte {
				var b bytes.Buffer
				if err := c.tell(v.New(&b)); err != nil {
					t.Fatal(err)
				}
				return b.Bytes()
			}
			join := func(parts ...[]byte) []byte {
				var saved []Saved
				for _, p := range parts {
					saved = append(saved, SavedText("shard", p))
				}
				var b bytes.Buffer
				if err := Merge(saved, v.New(&b)); err != nil {
					t.Fatal(err)
				}
				return b.Bytes()
			}
			var parts [][]byte
			for n := range shards {
				parts = append(parts, tell(scan.part(of, n)))
			}
			want := join(parts...)
			if noticesOfAll(scan, of, shards) {
				want = join(tell(scan.part(of, -1)))
			}
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			if got := join(parts...); !bytes.Equal(got, want) {
				t.Fatalf("%s: %s", v.name, cmp.Diff(string(want), string(got)))
			}
			half := len(parts) / 2
			if half == 0 {
				continue
			}
			if got := join(join(parts[half:]...), join(parts[:half]...)); !bytes.Equal(got, want) {
				t.Fatalf("in two steps, %s: %s", v.name, cmp.Diff(string(want), string(got)))
			}
		}
	})
}

// noticesOfAll reports whether the shards together have every notice.
func noticesOfAll(s sharedScan, of func(int) int, shards int) bool {
	all := true
	i := 0
	for _, f := range s.findings {
		i += len(f.Occurrences)
	}
	for range s.notices {
		some := false
		for n := range shards {
			some = some || of(i)%2 == n%2
		}
		all = all && some
		i++
	}
	return all
}

// The regions of an audit that were judged apart are one audit.
func TestMergeOfRegions(t *testing.T) {
	whole := auditCase()
	whole.run.Target = "2 accounts"
	part := func(in func(region string) bool) reportCase {
		c := whole
		coverage := *whole.run.Coverage
		coverage.Rows = slices.DeleteFunc(slices.Clone(coverage.Rows), func(r CoverageRow) bool { return !in(r.Region) })
		c.run.Coverage = &coverage
		c.findings = slices.DeleteFunc(slices.Clone(c.findings), func(f Finding) bool { return !in(f.Occurrences[0].Resource.Region) })
		c.verdicts = slices.DeleteFunc(slices.Clone(c.verdicts), func(v Verdict) bool { return !in(v.Resource.Region) })
		c.notices = slices.DeleteFunc(slices.Clone(c.notices), func(n Notice) bool { return !in(strings.Fields(n.Subject)[0]) })
		c.summary = Summary{RulesActive: 7, NotExamined: len(c.notices)}
		for _, f := range c.findings {
			c.summary.Findings[f.Severity]++
			c.summary.Checks = sumChecks(c.summary.Checks, []CheckCount{{ID: f.RuleID, Failed: 1}})
		}
		for _, v := range c.verdicts {
			one := CheckCount{ID: v.RuleID, Passed: 1}
			if v.Outcome != OutcomePass {
				one = CheckCount{ID: v.RuleID, NotEvaluated: 1}
			}
			c.summary.Checks = sumChecks(c.summary.Checks, []CheckCount{one})
		}
		return c
	}
	all := part(func(string) bool { return true })
	east := part(func(r string) bool { return r < "eu-central-2" })
	west := part(func(r string) bool { return r > "eu-central-2" })
	for _, v := range jsonVariants() {
		want := merged(t, v, render(t, v, all))
		for i, parts := range [][][]byte{{render(t, v, east), render(t, v, west)}, {render(t, v, west), render(t, v, east)}} {
			if diff := cmp.Diff(string(want), string(merged(t, v, parts...))); diff != "" {
				t.Errorf("%s order %d: %s", v.name, i, diff)
			}
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	good := render(t, variant{New: NewJSONL}, cases()[0])
	with := func(change func(*Run)) []byte {
		c := cases()[0]
		change(&c.run)
		return render(t, variant{New: NewJSON}, c)
	}
	for want, other := range map[string][]byte{
		"the command of the one is scan, that of the other audit":  with(func(r *Run) { r.Command = "audit" }),
		"the target of the one is ., that of the other elsewhere":  with(func(r *Run) { r.Target = "elsewhere" }),
		"the version of the one is 0.1.0, that of the other 0.2.0": with(func(r *Run) { r.Version = "0.2.0" }),
		"their rules or configurations are not the same":           with(func(r *Run) { r.Rules = r.Rules[1:] }),
		"shard 1: not a whole report: it has no summary":           good[:bytes.IndexByte(good, '\n')+1],
		"shard 1: not a report in json or jsonl: no JSON":          []byte("hunter2"),
	} {
		err := Merge([]Saved{SavedText("shard 0", good), SavedText("shard 1", other)}, NewJSON(&bytes.Buffer{}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if Merge(nil, NewJSON(&bytes.Buffer{})) == nil {
		t.Error("nothing was merged, and that is no error")
	}
}

// What one report suppresses and another does not stays two findings.
func TestMergeKeepsStanding(t *testing.T) {
	open, shut := worktreeFinding(), suppressedFinding()
	shut.Baseline = BaselineNone
	l, err := ReadList(bytes.NewReader(merged(t, variant{New: NewJSON},
		render(t, variant{New: NewJSON}, reportCase{run: testRun(), findings: []Finding{open}}),
		render(t, variant{New: NewJSON}, reportCase{run: testRun(), findings: []Finding{shut}}),
	)))
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Findings) != 2 || l.Findings[0].Counts() == l.Findings[1].Counts() || l.Summary.Findings != [5]int{3: 1} {
		t.Errorf("%d findings, %v", len(l.Findings), l.Summary.Findings)
	}
}

// Places come as a scan has them: files as a walk meets them, what only history
// has by name, messages by time.
func TestPlaceOrder(t *testing.T) {
	blob := strings.Repeat("1", 40)
	commit := func(day int) Location {
		return Location{Object: strings.Repeat(fmt.Sprint(day), 40), Type: "commit", Introduced: &Commit{Date: time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC)}}
	}
	want := []Location{
		{Path: "a/b", InWorktree: true}, {Path: "a/b", InWorktree: true, Region: Region{2, 1, 2, 3}}, {Path: "a.txt", InWorktree: true},
		commit(3), commit(4), {Object: blob, Type: "commit"},
		{Path: ".git/config"},
		{Path: "a.txt", Object: blob, Type: "blob"}, {Path: "a/b", Object: blob, Type: "blob"},
		{Object: blob, Type: "blob"}, {Path: "module/", Object: blob, Type: "blob"},
	}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	got = sortPlaces(append(got, want[3]))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
