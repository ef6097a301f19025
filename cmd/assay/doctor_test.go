package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func testApp(out *bytes.Buffer) *app {
	return &app{stdin: strings.NewReader(""), stdout: out, stderr: out, getenv: func(string) string { return "" }, now: time.Now}
}

// No canary is ever missed, whatever its text: doctor would cry wolf.
func TestCanariesAreCaught(t *testing.T) {
	a := testApp(&bytes.Buffer{})
	p, err := a.admit(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.job.targets.close()
	for _, id := range canaries {
		for range 100 {
			if caught, err := a.catches(t.Context(), p, id, canaryFile); err != nil || !caught {
				t.Fatalf("%s: caught %v, %v", id, caught, err)
			}
		}
	}
}

// What is planted is gone afterwards, and lies where nobody else reads.
func TestPlant(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	folder, err := plant(canaries[0], canaryFile)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(folder, "settings.env")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the canary is %v, %v", info, err)
	}
	os.RemoveAll(folder)
	a := testApp(&bytes.Buffer{})
	p, err := a.admit(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.job.targets.close()
	a.checkCanary(t.Context(), p)
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := plant("no-such-rule", canaryFile); err == nil {
		t.Error("a rule that is not there has an example")
	}
}

func TestAsk(t *testing.T) {
	for answer, want := range map[string]bool{"\n": true, "y\n": true, "YES\n": true, "n\n": false, "what?\n": false, "": false, "y": false} {
		var out bytes.Buffer
		got, err := testApp(&out).ask(bufio.NewReader(strings.NewReader(answer)))("the hook")
		if err != nil || got != want || out.String() != "Write the hook? [Y/n] " {
			t.Errorf("%q means %v (%v), want %v; asked %q", answer, got, err, want, out.String())
		}
	}
}

// mayStart are the files of the program that start others. Each says why.
var mayStart = map[string]bool{"gitprogram.go": true, "hookgit.go": true}

func TestFewFilesStartPrograms(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && !mayStart[name] && bytes.Contains(text, []byte(`"os/exec"`)) {
			t.Errorf("%s starts programs", name)
		}
	}
}
