package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func writeTo(t *testing.T, name string, c reportCase) {
	t.Helper()
	f, err := NewFile(name, NewJSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.tell(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return strings.Join(list, " ")
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	c := cases()[2]
	want := render(t, variant{New: NewJSON}, c)
	if err := os.WriteFile(name, bytes.Repeat([]byte("longer than the report "), 10_000), 0o640); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		writeTo(t, name, c)
		if got := readFile(t, name); !bytes.Equal(got, want) {
			t.Errorf("%d bytes, want %d", len(got), len(want))
		}
	}
	if got := names(t, dir); got != "report.json" {
		t.Errorf("the folder holds %s", got)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Until End is done, what stood there stands, and after Close nothing else does.
func TestFileIsWholeOrNotThere(t *testing.T) {
	for _, before := range []string{"", "the report of yesterday"} {
		dir := t.TempDir()
		name := filepath.Join(dir, "report.json")
		want := ""
		if before != "" {
			want = "report.json"
			if err := os.WriteFile(name, []byte(before), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		f, err := NewFile(name, NewJSON)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(f.Temp()); err != nil || filepath.Dir(f.Temp()) != dir {
			t.Errorf("the temporary file: %s, %v", f.Temp(), err)
		}
		if err := errors.Join(f.Begin(testRun()), f.Finding(worktreeFinding())); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if got := names(t, dir); got != want {
			t.Errorf("the folder holds %q, want %q", got, want)
		}
		if before != "" && string(readFile(t, name)) != before {
			t.Error("the report of yesterday is gone")
		}
	}
}

// An interrupted run that reaches End leaves a report that says so.
func TestFileOfInterruptedRun(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.json")
	writeTo(t, name, cases()[4])
	if text := readFile(t, name); !bytes.Contains(text, []byte(`"interrupted":true,"complete":false`)) {
		t.Errorf("the report ends %s", text[max(0, len(text)-100):])
	}
}

func TestFileFormatFails(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	f, err := NewFile(filepath.Join(dir, "report.json"), func(io.Writer) Handler {
		return NewJSON(&failingWriter{failAt: 2, err: broken})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := cases()[0].tell(f); !errors.Is(err, broken) || !strings.Contains(err.Error(), "report.json") {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestFileCannotBeRenamed(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.json")
	f, err := NewFile(name, NewJSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(name, "in the way"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := cases()[0].tell(f); err == nil || strings.Contains(err.Error(), f.Temp()) {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); got != "report.json" {
		t.Errorf("the folder holds %s", got)
	}
}

func TestFileUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", dir, filepath.Join(dir, "no", "report.json"), filepath.Join(dir, "file", "report.json"), "a\x00b"} {
		f, err := NewFile(name, NewJSON)
		if err == nil {
			f.Close()
			t.Errorf("%q can be written", name)
			continue
		}
		text := err.Error()
		if !strings.HasPrefix(text, "cannot write the report "+name+": ") || strings.ContainsAny(text, "\n") {
			t.Errorf("%q: %s", name, text)
		}
	}
	if got := names(t, dir); got != "file" {
		t.Errorf("the folder holds %s", got)
	}
}

// A link stays one, and what it names is replaced.
func TestFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "sub", "real.json")
	link := filepath.Join(dir, "report.json")
	if err := errors.Join(os.Mkdir(filepath.Dir(target), 0o777), os.WriteFile(target, nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	writeTo(t, link, cases()[0])
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if len(readFile(t, target)) == 0 {
		t.Error("the file is empty")
	}
}

// What is no regular file is written to and stays what it is.
func TestFileIntoDevice(t *testing.T) {
	if _, err := os.Stat("/dev/null"); err != nil {
		t.Skip(err)
	}
	f, err := NewFile("/dev/null", NewJSON)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Temp() != "" {
		t.Errorf("it has the temporary file %s", f.Temp())
	}
	if err := cases()[0].tell(f); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Errorf("/dev/null is %v, %v", info.Mode(), err)
	}
}

func TestFileIntoFullDevice(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	f, err := NewFile("/dev/full", NewJSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := cases()[0].tell(f); err == nil || !strings.Contains(err.Error(), "report /dev/full: no space left") {
		t.Errorf("got %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
