package main

import (
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
	old, err := earlier(f.save+".partial", f.resume, o)
	if err != nil {
		return nil, err
	}
	// A new file takes the old one's place when what is worth keeping is in it.
	file, err := os.CreateTemp(filepath.Dir(f.save), ".assay-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("the inventory %s cannot be saved: %w", f.save, pathless(err))
	}
	s := &saved{name: f.save, partial: file}
	o.Journal, err = audit.NewJournal(file, audit.Header{Version: version, Collected: o.Now, Secret: o.Secret, Regions: o.Regions}, old)
	if err == nil {
		err = os.Rename(file.Name(), f.save+".partial")
	}
	if err != nil {
		os.Remove(file.Name())
		s.close()
		return nil, fmt.Errorf("the inventory %s cannot be saved: %w", f.save, pathless(err))
	}
	return s, nil
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
	if age := o.Now.Sub(old.Collected); age > maxResume || age < 0 {
		return nil, withHint(fmt.Errorf("%s was begun at %s, too long ago to go on", name, old.Collected.Format(time.RFC3339)), "remove it to start anew")
	}
	o.Now = old.Collected
	return old, nil
}

// finish writes the inventory under its name, whole or not at all. After a run
// that was interrupted FILE.partial stays, to go on from.
func (s *saved) finish(inv *audit.Inventory) error {
	if s.name == "" || inv.Interrupted {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(s.name), ".assay-*.tmp")
	if err != nil {
		return fmt.Errorf("the inventory %s cannot be saved: %w", s.name, pathless(err))
	}
	defer os.Remove(file.Name()) // it is gone if all went well
	err = errors.Join(inv.Write(file), file.Sync(), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), s.name)
	}
	if err != nil {
		return withHint(fmt.Errorf("the inventory %s cannot be saved: %w", s.name, pathless(err)), "%s.partial holds what was collected; --resume goes on from it", s.name)
	}
	return os.Remove(s.name + ".partial")
}

func (s *saved) close() {
	if s.partial != nil {
		s.partial.Close() // each record was written by a call of its own
	}
}
