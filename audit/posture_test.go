package audit

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
)

func ago(days int) time.Time { return collected.AddDate(0, 0, -days) }

func ptr[T any](v T) *T { return &v }

func TestPosture(t *testing.T) {
	inv := small(t)
	add(t, inv, &RegionRecord{Account: home.account, Region: home.region, Status: RegionExamined, Events: &EventWindow{From: ago(90), To: collected, Events: 9}})
	add(t, inv, &Secret{
		Account: home.account, Region: home.region, ARN: secretARN("db"), Name: "db", Created: ptr(ago(200)), LastChanged: ptr(ago(10)), LastRotated: ptr(ago(10)),
		Versions: []Version{{ID: "1", Created: ptr(ago(200))}, {ID: "2", Created: ptr(ago(10)), Stages: []string{"AWSCURRENT"}}},
	})
	add(t, inv, &Secret{Account: home.account, Region: home.region, ARN: secretARN("quiet"), Name: "quiet"})
	act := func(event, who, from, failure string, count, first, last int) {
		add(t, inv, &Activity{
			Account: home.account, Region: home.region, Event: event, SecretID: "db", Principal: who, Source: from, Error: failure, Count: count, First: ago(first), Last: ago(last),
			Service: who == "",
		})
	}
	act("GetSecretValue", "role/app", "10.0.0.1", "", 40, 80, 5)
	act("GetSecretValue", "role/app", "10.0.0.2", "", 2, 30, 1)
	act("GetSecretValue", "role/app", "10.0.0.2", "AccessDenied", 3, 20, 20)
	act("GetSecretValue", "role/other", "10.0.0.9", "", 1, 7, 7)
	act("DescribeSecret", "role/looker", "10.0.0.9", "", 500, 60, 1)
	act("PutResourcePolicy", "role/deploy", "10.0.0.9", "", 1, 15, 15)
	act("RotationSucceeded", "", "", "", 1, 10, 10)
	act("RotationFailed", "", "", "", 2, 41, 40)
	p, err := inv.Posture(Settings{}, func(s string) string { return strings.ReplaceAll(s, "role/other", "role/<masked>") })
	if err != nil {
		t.Fatal(err)
	}
	if !p.Collected.Equal(collected) || !p.From.Equal(ago(90)) || len(p.Secrets) != 2 {
		t.Fatalf("collected %v, from %v, %d secrets", p.Collected, p.From, len(p.Secrets))
	}
	wantReaders := []report.PostureReader{
		{Principal: "role/app", Reads: 42, Failed: 3, First: ago(80), Last: ago(1), Sources: []string{"10.0.0.1", "10.0.0.2"}},
		{Principal: "role/<masked>", Reads: 1, First: ago(7), Last: ago(7), Sources: []string{"10.0.0.9"}},
	}
	if diff := cmp.Diff(wantReaders, p.Secrets[0].Readers); diff != "" {
		t.Errorf("readers (-want +got):\n%s", diff)
	}
	var told []string
	for _, e := range p.Secrets[0].Events {
		told = append(told, fmt.Sprintf("%s %s %d %s", e.Kind, e.Text, e.Count, e.Who))
	}
	want := []string{
		"created created 1 ", "read GetSecretValue 42 role/app", "failed RotationFailed 2 ", "failed GetSecretValue: AccessDenied 3 role/app",
		"changed PutResourcePolicy 1 role/deploy", "changed a new version AWSCURRENT 1 ", "rotated RotationSucceeded 1 ", "read GetSecretValue 1 role/<masked>",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if quiet := p.Secrets[1]; quiet.Readers != nil || quiet.CanKnown || len(quiet.Events) != 0 || quiet.Facts[0].Label != "there" {
		t.Errorf("the other is %+v", quiet)
	}
}

// Every secret of the demo has facts, and those that are read have readers.
func TestPostureOfDemo(t *testing.T) {
	file, err := os.Open("../testdata/aws/demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	inv, err := ReadInventory(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := inv.Posture(Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, s := range p.Secrets {
		if len(s.Facts) == 0 {
			t.Errorf("nothing is known of %s", s.Resource.Name)
		}
		if len(s.Readers) > 0 {
			read++
		}
	}
	if len(p.Secrets) != 68 || read != 7 {
		t.Errorf("%d secrets, %d with readers", len(p.Secrets), read)
	}
}
