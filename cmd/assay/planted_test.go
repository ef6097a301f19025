package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/assayhq/assay/audit/fakeaws"
)

// In an account full of credentials each of them is found, and none stands in the
// inventory, in a report of any format, or in a message; nor does what no rule can
// recognise, in labels that people write.
func TestPlantedAccount(t *testing.T) {
	cloud := fakeaws.New(fakeaws.Options{Now: auditTime, Seed: 1})
	account := cloud.Account("444455556666")
	planted := fakeaws.Expose(cloud, account.Region("eu-west-1"))
	human := strings.Join([]string{"winter", "wander", "weg"}, "") + fmt.Sprint(2000+25)
	for _, name := range []string{"eu-west-1", "us-east-1"} {
		g := account.Region(name)
		g.Secrets = append(g.Secrets, &fakeaws.Secret{Name: "human", ARN: g.ARN("secretsmanager", "secret:human-AbCdEf"), Description: "say " + human,
			Tags:   []fakeaws.Tag{{Key: "hint", Value: "it is " + human}},
			Policy: `{"Version":"2012-10-17","Statement":[{"Sid":"` + human + `","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"*","Resource":"*"}]}`})
	}
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	cloud.Sensitive() // from now on signatures are noted
	pointAt(t, server.URL, account)
	run := runAudit(t, cloud, t.TempDir(), "10s")
	if strings.Contains(run.outputs["inventory"], `"type":"gap"`) {
		t.Errorf("something is missing:\n%s", run.outputs["inventory"])
	}
	run.holdsNothingSensitive(t)
	for name, text := range run.outputs {
		if strings.Contains(text, human) {
			t.Errorf("%s holds what a person would take for a password", name)
		}
	}
	found := map[string]bool{}
	for line := range strings.Lines(run.outputs["inventory"]) {
		var record struct {
			Exposures []struct{ Fingerprint string }
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		for _, e := range record.Exposures {
			found[e.Fingerprint] = true
		}
	}
	if len(found) != planted {
		t.Errorf("%d credentials are in the inventory, %d were planted", len(found), planted)
	}
	checks := run.failed(t)
	for _, id := range []string{"SM-ENV-01", "SM-ENV-02", "SM-ENV-03", "SM-ENV-04", "SM-ENV-05", "SM-LIF-06", "SM-SSM-01", "SM-SSM-02"} {
		if !slices.Contains(checks, id) {
			t.Errorf("%s finds nothing", id)
		}
	}
}

// failed lists the checks that failed.
func (r auditRun) failed(t *testing.T) []string {
	t.Helper()
	var ids []string
	for line := range strings.Lines(r.outputs["jsonl"]) {
		if rest, ok := strings.CutPrefix(line, `{"type":"finding","rule_id":"`); ok {
			id, _, _ := strings.Cut(rest, `"`)
			ids = append(ids, id)
		}
	}
	return ids
}
