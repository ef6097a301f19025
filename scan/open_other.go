//go:build !linux

package scan

import (
	"cmp"
	"os"
	"path"
	"slices"
)

// openBeneath opens name below d.
func (d *folder) openBeneath(name string) (*os.File, error) { return d.openRooted(name) }

// A handle is what is kept from one file to the next.
type handle struct{}

// openAs opens a regular file and returns its size.
func (d *folder) openAs(_ *handle, name string) (openFile, int64, error) { return d.open(name) }

// A listing is memory for the entries of one folder.
type listing struct{ entries []dirEntry }

// entries returns what is in a folder sorted by name, as much as could be read. It is
// valid until the next call; one goroutine asks at a time.
func (d *folder) entries(name string) ([]dirEntry, error) {
	f, _, err := d.openAny(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(-1)
	d.list.entries = d.list.entries[:0]
	for _, e := range found {
		d.list.entries = append(d.list.entries, dirEntry{path.Join(name, e.Name()), e.Type()})
	}
	slices.SortFunc(d.list.entries, func(a, b dirEntry) int { return cmp.Compare(a.path, b.path) })
	return d.list.entries, err
}
