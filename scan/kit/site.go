package kit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// githubRule is the rule of the tokens that most cases plant: they have a checksum,
// so that nothing else is taken for one.
const githubRule = "github-personal-access-token"

// token returns a plant that no other case and no other call for this one has.
func (s *Site) token() Plant {
	return Plant{Rule: githubRule, Value: s.expand("github", "ghp_{base62:30}{seal}")}
}

// expand fills a template of package rules.
func (s *Site) expand(structure, template string) string {
	s.seed++
	rule := rules.Rule{Rule: report.Rule{ID: "kit"}, Structure: structure}
	text, err := rule.Expand(template, s.seed)
	s.must(err)
	return text
}

// line is a line of configuration with a credential.
func (p Plant) line() string { return "token = " + p.Value + "\n" }

// at says where one of the places has to be.
func (p Plant) at(path string) Plant {
	p.Path = path
	return p
}

// path returns a path below the site.
func (s *Site) path(name string) string { return filepath.Join(s.Dir, name) }

// write writes a file below the site, with the folders that it needs.
func (s *Site) write(name, content string) { s.put(s.path(name), content) }

// put is write for any path.
func (s *Site) put(path, content string) {
	s.must(os.MkdirAll(filepath.Dir(path), 0o777))
	s.must(os.RemoveAll(path)) // which may be read-only, as what Git writes
	s.must(os.WriteFile(path, []byte(content), 0o666))
}

func (s *Site) read(path string) string {
	data, err := os.ReadFile(path)
	s.must(err)
	return string(data)
}

// link makes a symbolic link below the site.
func (s *Site) link(target, name string) {
	s.must(os.MkdirAll(filepath.Dir(s.path(name)), 0o777))
	s.must(os.Symlink(target, s.path(name)))
}

// filler returns n bytes of harmless text that packs badly enough not to be taken
// for a bomb.
func filler(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d of a text in which nothing stands\n", i*7919)
	}
	return b.String()[:n]
}

// finds expects plants and a complete run.
func finds(plants ...Plant) Expect { return Expect{Plants: plants} }

// names adds notices that have to be there.
func (e Expect) names(notices ...string) Expect {
	e.Notices = append(e.Notices, notices...)
	return e
}

// scanning sets the arguments.
func (e Expect) scanning(args ...string) Expect {
	e.Args = append([]string{"scan"}, args...)
	return e
}

// bounded allows limits to be hit.
func (e Expect) bounded() Expect {
	e.Bounded = true
	return e
}
