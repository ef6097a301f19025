package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An outside program judges what we cannot judge ourselves. .ci/run installs it and
// names it in a variable.
type outside struct{ variable, what string }

var (
	actionlint      = outside{"ASSAY_ACTIONLINT", "workflows are not checked by actionlint"}
	actionValidator = outside{"ASSAY_ACTION_VALIDATOR", "action.yml is not checked by the npm package @action-validator/cli"}
	dockerfileUtils = outside{"ASSAY_DOCKERFILE_UTILS", "the Dockerfile is not checked by the npm package dockerfile-utils"}
	shellcheck      = outside{"ASSAY_SHELLCHECK", "scripts are not checked by shellcheck"}
)

// run runs the program and returns what it says, and whether it is content.
func (o outside) run(t *testing.T, dir string, args ...string) (said string, content bool) {
	t.Helper()
	program := os.Getenv(o.variable)
	if program == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set", o.variable)
		}
		t.Skipf("SKIPPED: %s, for %s does not name it", strings.ToUpper(o.what), o.variable)
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out), err == nil
}

// ours reads a file of the repository.
func ours(t *testing.T, name ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func writeFile(t *testing.T, text []byte, name ...string) {
	t.Helper()
	file := filepath.Join(name...)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// The workflow that assay init writes is sound, and so are the inputs that it gives
// to action.yml, which actionlint reads where the action lies in the repository.
func TestActionlint(t *testing.T) {
	dir := t.TempDir()
	workflow := bytes.Replace(githubCI, []byte("assayhq/assay@main"), []byte("./"), 1)
	everything := append(bytes.TrimSuffix(bytes.TrimRight(workflow, "\n"), []byte(" # better: the commit of a release")),
		[]byte("\n        id: assay\n        with: {path: ., range: A..B, config: c, fail-on: low, sarif: s, upload-sarif: false, args: -q, program: p}\n      - run: echo '${{ steps.assay.outputs.findings }} ${{ steps.assay.outputs.sarif }} ${{ steps.assay.outputs.exit-code }}'\n")...)
	writeFile(t, nil, dir, ".git", "HEAD")
	writeFile(t, ours(t, "action.yml"), dir, "action.yml")
	writeFile(t, workflow, dir, ".github", "workflows", "assay.yml")
	writeFile(t, everything, dir, ".github", "workflows", "everything.yml")
	if said, content := actionlint.run(t, dir); !content {
		t.Errorf("actionlint: %s", said)
	}
	for was, wrong := range map[string]string{"fail-on: low": "fail-at: low", "outputs.findings": "outputs.found", "runs-on": "runs-at"} {
		writeFile(t, bytes.Replace(everything, []byte(was), []byte(wrong), 1), dir, ".github", "workflows", "everything.yml")
		if said, content := actionlint.run(t, dir); content {
			t.Errorf("actionlint lets %q pass: %s", wrong, said)
		}
	}
}

func TestActionValidator(t *testing.T) {
	dir := t.TempDir()
	action := ours(t, "action.yml")
	writeFile(t, action, dir, "action.yml")
	if said, content := actionValidator.run(t, dir, "action.yml"); !content {
		t.Errorf("action.yml: %s", said)
	}
	writeFile(t, bytes.Replace(action, []byte("shell: bash"), []byte("shelf: bash"), 1), dir, "action.yml")
	if _, content := actionValidator.run(t, dir, "action.yml"); content {
		t.Error("a broken action.yml passes")
	}
}

// An expression in a script would let whoever names a branch write commands.
func TestNoExpressionInScripts(t *testing.T) {
	for _, line := range strings.Split(string(ours(t, "action.yml")), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "run:") && strings.Contains(line, "${{") {
			t.Errorf("an expression stands in a script: %s", line)
		}
	}
}

func TestDockerfile(t *testing.T) {
	dir := t.TempDir()
	text := ours(t, "Dockerfile")
	writeFile(t, text, dir, "Dockerfile")
	if said, content := dockerfileUtils.run(t, dir, "lint", "Dockerfile"); !content {
		t.Errorf("Dockerfile: %s", said)
	}
	writeFile(t, bytes.Replace(text, []byte("COPY . ."), []byte("COPY ."), 1), dir, "Dockerfile")
	if _, content := dockerfileUtils.run(t, dir, "lint", "Dockerfile"); content {
		t.Error("a broken Dockerfile passes")
	}
}

// What the Dockerfile builds is there.
func TestDockerfileSources(t *testing.T) {
	text := string(ours(t, "Dockerfile"))
	for _, want := range []string{"golang:1.26", "./cmd/assay\n", "USER 65532", "ARG VERSION=\n", "-X main.version=$VERSION"} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile lacks %q", want)
		}
	}
	if !strings.Contains(string(ours(t, "go.mod")), "\ngo 1.26") {
		t.Error("the Dockerfile builds with another Go than go.mod asks for")
	}
}

func TestShellcheck(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string][]byte{"action.sh": ours(t, ".ci", "action.sh"), "run.sh": ours(t, ".ci", "run"), "publish.sh": ours(t, ".release", "publish"), "gitlab.sh": []byte("#!/bin/sh\n" + gitlabScript(t)), "hook.sh": []byte((&hookText{kind: preCommit, missing: missingBlock}).script())} {
		writeFile(t, text, dir, name)
		if said, content := shellcheck.run(t, dir, name); !content {
			t.Errorf("%s: %s", name, said)
		}
	}
	writeFile(t, []byte("#!/bin/sh\nrm $1/$2\n"), dir, "wrong.sh")
	if _, content := shellcheck.run(t, dir, "wrong.sh"); content {
		t.Error("a careless script passes")
	}
}
