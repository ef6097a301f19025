//go:build !unix

package scan

import "errors"

func makeFIFO(string) error { return errors.ErrUnsupported }
