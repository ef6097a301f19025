package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
	"github.com/assayhq/assay/report"
	"github.com/assayhq/assay/rules"
)

// auditTime is the clock of the audits in these tests and of the made-up AWS.
var auditTime = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// An auditRun is one run of assay audit.
type auditRun struct {
	exit    int
	outputs map[string]string // by format, and stderr
	calls   int
	cloud   *fakeaws.Cloud
}

// auditDemo audits the demo of package fakeaws, with a fault in one region if one
// is named, and writes every format.
func auditDemo(t *testing.T, fault string, scope fakeaws.Scope) (auditRun, *fakeaws.FaultyServer) {
	t.Helper()
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := fakeaws.Demo(cloud)
	account.Region("eu-west-1").Trails = nil // whose state the other regions would ask there
	var url string
	var faulty *fakeaws.FaultyServer
	if fault == "" {
		server, err := fakeaws.Start(cloud)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		url = server.URL
		cloud.Sensitive() // from now on signatures are noted
	} else {
		server, err := cloud.StartFaulty(fault, scope)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { server.Close() })
		url, faulty = server.URL, server
	}
	pointAt(t, url, account)
	timeout := "700ms"                     // long enough for a machine under load
	if strings.HasPrefix(fault, "bomb-") { // which keep the machine busy with unpacking
		timeout = "5s"
	}
	return runAudit(t, cloud, t.TempDir(), timeout), faulty
}

func runAudit(t *testing.T, cloud *fakeaws.Cloud, dir, timeout string) auditRun {
	t.Helper()
	args := []string{"--scope", "all", "--region", "eu-central-1,eu-west-1,us-east-1", "--rate", "1000", "--call-timeout", timeout, "--max-concurrency", "8", "--save", filepath.Join(dir, "inventory")}
	args = append(args, "--history", filepath.Join(dir, "history"))
	formats := []string{"jsonl", "json", "sarif", "csv", "html"}
	for _, f := range formats {
		args = append(args, "--report", f+"="+filepath.Join(dir, f))
	}
	r := auditRun{cloud: cloud, outputs: map[string]string{}}
	r.exit, r.outputs["text"], r.outputs["stderr"] = auditWith(t.Context(), args...)
	for _, f := range append(formats, "inventory", "history") {
		text, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil && r.exit != exitUsage {
			t.Fatal(err)
		}
		r.outputs[f] = string(text)
	}
	r.outputs["html, as it is read"] = html.UnescapeString(r.outputs["html"])
	for _, n := range cloud.Counts() {
		r.calls += n
	}
	return r
}

// verdictsIn returns what the report in jsonl says of each check and resource of a
// region, or of all but that.
func (r auditRun) verdictsIn(t *testing.T, region string, in bool) map[string]string {
	t.Helper()
	said := map[string]string{}
	for line := range strings.Lines(r.outputs["jsonl"]) {
		var record struct {
			Type, RuleID, Outcome string
			Rule                  string `json:"rule_id"`
			Resource              struct{ ARN, Region string }
			Occurrences           []struct {
				Resource struct{ ARN, Region string }
			}
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		resource := record.Resource
		switch record.Type {
		case "finding":
			resource, record.Outcome = record.Occurrences[0].Resource, "fail"
		case "verdict":
		default:
			continue
		}
		if (resource.Region == region) == in {
			said[record.Rule+" "+resource.ARN] = record.Outcome
		}
	}
	return said
}

// What must hold after every fault, with eu-west-1 at fault and two regions well.
func TestAuditUnderEveryFault(t *testing.T) {
	const region = "eu-west-1"
	clean, _ := auditDemo(t, "", fakeaws.Scope{})
	before := clean.verdictsIn(t, region, true)
	if len(before) < 200 || clean.exit != exitIncomplete && clean.exit != exitFindings {
		t.Fatalf("without a fault: exit %d, %d verdicts: %s", clean.exit, len(before), clean.outputs["stderr"])
	}
	for i, kind := range fakeaws.Faults {
		if testing.Short() && i%16 > 0 {
			continue
		}
		waits := strings.HasPrefix(kind.Name, "throttle-endless") || strings.HasPrefix(kind.Name, "retry-after")
		if kind.Connection || waits { // package audit tests these, with a clock that leaps
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			scope := fakeaws.Scope{Region: region}
			if waited.MatchString(kind.Name) {
				scope.Operation = "ListSecrets"
			}
			run, server := auditDemo(t, kind.Name, scope)
			run.holdsNothingSensitive(t)
			run.isWellFormed(t)
			if server.Hits() == 0 {
				t.Error("the fault met nothing")
			}
			for _, s := range server.Strays() {
				if s.Authorization != "" {
					t.Error("a signed request followed a redirect")
				}
			}
			longer := strings.HasPrefix(kind.Name, "page-empty") // each listing has 500 pages more, or many
			if most := clean.calls + clean.calls/20 + 500; run.calls > most && !longer {
				t.Errorf("%d calls, at most %d are right", run.calls, most)
			}
			if kind.Name != "secrets-appear" { // a primary that is not listed in time leaves orphans
				run.agreesElsewhere(t, region, clean)
			}
			if kind.Effect != fakeaws.Odd {
				run.passesNothingNew(t, region, before)
			}
		})
	}
}

