package fetch

import (
	"os"
	"testing"

	"github.com/assayhq/assay/scan/faults"
)

// No goroutine may be left when the tests are over.
func TestMain(m *testing.M) { os.Exit(faults.Leakless(m).Run()) }
