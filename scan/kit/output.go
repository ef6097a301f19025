package kit

import (
	"fmt"
	"os"
	"strings"
)

// allFormats are those that a scan can write.
var allFormats = []string{"text", "json", "jsonl", "sarif", "html", "csv", "junit", "gitlab", "codequality", "markdown", "github", "gitleaks-json"}

// outputs put text that terminals, spreadsheets, browsers and CI servers obey into
// every place that a report names.
func outputs() []Case {
	var all []Case
	for name, text := range map[string]string{
		"escape": "\x1b[31m\x1b]0;title\x07", "c1": "\u009b31m\u009d", "bidi": "\u202egnp.\u2066x\u2069", "formula": "=HYPERLINK(1)", "formula-plus": "+1+1|calc", "formula-minus": "-1+1", "formula-at": "@SUM(1)",
		"html": "<script>alert(1)</script><img src=x onerror=alert(1)>", "attribute": "\" onmouseover=\"alert(1)", "markdown": "](javascript:alert(1)) ![x](http://example.org/x) <!--", "table": "|x|\n|-|", "command": "\n::error file=x::boo\n::set-output name=a::b",
		"command-old": "\n##[set-env name=x]y", "not-utf8": "\xff\xfe\x80", "nul-and-bell": "\a\b\f\v\x7f", "carriage": "x\roverwritten", "zero-width": "a\u200bb\ufeffc\u2028d\u2029", "cdata": "]]>&xxe;<!ENTITY x SYSTEM 'file:///etc/passwd'>", "percent": "%0A::error::x", "json": `"},{"type":"finding","rule_id":"x`,
		"template": "{{.Secret}}${IFS}$(id)`id`", "long": strings.Repeat("long ", 40), "tag-characters": "\U000e0041\U000e0042",
	} {
		all = append(all, Case{Name: "output-" + name, Promise: "P9", Build: func(s *Site) Expect { return s.hostileNames(text) }})
	}
	sortCases(all)
	return append(all,
		Case{Name: "output-token-in-names", Promise: "P7", Build: func(s *Site) Expect {
			r, p, q := s.repo(), s.token(), s.token()
			r.commit(r.tree(file(p.Value, r.blob(q.line()))))
			s.write("dir-"+p.Value+"/x", q.line())
			s.write("broken.zip", zipped(p.Value, q.line())[:60])
			r.save("refs/heads/"+p.Value, "nonsense\n")
			e := finds(p, q).bounded()
			e.Formats = allFormats
			return e
		}},
		Case{Name: "output-report-in-tree", Promise: "P8", Build: func(s *Site) Expect { // the report is no input
			p := s.token()
			s.write("a.env", p.line())
			e := finds(p.at("a.env")).scanning("--report", "json={}/report.json", "{}")
			e.Writes = []string{"report.json"}
			return e
		}},
	)
}

// hostileNames puts a text wherever a report takes text from.
func (s *Site) hostileNames(text string) Expect {
	r, p, q, o := s.repo(), s.token(), s.token(), s.token()
	clean := strings.NewReplacer("\n", " ", "\x00", " ").Replace(text)
	person := fmt.Sprintf("%s <%s> 1700000000 +0000", strings.NewReplacer("<", "", ">", "").Replace(clean), strings.NewReplacer("<", "", ">", "").Replace(clean))
	tree := r.tree(file(strings.ReplaceAll(text, "/", "_"), r.blob(p.line())))
	id := r.loose("commit", fmt.Sprintf("tree %s\nauthor %s\ncommitter %s\n\n%s\n", tree, person, person, text))
	r.ref("refs/heads/main", id)
	name := strings.ReplaceAll(strings.NewReplacer("/", "_", "\x00", "_").Replace(text), "..", "_")
	name = name[:min(len(name), 200)]
	r.ref("refs/tags/"+name, id)
	s.write(name, q.line())
	s.write("x.zip", zipped(name, o.line()))
	s.must(os.MkdirAll(s.path("broken"), 0o777))
	s.write("broken/"+name, zipped("x", "y")[:30])
	r.save("refs/heads/bad"+name, "nonsense")
	e := finds(p, q, o).bounded()
	e.Formats = allFormats
	return e
}
