package scan

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A clean file costs less than one allocation: units of files have some, the files
// none.
func TestFilesAllocate(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates by itself")
	}
	if runtime.GOOS != "linux" {
		t.Skip("package os allocates for every file")
	}
	cost := func(n int) uint64 {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf("folder/file%d.go", i), strings.Repeat("func name(argument int) string { return \"text\" }\n", 20))
		}
		dir := folderOf(t, all...)
		scan := func() {
			f, err := NewFiles(dir, ".", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := Run(t.Context(), []Source{f}, builtin(), &record{}, Options{Workers: 1}); err != nil {
				t.Fatal(err)
			}
		}
		scan() // whatever is made once
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		scan()
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	const few, many = 200, 1200
	if more := cost(many) - cost(few); more > (many-few)/2 {
		t.Errorf("%d files more cost %d allocations", many-few, more)
	} else {
		t.Logf("%.2f allocations per file", float64(more)/(many-few))
	}
}

// The folder's entries are those that package os lists, with the same types.
func TestFolderEntries(t *testing.T) {
	dir := folderOf(t, "sub/b", "1", "sub/a", "2", "sub/c/d", "3", "sub/"+strings.Repeat("n", 200), "4", "e", "5")
	link(t, dir, "e", "sub/link")
	many := make([]string, 0, 4000)
	for i := range cap(many) / 2 {
		many = append(many, fmt.Sprintf("many/%d%s", i, strings.Repeat("x", i%100)), "")
	}
	big := folderOf(t, many...)
	for _, c := range [][2]string{{dir, "."}, {dir, "sub"}, {dir, "sub/c"}, {big, "many"}} {
		d, err := openFolder(c[0])
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		checkEntries(t, d, c[0], c[1])
	}
}

func checkEntries(t *testing.T, d *folder, root, name string) {
	t.Helper()
	want, err := os.ReadDir(filepath.Join(root, name)) // sorted by name
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.entries(name)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d; %v", name, len(got), len(want), err)
	}
	for i, e := range got {
		if e.path != path.Join(name, want[i].Name()) || e.name() != want[i].Name() || e.kind != want[i].Type() {
			t.Errorf("%s: %+v, want %v", name, e, want[i])
		}
	}
}