// waited are the faults that cost every operation seconds or hundreds of pages. All
// of them wait, and turn their pages, by the same code, which package audit tests.
var waited = regexp.MustCompile("^hang-|^(reset-answer|reset-body|internal-endless|throttle-storm|body-truncated-length|page-empty-500)$")

// agreesElsewhere checks that the other regions are judged as without the fault.
// Two checks look at a replica's other copy, which may be where the fault is:
// they may know less.
func (r auditRun) agreesElsewhere(t *testing.T, region string, clean auditRun) {
	t.Helper()
	now := r.verdictsIn(t, region, false)
	before := clean.verdictsIn(t, region, false)
	for id, outcome := range before {
		lost := now[id] == "not-evaluated" && (strings.HasPrefix(id, "SM-KMS-06 ") || strings.HasPrefix(id, "SM-REP-03 "))
		if now[id] != outcome && !lost {
			t.Errorf("%s elsewhere is %q, without the fault %q", id, now[id], outcome)
		}
	}
	for id := range now {
		if before[id] == "" {
			t.Errorf("%s elsewhere is new", id)
		}
	}
}

// passesNothingNew checks that nothing passes that did not pass without the
// fault, and that what is no longer judged is said to be missing.
func (r auditRun) passesNothingNew(t *testing.T, region string, before map[string]string) {
	t.Helper()
	now := r.verdictsIn(t, region, true)
	lost := 0
	for id, outcome := range now {
		if outcome == "pass" && before[id] != "pass" {
			t.Errorf("%s passes, without the fault it is: %q", id, before[id])
		}
	}
	for id := range before {
		if now[id] == "" || now[id] == "not-evaluated" {
			lost++
		}
	}
	disabled := strings.Contains(r.outputs["inventory"], `"region":"`+region+`","partition":"aws","status":"disabled"`)
	if lost > 0 && r.exit != exitIncomplete && !disabled {
		t.Errorf("%d verdicts are lost, and the exit code is %d", lost, r.exit)
	}
}

// holdsNothingSensitive looks for values, tokens, keys and signatures in all that
// was written.
func (r auditRun) holdsNothingSensitive(t *testing.T) {
	t.Helper()
	for call := range r.cloud.Counts() {
		if fakeaws.Forbidden(call) {
			t.Errorf("%s was called", call)
		}
	}
	for _, text := range r.cloud.Sensitive() {
		for name, output := range r.outputs {
			if strings.Contains(output, string(text)) {
				t.Errorf("%s holds what nobody may see", name)
			}
		}
	}
}

// isWellFormed checks that the reports are what their formats say, and that text
// moves no cursor.
func (r auditRun) isWellFormed(t *testing.T) {
	t.Helper()
	if r.exit != exitClean && r.exit != exitFindings && r.exit != exitIncomplete {
		t.Errorf("exit code %d: %s", r.exit, r.outputs["stderr"])
		return
	}
	for _, f := range []string{"json", "sarif"} {
		if !json.Valid([]byte(r.outputs[f])) {
			t.Errorf("the report %s is no JSON", f)
		}
	}
	harmful := func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == 0x202e }
	for _, f := range []string{"text", "stderr"} {
		if i := strings.IndexFunc(r.outputs[f], harmful); i >= 0 {
			t.Errorf("%s holds %q", f, r.outputs[f][i:min(i+9, len(r.outputs[f]))])
		}
	}
}

