// Package kit is hostile input: small programs that each build a repository, a
// folder or a file which is meant to make a scanner of credentials miss something,
// crash, hang, run a foreign program, leave its folder or write something that is
// not inert. Every [Case] says what has to be found and what must not happen;
// [Case.Run] builds it, has a program examine it, and judges what the program did.
//
// Nothing of it is stored: credentials are made when a case is built, from the same
// templates that the rules' examples are made of. Sizes are small where tests run,
// and as an attacker would have them at [Full] scale.
package kit

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
)

// A Case is one hostile input.
type Case struct {
	Family  string // as in Families
	Name    string // unique; also names the folder that it is built in
	Promise string // what it holds the program to
	Build   func(*Site) Expect
}

// A Scale says how large a case is built.
type Scale int

const (
	Small Scale = iota // so that all cases take seconds
	Full               // what an attacker would do
	Tiny               // an eighth of Small, for the race detector
)

// An Expect is what has to come of a case.
type Expect struct {
	Args  []string // of the program; nil for a scan of the site. "{}" stands for the site
	Env   []string // added to the environment
	Stdin string

	Plants []Plant // have to be found
	// Lost are plants that are damaged: either they are found, or a notice says
	// that something was not examined.
	Lost []Plant
	// Outside are plants that lie outside what the program was asked to examine.
	Outside []Plant
	// Notices are texts each of which has to stand in the subject or the reason of
	// a notice. Where there is one, the run is incomplete and its exit code 3.
	Notices []string
	// Bounded allows notices that are not named: a limit may be hit.
	Bounded bool
	// Formats are reports that are written besides, and have to be inert.
	Formats []string
	// Never are texts that may stand in no output.
	Never []string
	// Refused is what standard error says where the run cannot start, exit code 2.
	Refused string
	// Writes lists paths in the site that the program was asked to write.
	Writes []string
}

// A Plant is a credential that was hidden somewhere.
type Plant struct {
	Rule  string // "" where any rule may name it
	Value string // "" where a finding at Path is enough
	Path  string // of one of its places, "" for any
}

// Families names the families of cases, in order.
func Families() []string {
	return []string{"places", "forms", "layout", "evasion", "damage", "programs", "outside", "resources", "output"}
}

// Cases returns every case, by family.
func Cases() []Case {
	return slices.Concat(
		named("places", places()), named("forms", forms()), named("layout", layouts()), named("evasion", evasions()),
		named("damage", damages()), named("programs", programs()), named("outside", slices.Concat(outsides(), otherLinks(), fifos(), devices())),
		named("resources", resources()), named("output", outputs()),
	)
}

func named(family string, cases []Case) []Case {
	for i := range cases {
		cases[i].Family = family
	}
	return cases
}

// A Site is where a case is built.
type Site struct {
	Dir   string // is examined; exists, empty
	Side  string // a folder beside it, which is not examined
	Scale Scale
	seed  uint64
}

// Site builds a case below dir without having it examined.
func (c Case) Site(dir string, scale Scale) (*Site, error) {
	s, _, err := c.build(dir, scale)
	return s, err
}

// build makes the site of a case below dir.
func (c Case) build(dir string, scale Scale) (s *Site, e Expect, err error) {
	h := fnv.New64a()
	h.Write([]byte(c.Name))
	s = &Site{Dir: filepath.Join(dir, "site"), Side: filepath.Join(dir, "side"), Scale: scale, seed: h.Sum64() >> 8}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = fmt.Errorf("case %s: %w", c.Name, p.err)
		default:
			panic(p)
		}
	}()
	s.must(os.MkdirAll(s.Dir, 0o777))
	s.must(os.MkdirAll(s.Side, 0o777))
	return s, c.Build(s), nil
}

// A failure ends the building of a case.
type failure struct{ err error }

func (s *Site) must(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// scaled returns what a number is at the scale of the site.
func (s *Site) scaled(small, full int) int {
	switch s.Scale {
	case Full:
		return full
	case Tiny:
		return max(1, small/8)
	}
	return small
}
