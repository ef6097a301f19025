package scan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
	"github.com/assayhq/assay/scan/object"
)

// builtin is the built-in rules, compiled once.
var builtin = sync.OnceValue(func() *rules.Set {
	set, err := rules.Compile(rules.Builtin())
	if err != nil {
		panic(err)
	}
	return set
})

// ruleNamed returns a built-in rule.
func ruleNamed(t testing.TB, id string) rules.Rule {
	t.Helper()
	for _, r := range rules.Builtin() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no rule %q", id)
	return rules.Rule{}
}

// expand fills a template as an example of the rule.
func expand(t testing.TB, id, template string, seed uint64) string {
	t.Helper()
	r := ruleNamed(t, id)
	text, err := r.Expand(template, seed)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// token returns a well-formed GitHub token; each seed gives another one.
func token(t testing.TB, seed uint64) string {
	t.Helper()
	return expand(t, "github-personal-access-token", "ghp_{base62:30}{seal}", seed)
}

// A repo is a repository that a test makes with git.
type repo struct {
	t   testing.TB
	dir string // its working tree
	env []string
	now int // seconds since 2023-11-14, the date of the next commit
}

func newRepo(t testing.TB, args ...string) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "repo"), env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
	}}
	if err := os.Mkdir(r.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	r.git(append([]string{"init", "-q", "-b", "main", "--template="}, args...)...)
	return r
}

// git runs git and returns its output without the last newline.
func (r *repo) git(args ...string) string { return r.feed("", args...) }

func (r *repo) command(stdin string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"-c", "core.fsync=none", "-c", "gc.auto=0"}, args...)...)
	date := fmt.Sprintf("%d +0100", 1_700_000_000+r.now)
	cmd.Env = append(r.env, "GIT_AUTHOR_DATE="+date, "GIT_COMMITTER_DATE="+date)
	cmd.Dir = r.dir
	cmd.Stdin = strings.NewReader(stdin)
	return cmd
}

