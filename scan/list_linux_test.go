package scan

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"
)

// A listing of a folder is the same where there is no openat2 and os.Root opens it.
func TestListingRooted(t *testing.T) {
	dir := folderOf(t, "sub/b", "1", "sub/a", "2", "sub/c/d", "3")
	d, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var a, b listing
	if err := errors.Join(a.read(d, "sub"), b.readRooted(d, "sub")); err != nil || string(a.paths) != string(b.paths) || len(a.spots) != 3 {
		t.Errorf("%q, %q, %v", a.paths, b.paths, err)
	}
	for _, name := range []string{"nowhere", "sub/a"} {
		if b.readRooted(d, name) == nil || a.read(d, name) == nil {
			t.Errorf("%s was listed", name)
		}
	}
}

// What a kernel would not write ends a listing and no more.
func FuzzListing(f *testing.F) {
	entry := append(make([]byte, direntLength), 24, 0, unix.DT_REG, 'a', 0, 0, 0, 0)
	f.Add(entry)
	f.Add(append(entry, entry[:20]...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var l listing
		l.add("folder", raw)
		for _, s := range l.spots {
			if !strings.HasPrefix(string(l.paths[s.from:s.to]), "folder/") {
				t.Errorf("%q", l.paths[s.from:s.to])
			}
		}
	})
}

func TestKindOf(t *testing.T) {
	for kind, want := range map[byte]fs.FileMode{
		unix.DT_REG: 0, unix.DT_DIR: fs.ModeDir, unix.DT_LNK: fs.ModeSymlink, unix.DT_FIFO: fs.ModeNamedPipe, unix.DT_SOCK: fs.ModeSocket,
		unix.DT_CHR: fs.ModeDevice | fs.ModeCharDevice, unix.DT_BLK: fs.ModeDevice, unix.DT_UNKNOWN: unknownKind, 99: unknownKind,
	} {
		if got := kindOf(kind); got != want {
			t.Errorf("%d: %v, want %v", kind, got, want)
		}
	}
}

// A handle reads as a file does, and is used for one file after the other.
func TestHandle(t *testing.T) {
	dir := folderOf(t, "a", strings.Repeat("0123456789", 1000), "b", "short", "empty", "", "sub/c", "x")
	d, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var h handle
	for name, want := range map[string]string{"a": strings.Repeat("0123456789", 1000), "b": "short", "empty": "", "sub/c": "x"} {
		f, size, err := d.openAs(&h, name)
		if err != nil || size != int64(len(want)) {
			t.Fatalf("%s: %d bytes, %v", name, size, err)
		}
		if err := iotest.TestReader(f, []byte(want)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n, err := f.ReadAt(make([]byte, 3), size-1); size > 0 && (n != 1 || err != io.EOF) {
			t.Errorf("%s: read %d bytes behind the end, %v", name, n, err)
		}
		f.Close()
	}
	for name, want := range map[string]error{"sub": errNotRegular, "nowhere": fs.ErrNotExist, "a\x00b": unix.EINVAL, "../x": unix.EXDEV} {
		if _, _, err := d.openAs(&h, name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}
