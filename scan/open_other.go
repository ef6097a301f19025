//go:build !linux

package scan

import "os"

// openBeneath opens name below d.
func (d *folder) openBeneath(name string) (*os.File, error) { return d.openRooted(name) }

const openFlags = 0
