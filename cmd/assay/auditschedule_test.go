package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/assayhq/assay/audit/fakeaws"
)

func scheduled(t *testing.T, kind string) []byte {
	t.Helper()
	text, err := schedule(kind)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

func TestScheduledWorkflowIsSound(t *testing.T) {
	dir := t.TempDir()
	workflow := scheduled(t, "github")
	writeFile(t, nil, dir, ".git", "HEAD")
	writeFile(t, workflow, dir, ".github", "workflows", "assay-audit.yml")
	if said, content := actionlint.run(t, dir); !content {
		t.Errorf("actionlint: %s", said)
	}
}

func TestScheduledScriptIsSound(t *testing.T) {
	name := filepath.Join(t.TempDir(), "assay-audit")
	writeFile(t, scheduled(t, "cron"), name)
	if said, content := shellcheck.run(t, ".", name); !content {
		t.Errorf("shellcheck: %s", said)
	}
}

// A template is a template of CloudFormation, as far as it can be known without one.
type template struct {
	Parameters map[string]yaml.Node `yaml:"Parameters"`
	Resources  map[string]struct {
		Type       string    `yaml:"Type"`
		Properties yaml.Node `yaml:"Properties"`
	} `yaml:"Resources"`
}

func scheduledTemplate(t *testing.T) (text []byte, parsed template) {
	t.Helper()
	text = scheduled(t, "eventbridge")
	if err := yaml.Unmarshal(text, &parsed); err != nil {
		t.Fatal(err)
	}
	return text, parsed
}

// Whatever the template refers to is in it.
func TestScheduledTemplateRefersToItself(t *testing.T) {
	text, parsed := scheduledTemplate(t)
	known := func(name string) bool {
		_, parameter := parsed.Parameters[name]
		_, resource := parsed.Resources[name]
		return parameter || resource || strings.HasPrefix(name, "AWS::")
	}
	used := map[string]bool{}
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Tag == "!Ref" || n.Tag == "!GetAtt" {
			name, _, _ := strings.Cut(n.Value, ".")
			used[name] = true
			if !known(name) {
				t.Errorf("line %d refers to %s", n.Line, n.Value)
			}
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	walk(&root)
	for name := range parsed.Parameters {
		if !used[name] {
			t.Errorf("nothing uses the parameter %s", name)
		}
	}
	if len(parsed.Resources) != 7 || parsed.Resources["Daily"].Type != "AWS::Scheduler::Schedule" {
		t.Errorf("it has %d resources", len(parsed.Resources))
	}
}

// The role may do what assay audit policy says, and the container does what assay
// understands: it is run here, against an AWS that is made up.
func TestScheduledTaskRuns(t *testing.T) {
	_, parsed := scheduledTemplate(t)
	var role struct {
		Policies []struct {
			PolicyDocument struct {
				Statement []struct {
					Action []string `yaml:"Action"`
				} `yaml:"Statement"`
			} `yaml:"PolicyDocument"`
		} `yaml:"Policies"`
	}
	properties := parsed.Resources["AuditRole"].Properties
	if err := properties.Decode(&role); err != nil {
		t.Fatal(err)
	}
	var may []string
	for _, s := range role.Policies[0].PolicyDocument.Statement {
		may = append(may, s.Action...)
	}
	if !slices.Contains(may, "securityhub:BatchImportFindings") || !slices.Contains(may, "secretsmanager:ListSecrets") {
		t.Errorf("the role may not send, or not read: %q", may)
	}
	var task struct {
		ContainerDefinitions []struct {
			Command []string `yaml:"Command"`
		} `yaml:"ContainerDefinitions"`
	}
	properties = parsed.Resources["Task"].Properties
	if err := properties.Decode(&task); err != nil {
		t.Fatal(err)
	}
	command := task.ContainerDefinitions[0].Command
	if command[0] != "audit" || !slices.Contains(command, "securityhub") {
		t.Fatalf("the container runs %q", command)
	}
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	pointAt(t, server.URL, account)
	code, _, said := auditWith(t.Context(), append(slices.Clone(command[1:]), "--region", "eu-central-1", "--rate", "1000")...)
	if code != exitFindings || len(cloud.Received()) == 0 {
		t.Errorf("exit code %d, %d findings sent: %s", code, len(cloud.Received()), said)
	}
}

// cfn-lint knows the resources of CloudFormation. No registry that the checks reach has
// it, so it runs where it is installed.
func TestScheduledTemplateIsSound(t *testing.T) {
	program, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("SKIPPED: THERE IS NO CFN-LINT")
	}
	text, _ := scheduledTemplate(t)
	name := filepath.Join(t.TempDir(), "assay.yaml")
	if err := os.WriteFile(name, text, 0o666); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.CommandContext(t.Context(), program, "--regions", "eu-west-1", "--", name).CombinedOutput(); err != nil {
		t.Errorf("cfn-lint: %v: %s", err, said)
	}
}

// Nothing is sent without --send and --alert, and an audit that sends asks nothing else
// than one that does not.
func TestNothingIsSentUnasked(t *testing.T) {
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	pointAt(t, server.URL, account)
	auditWith(t.Context(), "--region", "eu-central-1", "--rate", "1000", "--scope", "all", "--compliance", "fsbp", "--format", "asff")
	for op := range cloud.Counts() {
		if slices.Contains([]string{"securityhub:BatchImportFindings", "sns:Publish", "events:PutEvents"}, op) {
			t.Errorf("%s was called", op)
		}
	}
}
