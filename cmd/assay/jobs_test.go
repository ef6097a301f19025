package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

func job(t *testing.T, name string) []byte {
	t.Helper()
	return ours(t, ".release", "jobs", name)
}

func TestJobWorkflow(t *testing.T) {
	dir, name := t.TempDir(), filepath.Join(".github", "workflows", "shards.yml")
	text := job(t, "github-actions.yml")
	writeFile(t, nil, dir, ".git", "HEAD")
	writeFile(t, text, dir, name)
	if said, content := actionValidator.run(t, dir, name); !content {
		t.Errorf("action-validator: %s", said)
	}
	if said, content := actionlint.run(t, dir); !content {
		t.Errorf("actionlint: %s", said)
	}
	writeFile(t, bytes.Replace(text, []byte("needs: clone"), []byte("needs: cloned"), 1), dir, name)
	if said, content := actionlint.run(t, dir); content {
		t.Errorf("actionlint lets a broken workflow pass: %s", said)
	}
}

// The actions of the job are those of our own workflows, at the same commits.
func TestJobWorkflowPinned(t *testing.T) {
	var own []byte
	for _, name := range workflows(t) {
		own = append(own, ours(t, name)...)
	}
	text := string(job(t, "github-actions.yml"))
	if lines, uses := unpinned(text); len(lines) > 0 || uses < 5 {
		t.Errorf("%d uses, not pinned: %q", uses, lines)
	}
	for line := range strings.Lines(text) {
		if m := usesLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil && !bytes.Contains(own, []byte(m[1]+m[2])) {
			t.Errorf("our own workflows do not use %s", m[1])
		}
		if strings.Contains(line, "run:") && strings.Contains(line, "${{") {
			t.Errorf("an expression stands in a script: %s", line)
		}
	}
}

// kubernetesAPI is the folder of the description of Kubernetes' API that its client for
// Go is tested with. .ci/run names it.
const kubernetesAPI = "ASSAY_KUBERNETES_API"

