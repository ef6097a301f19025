package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/assayhq/assay/audit"
)

// maxResume is how old a broken collection may be to go on from it: what is in it
// is judged as if it were of now.
const maxResume = 24 * time.Hour

// A saved is where the inventory of a run is kept: in FILE.partial while it
// grows, and as FILE, sorted and whole, when it is done.
type saved struct {
	name    string // "" if it is not to be saved
	partial *os.File
	resumed bool
}

// openSaved makes FILE.partial, from what an earlier run left of it if that is to
// go on, and tells the collection of it.
func openSaved(f *auditFlags, o *audit.Options) (*saved, error) {
	if f.save == "" {
		if f.resume {
			return nil, withHint(errors.New("--resume without --save"), "--save names the file to go on with")
		}
		return &saved{}, nil
	}
	if info, err := os.Stat(f.save); err == nil && !info.Mode().IsRegular() {
		return nil, withHint(fmt.Errorf("the inventory %s cannot be saved: it is there and is no regular file", f.save), "--save names a file, which is replaced")
	}
	old, err := earlier(f.save+".partial", f.resume, o)
	if err != nil {
		return nil, err
	}
	// A new file takes the old one's place when what is worth keeping is in it.
	file, err := createBeside(f.save)
	if err != nil {
		return nil, fmt.Errorf("the inventory %s cannot be saved: %w", f.save, pathless(err))
	}
	s := &saved{name: f.save, partial: file, resumed: old != nil}
	o.Journal, err = audit.NewJournal(growingFile{file, s.growing()}, *o, old)
	if err == nil {
		if err = os.Rename(file.Name(), s.growing()); err == nil {
			return s, nil
		}
	}
	os.Remove(file.Name())
	s.close()
	if old != nil {
		return nil, withHint(fmt.Errorf("%s cannot be gone on with: %w", s.growing(), pathless(err)), "give the flags that it was begun with, or remove it to start anew")
	}
	return nil, fmt.Errorf("the inventory %s cannot be saved: %w", f.save, pathless(err))
}

// growing is the name of the inventory until it is whole.
func (s *saved) growing() string { return s.name + ".partial" }

// A growingFile is FILE.partial, under which name its errors are told.
type growingFile struct {
	*os.File
	name string
}

func (g growingFile) Write(p []byte) (int, error) {
	n, err := g.File.Write(p)
	if err != nil {
		err = &fs.PathError{Op: "write", Path: g.name, Err: pathless(err)}
	}
	return n, err
}

// createBeside makes a new file in the folder of name, to be renamed over it. Its
// mode is that of any file that the user makes.
func createBeside(name string) (*os.File, error) {
	return os.OpenFile(filepath.Join(filepath.Dir(name), ".assay-"+rand.Text()+".tmp"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
}

// earlier reads what a run that was broken off left, nil if there is none.
func earlier(name string, resume bool, o *audit.Options) (*audit.Inventory, error) {
	_, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if !resume {
		return nil, withHint(fmt.Errorf("%s is there, from a run that was broken off or still goes on", name), "--resume goes on from it; remove it to start anew")
	}
	old, err := readInventory(name)
	if err != nil {
		return nil, err
	}
	begun := old.Collected.Format(time.RFC3339)
	switch age := o.Now.Sub(old.Collected); {
	case age > maxResume:
		return nil, withHint(fmt.Errorf("%s was begun at %s, too long ago to go on", name, begun), "remove it to start anew")
	case age < 0:
		return nil, withHint(fmt.Errorf("%s was begun at %s, which is still to come", name, begun), "set the clock of this machine, or remove it to start anew")
	}
	o.Now = old.Collected
	return old, nil
}

// finish writes the inventory under its name, whole or not at all. After a run
// that did not get to its end FILE.partial stays, to go on from.
func (s *saved) finish(inv *audit.Inventory) error {
	if s.name == "" || inv.Unfinished {
		return nil
	}
	file, err := createBeside(s.name)
	if err != nil {
		return fmt.Errorf("the inventory %s cannot be saved: %w", s.name, pathless(err))
	}
	defer os.Remove(file.Name()) // it is gone if all went well
	err = errors.Join(inv.Write(file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), s.name)
	}
	if err != nil {
		return s.kept(fmt.Errorf("the inventory %s cannot be saved: %w", s.name, pathless(err)))
	}
	if err := os.Remove(s.growing()); err != nil {
		return withHint(fmt.Errorf("%s is saved, and %s cannot be removed: %w", s.name, s.growing(), pathless(err)), "remove it; it would be in the way of the next run")
	}
	return nil
}

// kept says of an error what is not lost by it.
func (s *saved) kept(err error) error {
	if s.name == "" {
		return err
	}
	return withHint(err, "%s holds what was collected; --resume goes on from it", s.growing())
}

// forget removes the FILE.partial of a run that learned nothing worth to go on
// from.
func (s *saved) forget() {
	if s.name != "" && !s.resumed {
		os.Remove(s.growing()) // if that fails, the next run says what to do
	}
}

func (s *saved) close() {
	if s.partial != nil {
		s.partial.Close() // each record was written by a call of its own
	}
}
