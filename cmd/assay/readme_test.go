package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assayhq/assay/audit/fakeaws"
)

// Commands of the README that TestREADME does not run, and why.
var notRun = map[string]string{
	"go test ./...":             "this test is a part of it",
	"go run ./cmd/assay scan .": ".ci/run runs it, over this repository's whole history",
}

// fences returns the blocks of the README in a language.
func fences(t *testing.T, language string) (blocks [][]string) {
	t.Helper()
	inside := false
	for _, line := range strings.Split(string(ours(t, "README.md")), "\n") {
		switch {
		case line == "```"+language:
			inside = true
			blocks = append(blocks, nil)
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside:
			blocks[len(blocks)-1] = append(blocks[len(blocks)-1], line)
		}
	}
	return blocks
}

var afterCommand = regexp.MustCompile(`\s+#\s.*$`)

// Every command of the README can be copied: block by block, each in a repository
// of its own with a leak in its past, against an AWS on this machine.
func TestREADME(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts some hundred programs")
	}
	blocks := fences(t, "sh")
	if len(blocks) < 8 {
		t.Fatalf("only %d blocks were found", len(blocks))
	}
	cloud := fakeaws.New(fakeaws.Options{})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	unrun := map[string]bool{}
	for line := range notRun {
		unrun[line] = true
	}
	for _, block := range blocks {
		r := newReader(t, server.URL, account, cloud.Account(fakeaws.DemoSecurity).User("auditor"), strings.Join(block, "\n"))
		for _, line := range block {
			line = afterCommand.ReplaceAllString(line, "")
			if notRun[line] != "" {
				delete(unrun, line)
				continue
			}
			t.Run(line, func(t *testing.T) { r.run(t, line) })
		}
	}
	if len(unrun) > 0 {
		t.Errorf("the README does not have %v any more", unrun)
	}
}

// A reader copies commands into a terminal.
type reader struct {
	dir, folder string // of all, and where the commands run
	env         []string
	words       *strings.Replacer // what stands for something
}