// jobSchema is the schema of batch/v1's Job, with no fields but those that it names.
func jobSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	folder := os.Getenv(kubernetesAPI)
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set", kubernetesAPI)
		}
		t.Skipf("SKIPPED: kubernetes.yaml is not checked, for %s does not name the API", kubernetesAPI)
	}
	text, err := os.ReadFile(filepath.Join(folder, "apis__batch__v1_openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	api := doc.(map[string]any)["components"].(map[string]any)
	for _, s := range api["schemas"].(map[string]any) {
		if s := s.(map[string]any); s["properties"] != nil {
			s["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("api.json", map[string]any{"components": api, "$ref": "#/components/schemas/io.k8s.api.batch.v1.Job"}); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("api.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestJobKubernetes(t *testing.T) {
	schema := jobSchema(t)
	check := func(text []byte) error {
		var doc any
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return err
		}
		return schema.Validate(doc)
	}
	text := job(t, "kubernetes.yaml")
	if err := check(text); err != nil {
		t.Error(err)
	}
	for was, wrong := range map[string]string{"completions: 4\n  par": "completions: four\n  par", "completionMode": "completionmode", "mountPath": "path", `value: "4"`: "value: 4", "- name: assay\n": "- nam: assay\n"} {
		if err := check(bytes.Replace(text, []byte(was), []byte(wrong), 1)); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

// A batchDefinition has the fields of AWS Batch's RegisterJobDefinition that we use, as
// its reference names them. TestJobBatchByCLI asks the AWS CLI, where there is one.
type batchDefinition struct {
	JobDefinitionName    string   `json:"jobDefinitionName"`
	Type                 string   `json:"type"`
	PlatformCapabilities []string `json:"platformCapabilities"`
	ContainerProperties  struct {
		Image                  string                         `json:"image"`
		Command                []string                       `json:"command"`
		User                   string                         `json:"user"`
		ReadonlyRootFilesystem bool                           `json:"readonlyRootFilesystem"`
		ResourceRequirements   []struct{ Type, Value string } `json:"resourceRequirements"`
		Volumes                []struct {
			Name string                      `json:"name"`
			Host struct{ SourcePath string } `json:"host"`
		} `json:"volumes"`
		MountPoints []struct {
			SourceVolume  string `json:"sourceVolume"`
			ContainerPath string `json:"containerPath"`
			ReadOnly      bool   `json:"readOnly"`
		} `json:"mountPoints"`
	} `json:"containerProperties"`
	RetryStrategy struct {
		Attempts int `json:"attempts"`
	} `json:"retryStrategy"`
}

var batchName = regexp.MustCompile(`^[A-Za-z0-9][\w-]{0,127}$`)

// batchJob reads the job definition, strictly.
func batchJob(t *testing.T) *batchDefinition {
	t.Helper()
	d := &batchDefinition{}
	decoder := json.NewDecoder(bytes.NewReader(job(t, "aws-batch.json")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestJobBatch(t *testing.T) {
	d := batchJob(t)
	c := d.ContainerProperties
	if !batchName.MatchString(d.JobDefinitionName) || d.Type != "container" || fmt.Sprint(d.PlatformCapabilities) != "[EC2]" || c.Image == "" || d.RetryStrategy.Attempts < 1 || d.RetryStrategy.Attempts > 10 {
		t.Errorf("the definition is %+v", d)
	}
	if fmt.Sprint(c.ResourceRequirements) != "[{VCPU 2} {MEMORY 2048}]" {
		t.Errorf("it requires %v", c.ResourceRequirements)
	}
	volumes := map[string]bool{}
	for _, v := range c.Volumes {
		volumes[v.Name] = filepath.IsAbs(v.Host.SourcePath)
	}
	for _, m := range c.MountPoints {
		if !volumes[m.SourceVolume] || !filepath.IsAbs(m.ContainerPath) {
			t.Errorf("%v mounts no volume", m)
		}
	}
}

// The AWS CLI knows the request's fields, and checks them without asking AWS.
func TestJobBatchByCLI(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil || testing.Short() {
		t.Skip("SKIPPED: aws-batch.json is checked by our list of fields alone, for there is no AWS CLI")
	}
	dir, text := t.TempDir(), job(t, "aws-batch.json")
	check := func(text []byte) error {
		writeFile(t, text, dir, "job.json")
		c := exec.CommandContext(t.Context(), "aws", "batch", "register-job-definition", "--cli-input-json", "file://job.json", "--generate-cli-skeleton", "output")
		c.Dir, c.Env = dir, append(os.Environ(), "AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE="+os.DevNull, "HOME="+dir)
		out, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	if err := check(text); err != nil {
		t.Error(err)
	}
	if check(bytes.Replace(text, []byte("mountPoints"), []byte("mountpoints"), 1)) == nil {
		t.Error("a broken definition passes")
	}
}

// A jobScript is what the machines of a job run, one for each environment, and then one
// of them.
type jobScript struct {
	scan  string
	each  [][]string
	merge string
}

// jobScripts are those of the job files, with the folders of a test.
func jobScripts(t *testing.T) map[string]jobScript {
	t.Helper()
	var pods struct {
		Spec struct {
			Completions int
			Template    struct {
				Spec struct {
					Containers []struct {
						Args []string
						Env  []struct{ Name, Value string }
					}
				}
			}
		}
	}
	text := job(t, "kubernetes.yaml")
	if err := yaml.Unmarshal(text, &pods); err != nil {
		t.Fatal(err)
	}
	_, merge, _ := strings.Cut(string(text), "\n#   ")
	merge, _, _ = strings.Cut(merge, "\n")
	container := pods.Spec.Template.Spec.Containers[0]
	kubernetes := jobScript{scan: container.Args[0], merge: merge}
	for i := range pods.Spec.Completions {
		kubernetes.each = append(kubernetes.each, []string{fmt.Sprintf("JOB_COMPLETION_INDEX=%d", i), container.Env[0].Name + "=" + container.Env[0].Value})
	}
	batch := jobScript{scan: batchJob(t).ContainerProperties.Command[2], merge: merge}
	for i := range 2 {
		batch.each = append(batch.each, []string{fmt.Sprintf("AWS_BATCH_JOB_ARRAY_INDEX=%d", i), "AWS_BATCH_JOB_ARRAY_SIZE=2"})
	}
	return map[string]jobScript{"kubernetes.yaml": kubernetes, "aws-batch.json": batch, "github-actions.yml": workflowScript(t)}
}

// workflowScript takes the steps that run assay out of the workflow.
func workflowScript(t *testing.T) jobScript {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix struct{ Shard []int } }
			Env      map[string]string
			Steps    []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal(job(t, "github-actions.yml"), &workflow); err != nil {
		t.Fatal(err)
	}
	assayIn := func(job string) string {
		for _, s := range workflow.Jobs[job].Steps {
			if strings.HasPrefix(s.Run, "assay ") {
				return s.Run
			}
		}
		t.Fatalf("the job %s does not run assay", job)
		return ""
	}
	s := jobScript{scan: assayIn("scan"), merge: assayIn("merge")}
	scan := workflow.Jobs["scan"]
	for _, shard := range scan.Strategy.Matrix.Shard {
		own := strings.ReplaceAll(scan.Env["SHARD"], "${{ matrix.shard }}", fmt.Sprint(shard))
		s.each = append(s.each, []string{"SHARD=" + own, "SHARDS=" + scan.Env["SHARDS"]})
	}
	return s
}

// What the machines of each job file run over a repository, and what its merge makes of
// it, is what one run writes, byte for byte.
func TestJobScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts assay a dozen times")
	}
	dir := t.TempDir()
	rule := rules.Rule{Rule: report.Rule{ID: "test"}, Structure: "github"}
	for i := range 6 {
		text, err := rule.Expand("token = ghp_{base62:30}{seal}\n", uint64(i%4))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, []byte(text), dir, "repository", fmt.Sprintf("%d.txt", i))
	}
	sh := func(script string, env ...string) string {
		c := exec.CommandContext(t.Context(), "sh", "-c", script)
		c.Dir, c.Env = dir, append(os.Environ(), append(env, "GIT_CONFIG_GLOBAL="+os.DevNull, "HOME="+dir)...)
		out, err := c.CombinedOutput()
		if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != exitFindings) {
			t.Fatalf("%s: %v: %s", script, err, out)
		}
		return string(out)
	}
	sh("cd repository && git init -q && git add . && git -c user.name=a -c user.email=a@example.com commit -qm one && git rm -q 5.txt && git -c user.name=a -c user.email=a@example.com commit -qm two")
	want := sh("assay scan --quiet --report sarif=one.sarif repository")
	for name, job := range jobScripts(t) {
		here := strings.NewReplacer(" /repository", " repository", "/reports/", "")
		for _, env := range job.each {
			sh(here.Replace(job.scan), env...)
		}
		got := sh(here.Replace(job.merge))
		if differ := sh("cmp one.sarif all.sarif"); differ != "" || got != want {
			t.Errorf("%s: %d machines write\n%s\nand one run\n%s%s", name, len(job.each), got, want, differ)
		}
		sh("rm part-* all.sarif")
	}
}
