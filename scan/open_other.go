//go:build !linux

package scan

import "os"

// openBeneath opens name below d; os.Root keeps it inside. The kind of the file
// was looked at when its folder was read, and is looked at again once it is open.
func (d *folder) openBeneath(name string) (*os.File, error) {
	info, err := d.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() && !info.IsDir() {
		return nil, errNotRegular
	}
	return d.Open(name)
}
