package history

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

func testRun(day int, target string) report.PostureRun {
	s := report.Score{Passed: 1800, Failed: 59, NotEvaluated: 3, Fine: 40, Open: 1, Worst: [5]int{0, 4, 3, 2, 1}, AtWorst: 4000}
	return report.PostureRun{
		At: time.Date(2026, 1, 1, 9, 0, 0, 5000, time.UTC).AddDate(0, 0, day), Version: "0.1.0", Target: target, Checks: 45, Secrets: 68, Score: s,
		Accounts: map[string]report.Score{"111122223333": s}, Frameworks: map[string]report.Score{"PCI DSS 4.0.1": s, "SOC 2": {Passed: 1}},
		Findings: [5]int{1, 12, 18, 25, 3}, Incomplete: day%2 == 1,
	}
}

// library opens a file with SQLite itself.
func library(t testing.TB, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// sound checks that SQLite finds nothing wrong with a file, and as many runs.
func sound(t testing.TB, name string, runs int) {
	t.Helper()
	db := library(t, name)
	var said string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		t.Fatalf("SQLite says %q, %v", said, err)
	}
	var n, last int
	if err := db.QueryRow("SELECT count(*), coalesce(max(id), 0) FROM runs").Scan(&n, &last); err != nil || n != runs || last != runs {
		t.Fatalf("SQLite counts %d runs up to %d, want %d (%v)", n, last, runs, err)
	}
}

func TestAddAndPrune(t *testing.T) {
	name := filepath.Join(t.TempDir(), "runs.db")
	var want []report.PostureRun
	for day := range 150 { // beyond one page of leaves
		run := testRun(day, "111122223333")
		want = append(want, run)
		if err := Add(name, run); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want []report.PostureRun) {
		t.Helper()
		got, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		sound(t, name, len(want))
	}
	check(want)
	again := testRun(149, "111122223333") // the same facts, judged anew
	again.Findings[4] = 0
	want[149] = again
	if err := Add(name, again); err != nil {
		t.Fatal(err)
	}
	check(want)
	removed, err := Prune(name, func(r report.PostureRun) bool { return !r.At.Before(want[100].At) })
	if err != nil || removed != 100 {
		t.Fatalf("%d removed, %v", removed, err)
	}
	check(want[100:])
	if _, err := Prune(name, func(report.PostureRun) bool { return false }); err != nil {
		t.Fatal(err)
	}
	sound(t, name, 0)
	if left, _ := filepath.Glob(filepath.Dir(name) + "/.*"); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

// Whatever is written is a database to SQLite, and reads as what it was.
func TestAnyRuns(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		var rows []row
		for i := range rapid.IntRange(0, 400).Draw(r, "runs") {
			run := testRun(i, "")
			run.Target = strings.Repeat("ü ", rapid.SampledFrom([]int{0, 1, 40, 1800, 2000, 2030, 2040, 2100, 5000}).Draw(r, "length"))
			values, err := newRow(run)
			if err != nil {
				r.Fatal(err)
			}
			rows = append(rows, values)
		}
		data := encode(rows)
		got, err := decode(data)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(rows, got, cmp.Transformer("row", func(values row) []any { return values })); len(rows) > 0 && diff != "" {
			r.Fatal(diff)
		}
		name := filepath.Join(dir, "runs.db")
		if err := os.WriteFile(name, data, 0o666); err != nil {
			r.Fatal(err)
		}
		db, err := sql.Open("sqlite", name)
		if err != nil {
			r.Fatal(err)
		}
		defer db.Close()
		var said string
		var length, n int
		if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
			r.Fatalf("SQLite says %q, %v", said, err)
		}
		want := 0
		for _, values := range rows {
			want += len(values.text(3))
		}
		if err := db.QueryRow("SELECT count(*), coalesce(sum(length(CAST(target AS BLOB))), 0) FROM runs").Scan(&n, &length); err != nil || n != len(rows) || length != want {
			r.Fatalf("SQLite counts %d runs with %d bytes of targets, want %d with %d (%v)", n, length, len(rows), want, err)
		}
	})
}

// What SQLite itself wrote is read: other page sizes, other kinds of numbers.
func TestWrittenBySQLite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "runs.db")
	for day := range 120 {
		if err := Add(name, testRun(day, "a")); err != nil {
			t.Fatal(err)
		}
	}
	db := library(t, name)
	for _, statement := range []string{
		"DELETE FROM runs WHERE id % 3 = 0", "UPDATE runs SET checks = 7, secrets = 70000, info = 2.5, low = NULL, target = 'b' || target", "PRAGMA page_size = 1024", "VACUUM",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	runs, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	r := runs[0]
	if len(runs) != 80 || r.Checks != 7 || r.Secrets != 70000 || r.Target != "ba" || r.Findings[0] != 2 || r.Findings[1] != 0 || r.Findings[3] != 25 {
		t.Errorf("%d runs, the first is %+v", len(runs), r)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	if err := Add(good, testRun(1, "a")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.db")
	if err := os.WriteFile(other, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := library(t, other).Exec("CREATE TABLE notes (text TEXT)"); err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), data...)
	damaged[pageSize] = 99
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"foreign": {[]byte("hello"), "no history of audits"}, "empty": {nil, "no history of audits"}, "cut": {data[:pageSize], "damaged"}, "damaged": {damaged, "damaged"},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Add(file, testRun(2, "a")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if after, _ := os.ReadFile(file); string(after) != string(c.data) {
			t.Errorf("%s was changed", name)
		}
	}
	if err := Add(other, testRun(2, "a")); err == nil || !strings.Contains(err.Error(), "other tables") {
		t.Errorf("a file with another table: %v", err)
	}
	if err := os.WriteFile(good+"-wal", []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(good); err == nil || !strings.Contains(err.Error(), "good.db-wal") {
		t.Errorf("with a log: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Prune(filepath.Join(dir, "nowhere"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Programs that write at the same time lose nothing of each other.
func TestAtTheSameTime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "runs.db")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for day := range 5 {
				if err := Add(name, testRun(day, fmt.Sprint("account ", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	sound(t, name, 40)
}

// A file keeps its mode, and a link what it names.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "runs.db"), filepath.Join(dir, "link.db")
	if err := Add(name, testRun(1, "a")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a new file has the mode %v (%v)", info.Mode(), err)
	}
	if err := errors.Join(os.Chmod(name, 0o640), os.Symlink(name, link), Add(link, testRun(2, "a"))); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone (%v)", err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode became %v (%v)", info.Mode(), err)
	}
	sound(t, name, 2)
}

// A lock that a killed program left is taken away.
func TestStaleLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "runs.db")
	old := time.Now().Add(-2 * lockStale)
	if err := errors.Join(os.WriteFile(name+".lock", nil, 0o666), os.Chtimes(name+".lock", old, old), Add(name, testRun(1, "a"))); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecode(f *testing.F) {
	var rows []row
	for day := range 60 {
		values, err := newRow(testRun(day, strings.Repeat("a", day*100)))
		if err != nil {
			f.Fatal(err)
		}
		rows = append(rows, values)
	}
	f.Add(encode(nil))
	f.Add(encode(rows[:1]))
	f.Add(encode(rows))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := decode(data)
		total := 0
		for _, r := range rows {
			r.run()
			for i := range r {
				total += len(r.text(i))
			}
		}
		if err == nil && total > len(data) {
			t.Errorf("%d bytes of text from a file of %d", total, len(data))
		}
	})
}