// The same account gives the same bytes, with faults that come by chance too.
func TestAuditIsDeterministic(t *testing.T) {
	for _, fault := range []string{"", "denied-some", "page-duplicates"} {
		t.Run(fmt.Sprintf("fault %q", fault), func(t *testing.T) {
			one, _ := auditDemo(t, fault, fakeaws.Scope{})
			two, _ := auditDemo(t, fault, fakeaws.Scope{})
			for _, name := range slices.Sorted(maps.Keys(one.outputs)) {
				if diff := cmp.Diff(strings.Split(one.outputs[name], "\n"), strings.Split(two.outputs[name], "\n")); diff != "" {
					t.Errorf("%s differs:\n%s", name, diff)
				}
			}
		})
	}
}

// A run that is interrupted ends with what it has, and says so; FILE.partial
// stays, and the next run goes on from it to the same verdicts.
func TestAuditGoesOnAfterAnInterruption(t *testing.T) {
	clean, _ := auditDemo(t, "", fakeaws.Scope{})
	dir := t.TempDir()
	file := filepath.Join(dir, "inventory")
	audit := func(ctx context.Context, flags ...string) (int, string, string) {
		return auditWith(ctx, append(flags, "--scope", "all", "--region", "eu-central-1,eu-west-1,us-east-1", "--rate", "1000", "--save", file, "--format", "jsonl")...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	hangs, err := clean.cloud.Inject("hang-answer", fakeaws.Scope{Region: "eu-west-1", Operation: "ListSecretVersionIds", From: 20})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for kept := []byte(nil); hangs.Hits() < 2 || !bytes.Contains(kept, []byte(`"type":"secret","account":"444455556666","region":"eu-west-1"`)); {
			time.Sleep(time.Millisecond)
			kept, _ = os.ReadFile(file + ".partial") // it may not be there yet
		}
		cancel()
	}()
	exit, report, message := audit(ctx)
	hangs.Close()
	if exit != exitInterrupted || !strings.Contains(report, `"interrupted":true`) {
		t.Fatalf("interrupted it exits with %d: %s", exit, message)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("an inventory that is not whole has its final name")
	}
	if exit, _, message = audit(t.Context()); exit != exitUsage || !strings.Contains(message, "--resume goes on from it") {
		t.Errorf("the next run exits with %d: %s", exit, message)
	}
	clean.cloud.ResetCalls()
	exit, report, message = audit(t.Context(), "--resume")
	if exit != clean.exit {
		t.Fatalf("resumed it exits with %d, without the interruption with %d: %s\n%s", exit, clean.exit, message, grepNotices(report))
	}
	again := auditRun{outputs: map[string]string{"jsonl": report}}
	if diff := cmp.Diff(clean.verdictsIn(t, "", false), again.verdictsIn(t, "", false)); diff != "" {
		t.Errorf("resumed it says:\n%s", diff)
	}
	calls := 0
	for _, n := range clean.cloud.Counts() {
		calls += n
	}
	if calls >= clean.calls {
		t.Errorf("resumed it makes %d calls, from the start %d", calls, clean.calls)
	}
	if _, err := os.Stat(file + ".partial"); err == nil {
		t.Error("the partial inventory is still there")
	}
}

func grepNotices(report string) string {
	var list []string
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, `{"type":"notice"`) {
			list = append(list, line)
		}
	}
	return strings.Join(list, "")
}

// Messages lose the passwords in them, and keep the ARNs; names keep what only
// looks like an assignment.
func TestMaskers(t *testing.T) {
	name, prose, err := maskers()
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/billing-AbCdEf"
	rule := rules.Rule{Rule: report.Rule{ID: "test"}}
	password, err := rule.Expand("{base62:20}", 1)
	if err != nil {
		t.Fatal(err)
	}
	token, err := rule.Expand("glpat-{base62:20}", 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := name(arn); got != arn {
		t.Errorf("the ARN of a secret becomes %s", got)
	}
	if got := name("team/" + token); strings.Contains(got, token[6:]) {
		t.Error("a token in a name is shown")
	}
	message := "rotation of " + arn + " failed: cannot connect to postgres://app:" + password + "@db.internal/app"
	got := prose(message)
	if strings.Contains(got, password) || !strings.Contains(got, arn) || !strings.Contains(got, "cannot connect") {
		t.Errorf("the message becomes %q", strings.ReplaceAll(got, password, "(the password)"))
	}
}
