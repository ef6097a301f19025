// Package history keeps what came of earlier audits in a file: a database of SQLite
// with one table, so that whoever has a program for those can ask it questions.
//
// The library that would read and write such files costs every start of the program
// a third of a millisecond, also that of a hook, which never needs it. So the two
// pages of the file format that one table takes are written here: every change writes
// the whole file anew, under another name until it is whole. The tests hold the files
// against the library.
package history

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/assayhq/assay/report"
)

// schema is the table. A file with another one is left alone.
const schema = `CREATE TABLE runs (id INTEGER PRIMARY KEY, collected TEXT, version TEXT, target TEXT, checks INTEGER, secrets INTEGER, passed INTEGER, failed INTEGER, not_evaluated INTEGER, fine INTEGER, open INTEGER, at_worst INTEGER, worst_info INTEGER, worst_low INTEGER, worst_medium INTEGER, worst_high INTEGER, worst_critical INTEGER, info INTEGER, low INTEGER, medium INTEGER, high INTEGER, critical INTEGER, incomplete INTEGER, accounts TEXT, frameworks TEXT)`

// columns is how many the table has.
const columns = 25

// maxFile bounds a file, in bytes: some 20,000 runs of an organisation.
const maxFile = 256 << 20

// Read returns the runs in a file, oldest first. The error of a file that is not
// there is an fs.ErrNotExist.
func Read(name string) ([]report.PostureRun, error) {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(name + suffix); err == nil && info.Size() > 0 {
			return nil, fmt.Errorf("another program has it open or broke off: %s holds what is not in it yet", filepath.Base(name)+suffix)
		}
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile || !info.Mode().IsRegular() {
		return nil, errors.New("it is no regular file of up to 256 MiB")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rows, err := decode(data)
	if err != nil {
		return nil, err
	}
	runs := make([]report.PostureRun, len(rows))
	for i, r := range rows {
		if runs[i], err = r.run(); err != nil {
			return nil, fmt.Errorf("run %d: %w", i+1, err)
		}
	}
	slices.SortStableFunc(runs, compareRuns)
	return runs, nil
}

func compareRuns(a, b report.PostureRun) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Target, b.Target))
}

// Add adds a run to a file and makes the file if there is none. A run of the same
// target whose facts were collected at the same time gives way: it was judged anew.
func Add(name string, run report.PostureRun) error {
	return change(name, func(runs []report.PostureRun) []report.PostureRun {
		runs = slices.DeleteFunc(runs, func(have report.PostureRun) bool { return have.At.Equal(run.At) && have.Target == run.Target })
		return append(runs, run)
	})
}

// Prune removes the runs that keep does not want and returns how many those were. It
// is told the runs oldest first.
func Prune(name string, keep func(report.PostureRun) bool) (removed int, err error) {
	if _, err := os.Stat(name); err != nil {
		return 0, err
	}
	err = change(name, func(runs []report.PostureRun) []report.PostureRun {
		before := len(runs)
		runs = slices.DeleteFunc(runs, func(r report.PostureRun) bool { return !keep(r) })
		removed = before - len(runs)
		return runs
	})
	return removed, err
}

// change reads a file, changes what it holds, and puts it back whole or not at all.
func change(name string, edit func([]report.PostureRun) []report.PostureRun) error {
	unlock, err := lock(name + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	runs, err := Read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	runs = edit(runs)
	slices.SortStableFunc(runs, compareRuns)
	rows := make([]row, len(runs))
	for i, r := range runs {
		if rows[i], err = newRow(r); err != nil {
			return err
		}
	}
	return replace(name, encode(rows))
}

const (
	// lockWait is how long another program may take, which writes for some milliseconds.
	lockWait = 10 * time.Second
	// lockStale is when a lock is left over from a program that was killed.
	lockStale = time.Minute
)

// lock makes a file that only one program can make, and returns what removes it.
func lock(name string) (unlock func(), err error) {
	for end := time.Now().Add(lockWait); ; time.Sleep(20 * time.Millisecond) {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if err == nil {
			unlock = func() { os.Remove(name) }
			if err = f.Close(); err != nil {
				unlock()
			}
			return unlock, err
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > lockStale {
			os.Remove(name)
			continue
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("another program writes it; if none does, remove %s", name)
		}
	}
}

// replace puts data in the place of a file, which keeps its mode. A new one is its
// owner's alone: it tells where an account is weak.
func replace(name string, data []byte) error {
	mode := fs.FileMode(0o600)
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	if info, err := os.Stat(name); err == nil {
		mode = info.Mode().Perm()
	}
	temp, err := os.CreateTemp(filepath.Dir(name), ".assay-*.tmp")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

// A row is the values of one line of the table: nil, int64 or string.
type row []any

func newRow(r report.PostureRun) (row, error) {
	accounts, err := json.Marshal(r.Accounts)
	if err != nil {
		return nil, err
	}
	frameworks, err := json.Marshal(r.Frameworks)
	if err != nil {
		return nil, err
	}
	incomplete := int64(0)
	if r.Incomplete {
		incomplete = 1
	}
	values := row{nil, r.At.UTC().Format(time.RFC3339Nano), r.Version, r.Target}
	for _, n := range numbers(&r) {
		values = append(values, int64(*n))
	}
	return append(values, incomplete, string(accounts), string(frameworks)), nil
}

// numbers are the counts of a run, in the order of their columns.
func numbers(r *report.PostureRun) []*int {
	s := &r.Score
	list := []*int{&r.Checks, &r.Secrets, &s.Passed, &s.Failed, &s.NotEvaluated, &s.Fine, &s.Open, &s.AtWorst}
	for _, counts := range []*[5]int{&s.Worst, &r.Findings} {
		for i := range counts {
			list = append(list, &counts[i])
		}
	}
	return list
}

// run reads a row. A number that is missing is 0, a text that is missing empty.
func (r row) run() (run report.PostureRun, err error) {
	if run.At, err = time.Parse(time.RFC3339Nano, r.text(1)); err != nil {
		return run, fmt.Errorf("its time is %q", r.text(1))
	}
	run.Version, run.Target = r.text(2), r.text(3)
	for i, n := range numbers(&run) {
		*n = r.number(4 + i)
	}
	run.Incomplete = r.number(columns-3) != 0
	for i, scores := range []*map[string]report.Score{&run.Accounts, &run.Frameworks} {
		if text := r.text(columns - 2 + i); text != "" {
			if err := json.Unmarshal([]byte(text), scores); err != nil {
				return run, errors.New("its scores are not readable")
			}
		}
	}
	return run, nil
}

func (r row) text(i int) string {
	if i < len(r) {
		text, _ := r[i].(string)
		return text
	}
	return ""
}

// maxNumber is more than any count, so that no sum of some can overflow.
const maxNumber = 1 << 48

func (r row) number(i int) int {
	if i < len(r) {
		n, _ := r[i].(int64)
		return int(min(max(n, 0), maxNumber))
	}
	return 0
}
