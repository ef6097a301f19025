package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// A workshop is a repository as a CI job finds it: a clone, with the commits that
// events are about.
type workshop struct {
	dir     string            // of all
	clone   string            // with the whole history
	shallow string            // with the last commit of main
	commits map[string]string // ids by name
}

// leakText is a line with a credential that no other seed has.
func leakText(t *testing.T, seed uint64) string {
	t.Helper()
	rule := rules.Rule{Rule: report.Rule{ID: "test"}, Structure: "github"}
	text, err := rule.Expand("token = ghp_{base62:30}{seal}", seed)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	dir := t.TempDir()
	w := &workshop{dir: dir, clone: filepath.Join(dir, "clone"), shallow: filepath.Join(dir, "shallow"), commits: map[string]string{}}
	origin := filepath.Join(dir, "origin")
	w.git(t, dir, "init", "-q", "-b", "main", origin)
	commit := func(name string, files map[string]string) {
		for file, text := range files {
			at := filepath.Join(origin, file)
			if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at, []byte(text+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		w.git(t, origin, "add", ".")
		w.git(t, origin, "commit", "-q", "-m", name)
		w.commits[name] = w.git(t, origin, "rev-parse", "HEAD")
	}
	from := func(start, name string) { w.git(t, origin, "checkout", "-q", "-b", name, w.commits[start]) }
	branch := func(name string) { from("main", name) }
	commit("first", map[string]string{"clean.txt": "nothing to see", "old.txt": leakText(t, 1), ".assayignore": `path=lax.* reason="once"`})
	commit("main", map[string]string{".assayignore": `path=fixtures/** reason="made up"`, ".assay.toml": "salt = \"ours\"\n[rules]\nfiles = [\"own/rules.toml\"]", "own/rules.toml": ""})
	branch("good")
	commit("good", map[string]string{"more.txt": "nothing either"})
	branch("leak")
	commit("leak", map[string]string{"new.txt": leakText(t, 2)})
	branch("fixture")
	commit("fixture", map[string]string{"fixtures/a.txt": leakText(t, 3)})
	branch("deep")
	commit("deep", map[string]string{"deep/b.txt": leakText(t, 6)})
	branch("sly")
	commit("sly", map[string]string{
		"sly.txt": leakText(t, 4) + " # assay" + ":allow", ".assayignore": "path=sly.* reason=please", "own/rules.toml": "",
		".assay.toml": "[scan]\nexclude = [\"sly.txt\"]\nexit-zero = true\n[rules]\ndisable = [\"github-personal-access-token\"]",
	})
	from("leak", "merged")
	w.git(t, origin, "merge", "-q", "--no-ff", "-m", "merge", w.commits["good"])
	w.commits["merged"] = w.git(t, origin, "rev-parse", "HEAD")
	from("first", "lax")
	commit("lax", map[string]string{"lax.txt": leakText(t, 5)})
	branch("plain")
	commit("plain", map[string]string{".assay.toml": "[rules]\nfiles = ['own/rules.toml']"})
	from("plain", "onplain")
	commit("onplain", map[string]string{"more.txt": "nothing either"})
	w.git(t, origin, "checkout", "-q", "main")
	w.git(t, dir, "clone", "-q", "file://"+origin, w.clone)
	w.git(t, dir, "clone", "-q", "--depth", "1", "file://"+origin, w.shallow)
	w.commits["none"], w.commits["lost"] = strings.Repeat("0", 40), strings.Repeat("a", 40)
	return w
}

func (w *workshop) git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir, c.Env = dir, gitEnvironment(w.dir)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// gitEnvironment keeps Git apart from any configuration of this machine.
func gitEnvironment(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
	}
}

// An actionRun is one event and what the action makes of it.
type actionRun struct {
	name   string
	event  string            // github.event_name
	ref    string            // GITHUB_REF
	body   string            // github.event, with @NAME@ for the id of a commit
	inputs map[string]string // beside the defaults
	at     func(*workshop) string
	root   string // below at, where the repository is

	code, findings, says, not string
	category                  string // of the SARIF, "assay-scan-range/" if it is not given
}

var actionRuns = []actionRun{
	{name: "a pull request that leaks", event: "pull_request", body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@leak@"}}}`, code: "1", findings: "1", says: "new.txt:1", not: "old.txt"},
	{name: "a pull request as GitHub checks it out", event: "pull_request", at: mergedClone, body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@leak@"}}}`, code: "1", findings: "1", says: "::error file=new.txt,line=1,"},
	{name: "a clean pull request", event: "pull_request", body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@good@"}}}`, code: "0", findings: "0", says: "Clean"},
	{name: "a pull request that silences itself", event: "pull_request", body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@sly@"}}}`, code: "1", findings: "1", says: "sly.txt:1"},
	{name: "a pull request that its base lets pass", event: "pull_request", body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@fixture@"}}}`, code: "0", findings: "0", says: "silenced"},
	{name: "a pull request to a base without double quotes", event: "pull_request", body: `{"pull_request":{"base":{"sha":"@plain@"},"head":{"sha":"@onplain@"}}}`, code: "0", findings: "0", says: "Clean"},
	{name: "pull_request_target without the change", event: "pull_request_target", at: onlyMain, body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@leak@"}}}`, code: "2", findings: "0", says: `"fetch-depth: 0"`},
	{name: "a merge queue", event: "merge_group", body: `{"merge_group":{"base_sha":"@main@","head_sha":"@sly@"}}`, code: "1", findings: "1", says: "sly.txt:1"},
	{name: "a push", event: "push", ref: "refs/heads/leak", body: `{"before":"@main@","after":"@leak@","deleted":false}`, code: "1", findings: "1", says: "new.txt:1", not: "old.txt"},
	{name: "a push of nothing bad", event: "push", ref: "refs/heads/good", body: `{"before":"@main@","after":"@good@","deleted":false}`, code: "0", findings: "0", says: "Clean"},
	{name: "a new branch", event: "push", ref: "refs/heads/leak", body: `{"before":"@none@","after":"@leak@","repository":{"default_branch":"main"}}`, code: "1", findings: "1", says: "new.txt:1", not: "old.txt"},
	{name: "a forced push", event: "push", ref: "refs/heads/leak", body: `{"before":"@lost@","after":"@leak@","repository":{"default_branch":"main"}}`, code: "1", findings: "1", says: "new.txt:1", not: "old.txt"},
	{name: "the first push of the default branch", event: "push", ref: "refs/heads/main", body: `{"before":"@none@","after":"@main@","repository":{"default_branch":"main"}}`, code: "1", says: "old.txt:1", category: "assay-scan/"},
	{name: "a deleted branch", event: "push", ref: "refs/heads/leak", body: `{"before":"@leak@","after":"@none@","deleted":true}`, code: "0", findings: "0", says: "was deleted"},
	{name: "a schedule", event: "schedule", body: `{}`, code: "1", says: "old.txt:1", category: "assay-scan/"},
	{name: "by hand, of a folder", event: "workflow_dispatch", body: `{}`, inputs: map[string]string{"path": "@folder@/deep"}, at: deepClone, code: "1", findings: "1", says: "::error file=deep/b.txt,line=1,", category: "assay-scan/"},
	{name: "a pull request, checked out in a folder", event: "pull_request", at: func(w *workshop) string { return w.dir }, inputs: map[string]string{"path": "merged"}, body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@leak@"}}}`, root: "merged", code: "1", findings: "1", says: "::error file=new.txt,line=1,"},
	{name: "a pull request with a link for a report", event: "pull_request", at: linkClone, inputs: map[string]string{"sarif": "assay.sarif", "path": "@folder@/"}, body: `{"pull_request":{"base":{"sha":"@main@"},"head":{"sha":"@good@"}}}`, code: "0", findings: "0", says: "Clean"},
	{name: "by hand, with a range", event: "workflow_dispatch", body: `{}`, inputs: map[string]string{"range": "origin/main..origin/leak", "fail-on": "critical", "category": "backend", "args": "--no-model\n--exit-code 9\n"}, code: "9", findings: "1", category: "backend-range/", says: "new.txt:1"},
	{name: "a pull request in a shallow clone", event: "pull_request", at: shallowClone, body: `{"pull_request":{"base":{"sha":"@first@"},"head":{"sha":"@main@"}}}`, code: "2", findings: "0", says: `this clone is shallow: set "fetch-depth: 0" on actions/checkout`},
	{name: "a schedule in a shallow clone", event: "schedule", at: shallowClone, body: `{}`, code: "3", says: `history is missing, for this clone is shallow: set "fetch-depth: 0"`, category: "assay-scan/"},
}

func shallowClone(w *workshop) string { return w.shallow }

// onlyMain is a clone of the base alone.
func onlyMain(w *workshop) string { return filepath.Join(w.dir, "only") }

// deepClone is a clone whose HEAD has a finding in a folder.
func deepClone(w *workshop) string { return filepath.Join(w.dir, "below") }

// linkClone is a clone with a link where a report is to be.
func linkClone(w *workshop) string { return filepath.Join(w.dir, "linked") }

// mergedClone is a clone whose HEAD is the base with the change.
func mergedClone(w *workshop) string { return filepath.Join(w.dir, "merged") }

// The action examines what each event brings, judges a change by its base, and says
// what a shallow clone lacks. Its steps' environment is taken from action.yml.
func TestAction(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a hundred programs")
	}
	w := newWorkshop(t)
	w.git(t, w.dir, "clone", "-q", "--single-branch", "file://"+filepath.Join(w.dir, "origin"), onlyMain(w))
	w.git(t, w.dir, "clone", "-q", "file://"+filepath.Join(w.dir, "origin"), mergedClone(w))
	w.git(t, mergedClone(w), "merge", "-q", "--no-ff", "-m", "merge", w.commits["leak"])
	w.git(t, w.dir, "clone", "-q", "-b", "deep", "file://"+filepath.Join(w.dir, "origin"), deepClone(w))
	w.git(t, w.dir, "clone", "-q", "file://"+filepath.Join(w.dir, "origin"), linkClone(w))
	outside := filepath.Join(w.dir, "outside.txt")
	writeFile(t, []byte("not yours"), outside)
	if err := os.Symlink(outside, filepath.Join(linkClone(w), "assay.sarif")); err != nil {
		t.Skip(err)
	}
	for _, r := range actionRuns {
		t.Run(r.name, func(t *testing.T) { r.check(t, w) })
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "not yours" {
		t.Errorf("a file outside the checkout was written to: %d bytes, %v", len(text), err)
	}
}

func (r actionRun) check(t *testing.T, w *workshop) {
	temp := t.TempDir()
	for name, id := range w.commits {
		r.body = strings.ReplaceAll(r.body, "@"+name+"@", id)
	}
	outputs := filepath.Join(temp, "outputs")
	folder := w.clone
	if r.at != nil {
		folder = r.at(w)
	}
	env := append(gitEnvironment(temp), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT="+outputs, "GITHUB_STEP_SUMMARY="+filepath.Join(temp, "summary"), "GITHUB_REF="+r.ref, "RUNNER_TEMP="+temp)
	env = append(env, r.environment(t, folder)...)
	script, err := filepath.Abs(filepath.Join("..", "..", ".ci", "action.sh"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "bash", script)
	c.Dir, c.Env = folder, env
	log, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("the step fails before SARIF is uploaded: %v\n%s", err, log)
	}
	got := readOutputs(t, outputs)
	if got["exit-code"] != r.code || r.findings != "" && got["findings"] != r.findings {
		t.Errorf("exit code %s and %s findings, want %s and %s\n%s", got["exit-code"], got["findings"], r.code, r.findings, log)
	}
	if !strings.Contains(string(log), r.says) || r.not != "" && strings.Contains(string(log), r.not) {
		t.Errorf("it should say %q, and not %q:\n%s", r.says, r.not, log)
	}
	if root, err := filepath.EvalSymlinks(filepath.Join(folder, r.root)); err != nil || got["root"] != filepath.ToSlash(root) {
		t.Errorf("the repository is said to be %q, not %q (%v)", got["root"], root, err)
	}
	ran := r.code != "2" && !strings.Contains(r.says, "deleted")
	r.checkSARIF(t, folder, temp, got["sarif"], ran)
	if left, _ := filepath.Glob(filepath.Join(temp, "assay.[^s]*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// checkSARIF checks the file that the action says to be the report.
func (r actionRun) checkSARIF(t *testing.T, folder, temp, file string, ran bool) {
	t.Helper()
	if !ran {
		if file != "" {
			t.Errorf("a run that could not begin has SARIF in %s", file)
		}
		return
	}
	if file == r.inputs["sarif"] {
		file = filepath.Join(folder, file)
	} else if filepath.Dir(file) != temp {
		t.Errorf("SARIF is in %s, not in %s", file, temp)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Runs []struct{ AutomationDetails struct{ ID string } }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	want := cmp.Or(r.category, "assay-scan-range/")
	if got := report.Runs[0].AutomationDetails.ID; got != want {
		t.Errorf("the category is %q, want %q", got, want)
	}
}

func readOutputs(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		all[name] = value
	}
	return all
}

var (
	envLine    = regexp.MustCompile(`(?m)^        ([A-Z_]+): \$\{\{ (.*) \}\}$`)
	inputLines = regexp.MustCompile(`(?m)^  ([a-z-]+):\n    description: .*\n    default: "?([^"\n]*)"?$`)
)

// environment is what action.yml gives to the step that scans.
func (r actionRun) environment(t *testing.T, folder string) (env []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, step, _ := strings.Cut(string(text), "- name: Scan\n")
	step, _, _ = strings.Cut(step, "- name:")
	inputs := map[string]string{}
	for _, m := range inputLines.FindAllStringSubmatch(string(text), -1) {
		inputs[m[1]] = m[2]
	}
	for name, value := range r.inputs {
		inputs[name] = strings.ReplaceAll(value, "@folder@", folder)
	}
	var event any
	if err := json.Unmarshal([]byte(r.body), &event); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("assay")
	if err != nil {
		t.Fatal(err)
	}
	all := envLine.FindAllStringSubmatch(step, -1)
	if len(all) < 15 || len(inputs) < 8 {
		t.Fatalf("action.yml has %d variables and %d inputs", len(all), len(inputs))
	}
	for _, m := range all {
		value, expression := "", m[2]
		input, isInput := strings.CutPrefix(expression, "inputs.")
		path, isEvent := strings.CutPrefix(expression, "github.event.")
		switch {
		case expression == "inputs.program":
			value = program
		case expression == "github.event_name":
			value = r.event
		case isInput:
			known := false
			if value, known = inputs[input]; !known {
				t.Errorf("there is no input %s", input)
			}
		case isEvent:
			value = fieldOf(event, path)
		default:
			t.Errorf("%s: the test does not know %s", m[1], expression)
		}
		env = append(env, m[1]+"="+value)
	}
	return env
}

// fieldOf is what an expression makes of a field: nothing if it is absent.
func fieldOf(event any, path string) string {
	for _, name := range strings.Split(path, ".") {
		object, _ := event.(map[string]any)
		event = object[name]
	}
	if event == nil {
		return ""
	}
	return fmt.Sprint(event)
}
