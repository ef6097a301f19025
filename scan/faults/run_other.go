//go:build !(linux && amd64)

package faults

import "os/exec"

// Launch returns: nothing is launched here.
func Launch() {}

// Start returns ErrUnsupported.
func Start(*exec.Cmd, Judge) (wait func() error, err error) { return nil, ErrUnsupported }
