package archive

import (
	"os"
	"testing"

	leaks "github.com/assayhq/assay/scan/faults"
)

// No goroutine may be left when the tests are over.
func TestMain(m *testing.M) { os.Exit(leaks.Leakless(m).Run()) }
