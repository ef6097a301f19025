package object

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// leftoverObject begins the names of loose objects that are being written.
const leftoverObject = "tmp_obj_"

// quarantines begin the names of directories that hold what was received until
// it is known to be welcome. They are object directories of their own.
var quarantines = [...]string{"tmp_objdir-", "incoming-"}

// errRemoteAlternate does not show the address, which may hold a password.
var errRemoteAlternate = errors.New("objects that lie in a store on another host are not read")

// remoteAlternates tells of a file that names stores on other hosts. Where there
// is a file with local ones, too, it names the same.
func (s *Store) remoteAlternates(path string) {
	data, err := readFile(path, 1<<20)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		s.problem(path, err)
	case len(strings.TrimSpace(string(data))) > 0:
		s.problem(path, errRemoteAlternate)
	}
}

// addQuarantines adds the quarantine directories below an object directory.
func (s *Store) addQuarantines(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // listLoose meets and tells it
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case !strings.HasPrefix(e.Name(), quarantines[0]) && !strings.HasPrefix(e.Name(), quarantines[1]):
		case e.Type()&fs.ModeSymlink != 0:
			s.problem(path, fmt.Errorf("symbolic link: not followed"))
		case e.IsDir():
			s.addDir(path, maxAlternates)
		}
	}
}

// addTemp adds a loose object that never got its name. An empty file is none.
func (s *Store) addTemp(path string) {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return
	}
	k := s.spare.Get().(*scratch)
	defer s.spare.Put(k)
	t, data, err := k.loose(path, anyType, slack)
	if err != nil {
		s.problem(path, fmt.Errorf("left by an interrupted write: %w", err))
		return
	}
	id := s.Hash(t, data)
	s.tempAt[id] = len(s.temps)
	s.loose = append(s.loose, looseObject{id, len(s.dirs) + len(s.temps)})
	s.temps = append(s.temps, path)
}
