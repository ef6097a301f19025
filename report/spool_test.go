package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// partOf is a run over one repository, as a scan tells it.
func partOf(t *testing.T, s *Spool, name string, interrupted bool) {
	t.Helper()
	to := AtLeast(ConfidenceMedium, s.Part(name, "state of "+name))
	shared, own := copiesFinding(), copiesFinding()
	own.Fingerprint = fingerprint(name[:1])
	steps := []error{
		to.Begin(testRun()), to.Finding(shared), to.Finding(own),
		to.Notice(Notice{Subject: "a.bin", Err: errors.New("denied")}),
		to.End(Summary{Files: 2, Bytes: int64(len(name)), RulesActive: 3, Interrupted: interrupted}),
	}
	if err := errors.Join(steps...); err != nil {
		t.Fatal(err)
	}
}

func reportOf(t *testing.T, s *Spool) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Tell(CountByRepository(NewJSON(&out)), Summary{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func newSpool(t *testing.T, folder string) *Spool {
	t.Helper()
	s, err := NewSpool(folder, "rules of today", testRun())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// TestSpoolOrder: the order in which repositories are examined shows nowhere.
func TestSpoolOrder(t *testing.T) {
	names := []string{"api", "docs", "lib", "web"}
	var first string
	for range 2 {
		s := newSpool(t, "")
		for _, name := range names {
			partOf(t, s, name, false)
		}
		if err := s.Unopened("old", errors.New("not a Git repository")); err != nil {
			t.Fatal(err)
		}
		got := reportOf(t, s)
		if first != "" && got != first {
			t.Errorf("the report depends on the order:\n%s\n%s", got, first)
		}
		first = got
		slices.Reverse(names)
	}
	l, err := ReadList(bytes.NewReader([]byte(first)))
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, f := range l.Findings {
		most = max(most, len(f.Occurrences))
	}
	if len(l.Findings) != 5 || most != 4*9 {
		t.Errorf("%d findings, one with %d places; want 5, with 36", len(l.Findings), most)
	}
}

// TestSpoolResume cuts the file of a run that was killed at every byte. What is whole
// is taken over, and the report is that of a run that nobody disturbed.
func TestSpoolResume(t *testing.T) {
	names := []string{"api", "docs", "lib"}
	whole := newSpool(t, "")
	for _, name := range names {
		partOf(t, whole, name, false)
	}
	want := reportOf(t, whole)

	folder := filepath.Join(t.TempDir(), "parts [1]") // no pattern
	killed := newSpool(t, folder)
	for _, name := range names {
		partOf(t, killed, name, name == "lib") // during the last one
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	reused := map[int]bool{}
	for cut := bytes.IndexByte(text, '\n') + 1; cut <= len(text); cut += 61 {
		folder := filepath.Join(t.TempDir(), "parts [1]")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "parts-1.jsonl"), text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSpool(t, folder)
		taken := 0
		for _, name := range names {
			if _, ok, err := s.Reuse(name, "state of "+name); err != nil {
				t.Fatal(err)
			} else if ok {
				taken++
				continue
			}
			partOf(t, s, name, false)
		}
		if got := reportOf(t, s); got != want {
			t.Fatalf("cut at %d of %d: another report", cut, len(text))
		}
		reused[taken] = true
		s.Forget()
		s.Close()
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Fatalf("%d files are left", len(left))
		}
	}
	if !reused[0] || !reused[1] || !reused[2] || reused[3] {
		t.Errorf("how many parts were taken over: %v; want 0, 1 and 2, and never the interrupted one", reused)
	}
}

// TestSpoolChanged: of a part that was changed, wherever, nothing is taken over.
func TestSpoolChanged(t *testing.T) {
	folder := t.TempDir()
	partOf(t, newSpool(t, folder), "api", false)
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, files[0].Name())
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.IndexByte(text, '\n') + 1
	for i := head; i < len(text)-1; i += 7 {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if err := os.WriteFile(name, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSpool(t, folder)
		if _, ok, err := s.Reuse("api", "state of api"); ok || err != nil {
			t.Errorf("byte %d was changed to %q: taken over %t, %v", i, changed[max(head, i-20):i+1], ok, err)
		}
		s.Forget()
		s.Close()
	}
}

// TestSpoolTemporary: what nobody takes over has no name that a run could leave that is
// killed.
func TestSpoolTemporary(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file has a name there")
	}
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	s := newSpool(t, "")
	partOf(t, s, "api", false)
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("there is %v, %v", left, err)
	}
	if got := reportOf(t, s); !strings.Contains(got, `"name":"api"`) {
		t.Errorf("the report is %s", got)
	}
}

// TestSpoolKeys: what changed since, and what other rules found, is not taken over.
func TestSpoolKeys(t *testing.T) {
	folder := t.TempDir()
	s := newSpool(t, folder)
	partOf(t, s, "api", false)
	if _, ok, _ := newSpool(t, folder).Reuse("api", "another state"); ok {
		t.Error("a part of another state was taken over")
	}
	other, err := NewSpool(folder, "other rules", testRun())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, ok, _ := other.Reuse("api", "state of api"); ok {
		t.Error("a part of other rules was taken over")
	}
	if _, ok, _ := newSpool(t, folder).Reuse("api", "state of api"); !ok {
		t.Error("the part was not taken over")
	}
}

// TestSpoolStrangers: what is no file of parts is left alone, also what has no end.
func TestSpoolStrangers(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"parts-1.jsonl", "parts-2.jsonl"} {
		if err := os.Symlink("/dev/zero", filepath.Join(folder, name)); err != nil {
			t.Skip("there are no links here")
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "parts-3.jsonl"), bytes.Repeat([]byte("x"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSpool(t, folder)
	partOf(t, s, "api", false)
	s.Forget()
	s.Close()
	if left, _ := os.ReadDir(folder); len(left) != 3 {
		t.Errorf("%d of 3 files are left", len(left))
	}
}

func TestSumRepositories(t *testing.T) {
	a := []RepositoryResult{{Name: "a", Findings: 1, Bytes: 5}, {Name: "c"}}
	b := []RepositoryResult{{Name: "b", Unopened: true}, {Name: "a", Findings: 2, NotExamined: 1, Files: 3}}
	got := sumRepositories(a, b)
	want := []RepositoryResult{{Name: "a", Findings: 3, NotExamined: 1, Files: 3, Bytes: 5}, {Name: "b", Unopened: true}, {Name: "c"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
