package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitlabScript is the script of the job in the template for GitLab.
func gitlabScript(t *testing.T) string {
	t.Helper()
	_, block, ok := strings.Cut(string(gitlabCI), "  script:\n    - |\n")
	if !ok {
		t.Fatal("the template has no script")
	}
	var script strings.Builder
	for line := range strings.Lines(block) {
		inner, ok := strings.CutPrefix(line, "      ")
		if !ok {
			break
		}
		script.WriteString(inner)
	}
	return script.String()
}

// A gitlabRun is a pipeline and what the job makes of it.
type gitlabRun struct {
	name      string
	variables map[string]string // values with @NAME@ for the id of a commit
	checkout  string
	at        func(*workshop) string
	code      int
	found     []string // files in the report
	says      string
}

var gitlabRuns = []gitlabRun{
	{name: "a merge request that leaks", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@main@"}, checkout: "leak", code: 1, found: []string{"new.txt"}},
	{name: "one that silences itself", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@main@"}, checkout: "sly", code: 1, found: []string{"sly.txt"}},
	{name: "one that its target lets pass", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@main@"}, checkout: "fixture", code: 0},
	{name: "one that begins where its target was laxer", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@first@"}, checkout: "lax", code: 1, found: []string{"lax.txt"}},
	{name: "one to a target without double quotes", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@plain@", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "plain"}, checkout: "onplain", code: 0},
	{name: "one to a target that is gone", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@main@", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "gone"}, checkout: "good", code: 2, says: "the target branch cannot be fetched"},
	{name: "merged results, with a leak of others", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@main@", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "@good@", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "leak"}, checkout: "merged", code: 0},
	{name: "a merge request in a shallow clone", variables: map[string]string{"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "@first@"}, checkout: "main", at: shallowClone, code: 2, says: `set GIT_DEPTH to "0"`},
	{name: "a push", variables: map[string]string{"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": "@main@", "CI_COMMIT_BRANCH": "leak"}, checkout: "leak", code: 1, found: []string{"new.txt"}},
	{name: "a new branch", variables: map[string]string{"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": "@none@", "CI_COMMIT_BRANCH": "good"}, checkout: "good", code: 0},
	{name: "the first push", variables: map[string]string{"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": "@none@", "CI_COMMIT_BRANCH": "main"}, checkout: "main", code: 1, found: []string{"old.txt"}},
	{name: "a schedule", variables: map[string]string{"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, checkout: "main", code: 1, found: []string{"old.txt"}},
	{name: "a schedule in a shallow clone", variables: map[string]string{"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, checkout: "main", at: shallowClone, code: 3, says: `set GIT_DEPTH to "0"`},
}

// The job in the template for GitLab examines what each pipeline brings.
func TestGitLabJob(t *testing.T) {
	w := newWorkshop(t)
	for _, r := range gitlabRuns {
		t.Run(r.name, func(t *testing.T) { r.check(t, w) })
	}
}

func (r gitlabRun) check(t *testing.T, w *workshop) {
	folder := w.clone
	if r.at != nil {
		folder = r.at(w)
	}
	w.git(t, folder, "checkout", "-q", w.commits[r.checkout])
	env := append(gitEnvironment(t.TempDir()), "CI_COMMIT_SHA="+w.commits[r.checkout], "CI_DEFAULT_BRANCH=main", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main")
	for name, value := range r.variables {
		if id, ok := w.commits[strings.Trim(value, "@")]; ok && strings.HasPrefix(value, "@") {
			value = id
		}
		env = append(env, name+"="+value)
	}
	// A change can bring a link where the report is to be.
	file, outside := filepath.Join(folder, "gl-secret-detection-report.json"), filepath.Join(t.TempDir(), "outside.txt")
	writeFile(t, []byte("not yours"), outside)
	if err := os.Symlink(outside, file); err != nil {
		t.Skip(err)
	}
	c := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", gitlabScript(t)) // as a runner does
	c.Dir, c.Env = folder, env
	log, _ := c.CombinedOutput() // its exit code is compared
	if got := c.ProcessState.ExitCode(); got != r.code || !strings.Contains(string(log), r.says) {
		t.Errorf("exit code %d, want %d and %q\n%s", got, r.code, r.says, log)
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "not yours" {
		t.Errorf("a file outside the checkout was written to: %d bytes, %v", len(text), err)
	}
	text, err := os.ReadFile(file)
	if r.code == 2 {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(file)
	found := map[string]bool{}
	var report struct {
		Vulnerabilities []struct{ Location struct{ File string } }
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	for _, v := range report.Vulnerabilities {
		found[v.Location.File] = true
	}
	for _, want := range r.found {
		if !found[want] {
			t.Errorf("%s is not in the report: %v", want, found)
		}
	}
	if r.code == 0 && len(found) > 0 || r.variables["CI_PIPELINE_SOURCE"] != "schedule" && len(found) > len(r.found) && r.checkout != "main" {
		t.Errorf("too much is in the report: %v", found)
	}
}
