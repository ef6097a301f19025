package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// auditFormats are the reports that are compared byte for byte.
var auditFormats = []string{"json", "jsonl", "text", "sarif"}

// savedAudit audits and returns the reports by format. FILE and FILE.json are kept.
func savedAudit(t *testing.T, file string, flags ...string) map[string]string {
	t.Helper()
	for _, f := range auditFormats {
		flags = append(flags, "--report", f+"="+file+"."+f)
	}
	exit, _, message := auditWith(t.Context(), flags...)
	if exit == exitUsage { // parts are incomplete where they need what others know
		t.Fatalf("%v: exit code %d: %s", flags, exit, message)
	}
	reports := map[string]string{}
	for _, f := range auditFormats {
		text, err := os.ReadFile(file + "." + f)
		if err != nil {
			t.Fatal(err)
		}
		reports[f] = string(text)
	}
	return reports
}

// Whatever the number of shards and the order of their inventories, they are judged to
// the reports of one run. Reports of shards are not put together: some verdicts need
// what other shards know.
func TestAuditShardsAreTheWhole(t *testing.T) {
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := fakeaws.Demo(cloud)
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	pointAt(t, server.URL, account)
	dir := t.TempDir()
	ask := []string{"--scope", "all", "--region", "eu-central-1,eu-west-1,us-east-1", "--rate", "1000", "--save"}
	one := filepath.Join(dir, "one")
	want := savedAudit(t, one, append(ask, one)...)
	for _, n := range []int{1, 3, 7} {
		var parts []string
		for i := range n {
			part := filepath.Join(dir, fmt.Sprintf("%d-%d", i+1, n))
			said := savedAudit(t, part, append(ask, part, "--shard", fmt.Sprintf("%d/%d", i+1, n))...)
			for _, f := range auditFormats {
				if !strings.Contains(said[f], fmt.Sprintf("shard %d/%d", i+1, n)) {
					t.Errorf("in %s part %d of %d does not say that it is one", f, i+1, n)
				}
			}
			parts = append(parts, part)
		}
		rand.Shuffle(n, func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		got := savedAudit(t, filepath.Join(dir, "merged"), "--inventory", strings.Join(parts, ","))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d shards (-one run +merged):\n%.4000s", n, diff)
		}
	}
	a, b := filepath.Join(dir, "1-3"), filepath.Join(dir, "2-7")
	for _, c := range []struct {
		exit int
		args string
		says string
	}{
		{exitIncomplete, "audit -q --no-config --inventory " + a + "," + filepath.Join(dir, "3-3"), "the shards 2/3 are missing"},
		{exitUsage, "audit --no-config --inventory " + a + "," + a, "shard 1/3 is there twice"},
		{exitUsage, "audit --no-config --inventory " + a + "," + b, "shards of different divisions: 1/3 and 2/7"},
		{exitUsage, "report merge " + a + ".json " + b + ".jsonl", "assay: " + a + ".json is the report of shard 1/3 of an audit"},
		{exitUsage, "report merge " + one + ".json " + a + ".json", "assay audit --inventory 1.jsonl,2.jsonl judges"},
		{exitUsage, "report diff " + one + ".json " + a + ".json", "is the report of shard 1/3 alone"},
		{exitUsage, "audit --no-config --shard 1/3", "--shard without --save"},
		{exitUsage, "audit --no-config --shard 1/3 --save x --send securityhub", "--shard does not go with --send and --alert"},
		{exitUsage, "audit --no-config --shard 1/3 --save x --history y", "--shard and --history do not go together"},
	} {
		var out, message bytes.Buffer
		p := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &message, getenv: os.Getenv}
		if exit := p.run(t.Context(), strings.Fields(c.args)); exit != c.exit || !strings.Contains(out.String()+message.String(), c.says) {
			t.Errorf("%s: exit code %d: %s", c.args, exit, message.String())
		}
	}
}
