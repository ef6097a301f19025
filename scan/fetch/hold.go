package fetch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrInUse says that somebody else holds a folder.
var ErrInUse = errors.New("another run is using it")

// Temporary makes a folder in that for temporary files, whose name is prefix and a
// number, and holds it until release is called: see Hold. Folders of such names that were
// left by runs that were killed are removed; one that cannot be removed stays.
func Temporary(prefix string) (dir string, release func(), err error) {
	removeLeft(os.TempDir(), prefix)
	for range 10 { // a run that removes what is left may take a new folder for that
		if dir, err = os.MkdirTemp("", prefix); err != nil {
			return "", nil, err
		}
		if release, err = Hold(dir); !errors.Is(err, ErrInUse) && !errors.Is(err, fs.ErrNotExist) {
			return dir, release, nil // without a lock only where there are none: nobody removes it either
		}
	}
	return "", nil, err
}

// removeLeft removes the folders of this user that nobody holds.
func removeLeft(parent, prefix string) {
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), prefix)
		name := filepath.Join(parent, e.Name())
		if !ours || number == "" || strings.Trim(number, "0123456789") != "" || !isOwn(name) {
			continue
		}
		if release, err := Hold(name); err == nil {
			os.RemoveAll(name)
			release()
		}
	}
}
