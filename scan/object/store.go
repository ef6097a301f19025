package object

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Options bound what a store may cost. A zero field means its default.
type Options struct {
	// HashSize is 20 for SHA-1 and 32 for SHA-256. The default is what the
	// repository's config says.
	HashSize int
	// MaxSize bounds one object that is held, in bytes; Stream reads larger ones.
	// Default 128 MiB.
	MaxSize int64
	// MaxDepth bounds how many deltas may stand on one another. Default
	// 10,000; Git itself stops writing at 4,095.
	MaxDepth int
	// Held bounds the bytes of bases that one Reader holds on its way down a
	// delta family. Bases beyond it are dropped and rebuilt. One object and
	// its base are always held. Default 64 MiB.
	Held int64
	// MaxUnit bounds the bytes that one unit may give, so that a small pack
	// cannot keep a worker busy for days. Default 64 GiB.
	MaxUnit int64
	// Cache bounds the bytes that random access keeps. Default 32 MiB.
	Cache int64
	// Also are object directories beside the store's own and its alternates, such
	// as those that Git names in the environment of a hook.
	Also []string
	// LookUp says that only Read will be called, for objects that Git knows. Then
	// what interrupted writes left is not opened, and the indexes of packs are not
	// compared with their checksums, which takes as long as reading them: what
	// Read finds through them is compared with its id all the same.
	LookUp bool

	unmapped bool // read files even where they could be mapped
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxSize, 128<<20)
	setDefault(&o.MaxDepth, 10_000)
	setDefault(&o.Held, 64<<20)
	setDefault(&o.MaxUnit, 64<<30)
	setDefault(&o.Cache, 32<<20)
	return o
}

func setDefault[T int | int64](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// A Store is an open object store. Its methods may be called from several
// goroutines, Close excepted.
type Store struct {
	opts  Options
	dirs  []string // object directories, the store's own first
	infos []os.FileInfo
	packs []*pack
	cache *cache
	spare sync.Pool // of *scratch

	heavy sync.Mutex // see Reader.weigh

	packing  sync.Mutex
	known    map[string]bool // paths in directories of packs that were looked at
	listings int             // of such directories
	late     []*pack         // see latePacks

	opened bool // all packs have their index
	listed sync.Once
	loose  []looseObject
	temps  []string   // files of loose objects that interrupted writes left
	tempAt map[ID]int // where in temps an object is

	caughtUp sync.Once
	planted  sync.Once
	units    []Unit

	mu           sync.Mutex
	problems     []Problem
	moreProblems int  // beyond maxProblems
	partial      bool // it was told that objects may be missing
	tooMany      bool // it was told that there are more than maxDirs
}

// Open opens the object store of a repository. gitDir is the common Git
// directory, the one that holds objects. An error means that there is no such
// store; whatever else cannot be read is left to Problems.
func Open(gitDir string) (*Store, error) { return OpenWith(gitDir, Options{}) }

// OpenWith is Open with limits other than the defaults.
func OpenWith(gitDir string, opts Options) (*Store, error) {
	s := &Store{opts: opts.withDefaults(), known: map[string]bool{}}
	// A symbolic link is followed here, as Git does: some tools share stores so. It
	// opens nothing that an alternate could not name as well.
	dir := filepath.Join(gitDir, "objects")
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("object store: %s: not a directory", dir)
	}
	hashSize := s.configured(filepath.Join(gitDir, "config"))
	if s.opts.HashSize == 0 {
		s.opts.HashSize = hashSize
	}
	if !validHashSize(s.opts.HashSize) {
		return nil, fmt.Errorf("object store: ids of %d bytes", s.opts.HashSize)
	}
	s.cache = newCache(s.opts.Cache)
	s.spare.New = s.newScratch
	s.addDir(dir, 0)
	for _, also := range s.opts.Also {
		s.addDir(also, 0)
	}
	if !s.opts.LookUp {
		for _, dir := range slices.Clone(s.dirs) {
			s.addQuarantines(dir)
		}
	}
	for _, dir := range s.dirs {
		s.packs = append(s.packs, s.addPacks(filepath.Join(dir, "pack"))...)
	}
	s.rescueAll()
	s.opened = true
	return s, nil
}

func (s *Store) newScratch() any { return &scratch{opts: s.opts} }

// Close gives back files and mappings. No slice that came from the store's
// methods lies in them, but no method may be running or be called afterwards.
func (s *Store) Close() error {
	var err error
	for _, p := range append(s.packs, s.late...) {
		err = errors.Join(err, p.close())
	}
	return err
}

// HashSize returns how many bytes the store's ids have: 20 or 32.
func (s *Store) HashSize() int { return s.opts.HashSize }

// Problems returns what could not be opened so far. Units looks at more of the
// store than Open does, so ask again after it.
func (s *Store) Problems() []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.problems)
	if s.moreProblems > 0 {
		all = append(all, Problem{"object store", fmt.Errorf("%d more than the %d problems that are listed", s.moreProblems, maxProblems)})
	}
	return all
}

// maxProblems bounds what is told one by one: files of alternates may name millions
// of directories.
const maxProblems = 10_000

func (s *Store) tell(problems []Problem) {
	for _, p := range problems {
		s.problem(p.Subject, p.Err)
	}
}

func (s *Store) problem(subject string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.problems) >= maxProblems {
		s.moreProblems++
		return
	}
	s.problems = append(s.problems, Problem{subject, err})
}

const (
	// maxAlternates is how many alternates may follow one another, as in Git.
	maxAlternates = 5
	// maxDirs bounds the object directories of one store.
	maxDirs = 1000
)

// addDir adds an object directory and, depth-first, its alternates.
func (s *Store) addDir(dir string, depth int) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("not a directory")
	}
	if err != nil {
		s.problem(dir, err)
		return
	}
	if slices.ContainsFunc(s.infos, func(known os.FileInfo) bool { return os.SameFile(info, known) }) {
		return
	}
	if len(s.dirs) == maxDirs {
		if !s.tooMany {
			s.problem(dir, fmt.Errorf("%w: more than %d object directories", ErrLimit, maxDirs))
		}
		s.tooMany = true
		return
	}
	s.dirs = append(s.dirs, dir)
	s.infos = append(s.infos, info)
	path := filepath.Join(dir, "info", "alternates")
	data, err := readFile(path, 1<<20)
	if errors.Is(err, os.ErrNotExist) {
		s.remoteAlternates(filepath.Join(dir, "info", "http-alternates"))
		return
	}
	if err != nil {
		s.problem(path, err)
		return
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimRight(line, "\n"); line == "" || line[0] == '#' {
			continue
		}
		if strings.Contains(line, "://") {
			s.problem(path, errRemoteAlternate)
			continue
		}
		if depth == maxAlternates {
			s.problem(path, fmt.Errorf("alternates: %w: more than %d follow one another", ErrLimit, maxAlternates))
			return
		}
		s.addDir(alternatePath(dir, line), depth+1)
	}
}

// alternatePath resolves a line of an alternates file.
func alternatePath(dir, line string) string {
	if strings.HasPrefix(line, `"`) {
		line = unquote(line)
	}
	if filepath.IsAbs(line) {
		return filepath.Clean(line)
	}
	return filepath.Join(dir, line)
}

// readDir lists a directory that is not a symbolic link, sorted by name.
func readDir(dir string) ([]os.DirEntry, error) {
	info, err := os.Lstat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: not a directory", dir)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadDir(dir)
}
