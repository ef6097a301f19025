//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package fetch

import "errors"

// Hold holds nothing here.
func Hold(string) (release func(), err error) { return func() {}, errors.ErrUnsupported }

func isOwn(string) bool { return false }