func (r *repo) feed(stdin string, args ...string) string {
	r.t.Helper()
	cmd := r.command(stdin, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// write puts a file into the working tree.
func (r *repo) write(name, content string) {
	r.t.Helper()
	name = filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// commit commits the files, given as name and content in turn, and returns the
// commit's id. Without content a file is removed.
func (r *repo) commit(files ...string) string {
	r.t.Helper()
	for i := 0; i < len(files); i += 2 {
		if files[i+1] == "" {
			r.git("rm", "-q", "--", files[i])
			continue
		}
		r.write(files[i], files[i+1])
		r.git("add", "--", files[i])
	}
	r.now += 60
	r.git("commit", "-q", "--allow-empty", "-m", "a commit")
	return r.git("rev-parse", "HEAD")
}

// A step is a commit of a drawn history. Files are its whole tree: content by path.
type step struct {
	name    string
	parents []string
	files   map[string]string
	late    int // seconds by which its clock goes wrong
}

// draw imports commits, each a minute younger than the one before, and returns
// their ids by name. The branch of a name points to each.
func (r *repo) draw(steps ...step) map[string]string {
	r.t.Helper()
	var s strings.Builder
	marks := map[string]int{}
	for i, c := range steps {
		fmt.Fprintf(&s, "commit refs/heads/%s\nmark :%d\n", c.name, i+1)
		date := 1_700_000_000 + 60*i + c.late
		fmt.Fprintf(&s, "author Author %s <%s@example.org> %d +0100\n", c.name, c.name, date)
		fmt.Fprintf(&s, "committer Bea <bea@example.org> %d +0000\ndata %d\n%s\n", date, len(c.name), c.name)
		for j, p := range c.parents {
			fmt.Fprintf(&s, "%s :%d\n", [...]string{"from", "merge"}[min(j, 1)], marks[p])
		}
		marks[c.name] = i + 1
		s.WriteString("deleteall\n")
		for _, path := range slices.Sorted(maps.Keys(c.files)) {
			fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", path, len(c.files[path]), c.files[path])
		}
		s.WriteString("\n")
	}
	exported := filepath.Join(r.t.TempDir(), "marks")
	r.feed(s.String(), "fast-import", "--quiet", "--force", "--export-marks="+exported)
	text, err := os.ReadFile(exported)
	if err != nil {
		r.t.Fatal(err)
	}
	ids := map[string]string{}
	for line := range strings.Lines(string(text)) {
		var mark int
		var id string
		if _, err := fmt.Sscanf(line, ":%d %s", &mark, &id); err != nil {
			r.t.Fatal(err)
		}
		ids[steps[mark-1].name] = id
	}
	return ids
}

func (r *repo) open() *Repository {
	r.t.Helper()
	opened, err := OpenRepository(r.dir, builtin())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { opened.Close() })
	return opened
}

// scan examines the whole object store.
func (r *repo) scan() *record {
	r.t.Helper()
	h := r.open().History()
	return run(r.t, Options{}, h)
}

// A record is a Sink that remembers.
type record struct {
	findings []report.Finding
	notices  []report.Notice
	summary  report.Summary
}

func (r *record) Finding(f report.Finding) error { r.findings = append(r.findings, f); return nil }
func (r *record) Verdict(report.Verdict) error   { return nil }
func (r *record) Notice(n report.Notice) error   { r.notices = append(r.notices, n); return nil }

// complete fails the test if anything was not examined.
func (r *record) complete(t testing.TB) *record {
	t.Helper()
	for _, n := range r.notices {
		t.Errorf("not examined: %s: %v", n.Subject, n.Err)
	}
	if !r.summary.Complete() {
		t.Errorf("not complete: %+v", r.summary)
	}
	return r
}

// noticed fails the test unless a notice has both texts.
func (r *record) noticed(t testing.TB, subject, reason string) {
	t.Helper()
	for _, n := range r.notices {
		if strings.Contains(n.Subject, subject) && strings.Contains(n.Err.Error(), reason) {
			return
		}
	}
	t.Errorf("no notice about %q with %q among %v", subject, reason, r.notices)
}

// places lists the occurrences of all findings as path:line:column, or the type
// of the object where there is no path.
func (r *record) places() []string {
	var all []string
	for _, f := range r.findings {
		for _, l := range f.Occurrences {
			name := l.Path
			if name == "" {
				name = l.Type
			}
			all = append(all, fmt.Sprintf("%s:%d:%d", name, l.Region.StartLine, l.Region.StartColumn))
		}
	}
	return all
}

// run examines sources and remembers what comes out.
func run(t testing.TB, opt Options, sources ...Source) *record {
	t.Helper()
	r := &record{}
	var err error
	if r.summary, err = Run(context.Background(), sources, builtin(), r, opt); err != nil {
		t.Fatal(err)
	}
	return r
}

// text examines a text as a file of that name.
func text(t testing.TB, name, content string) *record {
	t.Helper()
	return run(t, Options{}, Stream{Name: name, Reader: strings.NewReader(content)})
}

// jsonl examines sources and returns the report.
func jsonl(t testing.TB, opt Options, sources ...Source) string {
	t.Helper()
	return render(t, report.NewJSONL, opt, sources...)
}

func render(t testing.TB, format func(io.Writer) report.Handler, opt Options, sources ...Source) string {
	t.Helper()
	var out bytes.Buffer
	h := format(&out)
	summary, err := Run(context.Background(), sources, builtin(), beginning(t, h), opt)
	if err := errors.Join(err, h.End(summary)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func beginning(t testing.TB, h report.Handler) report.Handler {
	t.Helper()
	r := report.Run{Tool: "assay", Command: "scan", Target: "."}
	for _, rule := range builtin().Rules() {
		r.Rules = append(r.Rules, rule.Rule)
	}
	if err := h.Begin(r); err != nil {
		t.Fatal(err)
	}
	return h
}

// folderOf makes a folder with files, given as name and content in turn.
func folderOf(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func files(t testing.TB, root, start string) *Files {
	t.Helper()
	f, err := NewFiles(root, start, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func parseID(t testing.TB, text string) object.ID {
	t.Helper()
	id, err := object.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
