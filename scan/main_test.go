package scan

import (
	"flag"
	"os"
	"testing"

	"github.com/assayhq/assay/scan/faults"
)

// A failed property test must not leave the credentials that it made up in a
// file of the tree.
func TestMain(m *testing.M) {
	faults.Launch()
	faultCopy()
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(faults.Leakless(m).Run())
}