// newReader makes the reader of a block. other is who may assume the demo's role.
func newReader(t *testing.T, url string, account *fakeaws.Account, other fakeaws.Credentials, block string) *reader {
	t.Helper()
	dir := t.TempDir()
	r := &reader{dir: dir, folder: filepath.Join(dir, "clone")}
	w := &workshop{dir: dir}
	origin := filepath.Join(dir, "origin")
	w.git(t, dir, "init", "-q", "-b", "main", origin)
	writeFile(t, []byte(leakText(t, 1)+"\n"), origin, "src", "old.txt")
	writeFile(t, []byte("nothing to see\n"), origin, "docs", "a.txt")
	keys := account.User("auditor")
	r.env = append(gitEnvironment(dir), "AWS_ENDPOINT_URL="+url, "AWS_ACCESS_KEY_ID="+keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey,
		"AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+filepath.Join(dir, "aws"), "ASSAY_RATE=1000", "NO_COLOR=1")
	profile := "\naws_access_key_id = " + keys.AccessKeyID + "\naws_secret_access_key = " + keys.SecretAccessKey + "\nregion = eu-west-1\n"
	writeFile(t, []byte("[profile prod]"+profile+"[profile staging]"+profile), dir, "aws")
	r.shell(t, origin, "assay baseline create")
	w.git(t, origin, "add", ".")
	w.git(t, origin, "commit", "-q", "-m", "first")
	w.git(t, dir, "clone", "-q", "file://"+origin, r.folder)
	writeFile(t, []byte(leakText(t, 2)+"\n"), r.folder, "src", "new.txt")
	writeFile(t, []byte("token = x\n"), r.folder, "x.env")
	writeFile(t, nil, r.folder, "acme.toml")
	w.git(t, r.folder, "add", "src")
	w.git(t, r.folder, "commit", "-q", "-m", "second")
	writeFile(t, []byte("more to see\n"), r.folder, "docs", "a.txt")
	writeFile(t, ours(t, "testdata", "aws", "demo.jsonl"), r.folder, "yesterday.jsonl")
	writeFile(t, nil, dir, "elsewhere", "empty")
	if strings.Contains(block, "assay migrate") {
		writeFile(t, []byte("[extend]\nuseDefault = true\n"), r.folder, gitleaksConfigName)
		writeFile(t, []byte("[]\n"), r.folder, "gitleaks-report.json")
	}
	if strings.Contains(block, "--trail-files") {
		story := fakeaws.TrailYear{Account: fakeaws.DemoProduction, Region: "eu-west-1", From: time.Now().UTC().AddDate(0, 0, -80).Truncate(24 * time.Hour), Days: 81, Services: 2, Seed: 1}
		if err := story.Tell().Write(filepath.Join(r.folder, "trail")); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(block, "baseline create") {
		os.Remove(filepath.Join(r.folder, baselineName)) // it makes one
	}
	print := r.shell(t, r.folder, "assay scan -q --exit-zero --format jsonl src/new.txt | grep -o 'assay/v1:[0-9a-f]*' | head -1")
	demo, err := filepath.Abs(filepath.Join("..", "..", "testdata", "aws", "demo.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	r.words = strings.NewReplacer("FINGERPRINT", print, "3c9f20", strings.TrimPrefix(print, "assay/v1:")[:6], "/elsewhere/", filepath.Join(dir, "elsewhere")+"/",
		"go run ./cmd/assay ", "assay ", "testdata/aws/demo.jsonl", demo,
		"assay audit --organization ", "AWS_ACCESS_KEY_ID="+other.AccessKeyID+" AWS_SECRET_ACCESS_KEY="+other.SecretAccessKey+" assay audit --organization ",
		"assay audit --accounts ", "AWS_ACCESS_KEY_ID="+other.AccessKeyID+" AWS_SECRET_ACCESS_KEY="+other.SecretAccessKey+" assay audit --accounts ",
		"111122223333,444455556666", fakeaws.DemoProduction+","+fakeaws.DemoStaging, "--role-name assay", "--role-name "+fakeaws.DemoRole,
		"assay audit --role-arn ARN", "AWS_ACCESS_KEY_ID="+other.AccessKeyID+" AWS_SECRET_ACCESS_KEY="+other.SecretAccessKey+" assay audit --role-arn "+account.ARN("iam", "", "role/"+fakeaws.DemoRole), "--external-id ID", "--external-id "+fakeaws.DemoExternalID)
	return r
}

// shell runs a line that has to work.
func (r *reader) shell(t *testing.T, folder, line string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", line)
	c.Dir, c.Env = folder, r.env
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return strings.TrimSpace(string(out))
}

// run wants a command to do what it is there for: to end with 0, or with 1 where it
// is about what is wrong.
func (r *reader) run(t *testing.T, line string) {
	c := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", r.words.Replace(line))
	c.Dir, c.Env, c.Stdin = r.folder, r.env, strings.NewReader("123456\n")
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	judges := slices.ContainsFunc([]string{"assay scan", "assay audit", "assay doctor", "assay baseline diff", "assay report"}, func(s string) bool { return strings.Contains(line, s) }) ||
		strings.Contains(line, "./cmd/assay audit")
	if code := c.ProcessState.ExitCode(); code != 0 && (code != 1 || !judges) {
		t.Errorf("exit code %d\n%s%.2000s", code, said.String(), out)
	}
}

// Every table of the README is a configuration that assay reads.
func TestREADMEConfigurations(t *testing.T) {
	blocks := fences(t, "toml")
	if len(blocks) < 2 {
		t.Fatalf("only %d blocks were found", len(blocks))
	}
	for _, block := range blocks {
		name := filepath.Join(t.TempDir(), configName)
		writeFile(t, []byte(strings.Join(block, "\n")+"\n"), name)
		var c config
		if err := c.read(name, true); err != nil {
			t.Error(err)
		}
	}
}

// The image runs as nobody in particular, who cannot read what only its owner may.
func TestDockerRunsAsOwner(t *testing.T) {
	for _, file := range []string{"README.md", "Dockerfile"} {
		text := string(ours(t, file))
		runs := strings.Count(text, "docker run ")
		if runs == 0 || strings.Count(text, `docker run --rm -u "$(id -u):$(id -g)" `) != runs {
			t.Errorf("%s runs the image as its own user", file)
		}
	}
}

// The README names every input and output of the action.
func TestREADMENamesInputs(t *testing.T) {
	readme := string(ours(t, "README.md"))
	text := string(ours(t, "action.yml"))
	_, text, _ = strings.Cut(text, "\ninputs:\n")
	text, _, _ = strings.Cut(text, "\nruns:\n")
	names := regexp.MustCompile(`(?m)^  ([a-z-]+):$`).FindAllStringSubmatch(text, -1)
	if len(names) < 11 {
		t.Fatalf("only %d were found", len(names))
	}
	for _, m := range names {
		if !strings.Contains(readme, "`"+m[1]+"`") {
			t.Errorf("the README does not name %s", m[1])
		}
	}
}
