package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What was added comes back, whatever the blocks that it was cut into.
func TestPacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := packed{limit: maxPacked}
		line := rapid.Map(rapid.SliceOfN(rapid.ByteRange(11, 255), 0, 3*blockSize/2), func(b []byte) string { return string(b) })
		var want, got []string
		for _, text := range rapid.SliceOfN(line, 0, 4).Draw(t, "lines") {
			want = append(want, text)
			if err := p.add([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		for text, err := range p.all() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(text))
		}
		if diff := cmp.Diff(want, got); diff != "" || p.more != 0 {
			t.Errorf("%d left out, %s", p.more, diff)
		}
	})
}

// Beyond the bound verdicts are counted, and what was kept is whole.
func TestJSONVerdictsBounded(t *testing.T) {
	var b bytes.Buffer
	h := NewJSON(&b).(*jsonHandler)
	h.verdicts.limit = 100_000
	const all = 100_000
	if err := tellMany(h, all); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Verdicts []verdictRecord
		LeftOut  int `json:"verdicts_left_out"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Verdicts) == 0 || got.LeftOut == 0 || len(got.Verdicts)+got.LeftOut != all {
		t.Errorf("%d listed, %d left out", len(got.Verdicts), got.LeftOut)
	}
	for i, v := range got.Verdicts {
		if want := manyVerdict(i); v.RuleID != want.RuleID || v.Resource.ARN != want.Resource.ARN {
			t.Fatalf("verdict %d is %+v", i, v)
		}
	}
}

// checksPerSecret is about what an audit has.
const checksPerSecret = 27

// manyVerdict is the i-th verdict of a large account, with names and dates as
// little alike as real ones.
func manyVerdict(i int) Verdict {
	secret := uint32(i/checksPerSecret+1) * 2654435761
	r := testResource(testAccount, "eu-central-1", fmt.Sprintf("prod/service-%x/database", secret))
	return Verdict{
		RuleID: fmt.Sprintf("SM-ROT-%02d", i%checksPerSecret), Resource: r, Outcome: OutcomePass,
		Reason: fmt.Sprintf("the last rotation was on 2026-%02d-%02d at %d, %d days ago", secret%12+1, secret%28+1, secret%86400, i%90),
	}
}

func tellMany(h Handler, n int) error {
	if err := h.Begin(Run{Command: "audit", Rules: testChecks(), Coverage: testCoverage()}); err != nil {
		return err
	}
	for i := range n {
		if err := h.Verdict(manyVerdict(i)); err != nil {
			return err
		}
	}
	return h.End(Summary{Resources: map[string]int{"secret": n / checksPerSecret}})
}

// A heapAtEnd notes what is held when a report ends.
type heapAtEnd struct {
	Handler
	bytes uint64
}

func (h *heapAtEnd) End(s Summary) error {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	h.bytes = stats.HeapAlloc
	return h.Handler.End(s)
}

// heldOf is how many bytes a format holds after n verdicts.
func heldOf(t testing.TB, f Format, n int) int {
	t.Helper()
	h := &heapAtEnd{Handler: f.New(io.Discard)}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := tellMany(h, n); err != nil {
		t.Fatal(err)
	}
	return int(h.bytes) - int(before.HeapAlloc)
}

// No format holds an audit. Only json has to, compressed, and with this bound an
// audit of 100,000 secrets costs it less than maxPacked.
func TestVerdictsAreNotHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("50,000 verdicts in every format")
	}
	const n = 50_000
	for _, f := range Formats {
		bound := 2 << 20
		if f.Name == "json" {
			bound += maxPacked / 100_000 / checksPerSecret * n
		}
		if held := heldOf(t, f, n); held > bound {
			t.Errorf("%s holds %d bytes of %d verdicts, at most %d would do", f.Name, held, n, bound)
		}
	}
}

func BenchmarkMillionVerdicts(b *testing.B) {
	for _, f := range Formats {
		b.Run(f.Name, func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(heldOf(b, f, 1_000_000)>>10), "KiB-held")
			}
		})
	}
}

func BenchmarkVerdicts(b *testing.B) {
	for _, f := range Formats {
		b.Run(f.Name, func(b *testing.B) {
			h := f.New(io.Discard)
			if err := h.Begin(Run{Command: "audit", Rules: testChecks()}); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if err := h.Verdict(manyVerdict(i)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestJSONVerdictsAfterWriteError(t *testing.T) {
	w := &failingWriter{failAt: 1, err: io.ErrClosedPipe}
	h := NewJSON(w)
	if err := h.Begin(Run{Command: "audit"}); err == nil {
		t.Fatal("the error is lost")
	}
	if err := h.Verdict(Verdict{}); err == nil || !strings.Contains(err.Error(), "closed pipe") {
		t.Errorf("got %v", err)
	}
}
