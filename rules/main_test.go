package rules

import (
	"flag"
	"os"
	"testing"
)

// A failed property test must not leave the credentials that it made up in a
// file of the tree.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
