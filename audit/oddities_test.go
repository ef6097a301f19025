package audit

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// checksOfAccess are those about keys, replicas and access.
func checksOfAccess() []*Check {
	return []*Check{
		smACC01(), smACC02(), smACC03(), smACC04(), smACC05(), smACC06(), smACC07(), smACC08(), smACC09(), smACC10(), smLIF02(), smLIF05(), smKMS01(), smKMS02(), smKMS03(), smKMS04(), smKMS05(), smKMS06(),
		smREP01(), smREP02(), smREP03(), smROT06(),
	}
}

// Whatever AWS says, a check breaks on nothing, says something, and no text of
// AWS's breaks its line.
func TestAccessChecksSurviveOddities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		odd := oddities{t}
		inv := newInventory(Header{Collected: odd.time()})
		at := cell{"111122223333", "eu-central-1"}
		r := inv.region(odd.fill(inv, at), odd.settings())
		r.RegionRecord = odd.region(at)
		for _, c := range checksOfAccess() {
			if c.Region != nil {
				plainResult(t, c, c.Region(r))
			}
			for _, k := range r.Keys {
				if c.Key != nil {
					plainResult(t, c, c.Key(k, r))
				}
			}
			for s, err := range inv.secrets(at) {
				if err != nil {
					t.Fatal(err)
				}
				if c.Secret != nil {
					plainResult(t, c, c.Secret(s, r))
				}
			}
		}
	})
}

func plainResult(t *rapid.T, c *Check, r Result) {
	if r.verdict == silent || r.verdict != notApplicable && r.Text == "" {
		t.Fatalf("%s says nothing", c.ID)
	}
	if strings.IndexFunc(r.Text, unicode.IsControl) >= 0 || strings.Contains(r.Text, "%!") {
		t.Fatalf("%s: %q", c.ID, r.Text)
	}
}

// oddities draws facts that AWS never gave, and some that it does.
type oddities struct{ *rapid.T }

// text is one of a few, so that references meet what they refer to.
func (o oddities) text() string {
	return rapid.SampledFrom([]string{
		"", "a", "x\ny", "\x1b[31m", "%s%d", "alias/aws/secretsmanager", "alias/x", ":", "::::::", "arn:", "arn:::::::", "\xff\xfe",
		"arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf", "arn:aws:kms:eu-central-1:111122223333:key/1", defaultKey, "203.0.113.7",
		"::ffff:10.0.0.1%eth0", "Enabled", "Disabled", "PendingDeletion", KeyNotFound, "CUSTOMER", "AWS", "InSync", "Failed", "InProgress", "eu-central-1",
		"us-east-1", "GetSecretValue", "BatchGetSecretValue", "DeleteSecret", "UpdateSecret", "AccessDenied", "force", "key", "AssumedRole", "AWSCURRENT",
		"rds", "eventCategory", "Management", "All", secretsManager, strings.Repeat("long ", 2000),
		"arn:aws:lambda:eu-central-1:111122223333:function:f", "arn:aws:lambda:eu-central-1:111122223333:function:f:1",
	}).Draw(o.T, "text")
}

func (o oddities) texts() []string {
	return slices.Collect(func(yield func(string) bool) {
		for range rapid.IntRange(0, 3).Draw(o.T, "n") {
			if !yield(o.text()) {
				return
			}
		}
	})
}

func (o oddities) policy() string {
	return rapid.SampledFrom([]string{
		"", "{", `{"Statement":[]}`, `{"Statement":1}`, policyOf(``), policyOf(`"Action":"*"`), policyOf(`"Action":"*","Principal":{"AWS":"444455556666"}`),
		policyOf("\"Sid\":\"a\\nb\",\"Action\":\"*\",\"Principal\":{\"AWS\":\"x\\ny\"}"),
		policyOf(`"Action":"*","Condition":{"StringLike":{"a\u001bb":"c"}}`), policyOf(`"Action":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::\n"}}`),
		policyOf(`"Action":"lambda:*","Principal":{"Service":"secretsmanager.amazonaws.com"}`), "{\"a\\nb\":1}",
	}).Draw(o.T, "policy")
}

func (o oddities) time() time.Time {
	return rapid.SampledFrom([]time.Time{
		{}, time.Unix(-5e9, 0), time.Unix(0, 0), time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}).Draw(o.T, "time").UTC()
}

func (o oddities) maybeTime() *time.Time {
	if o.yes() {
		return nil
	}
	t := o.time()
	return &t
}

func (o oddities) yes() bool { return rapid.Bool().Draw(o.T, "yes") }

func (o oddities) maybe() *bool {
	if o.yes() {
		return nil
	}
	b := o.yes()
	return &b
}

func (o oddities) number() int {
	return rapid.SampledFrom([]int{0, 1, -1, 5, 7, 365, math.MaxInt, math.MinInt}).Draw(o.T, "number")
}

// limit is a threshold as a user may set it: less than nothing is refused.
func (o oddities) limit() int {
	return rapid.SampledFrom([]int{0, 1, 5, 7, 365, math.MaxInt}).Draw(o.T, "limit")
}

func (o oddities) settings() Settings {
	s := Settings{Thresholds: Thresholds{MaxKeyDays: o.limit(), MaxReplicaHours: o.limit(), MinEventDays: rapid.IntRange(0, 90).Draw(o.T, "days"), MinDenied: o.limit()}}
	if o.yes() {
		s.Replicate = []Selector{{Name: "*"}}
		s.AllowedRegions, s.AllowedNetworks, s.Pipelines = []string{"us-east-1"}, []string{"10.0.0.0/8", "::ffff:10.0.0.0/104"}, []string{"*"}
	}
	merged, err := s.Merge()
	if err != nil {
		o.Fatal(err)
	}
	return merged
}

// fill puts an odd one of everything into an inventory and returns its region.
func (o oddities) fill(inv *Inventory, at cell) cell {
	records := []any{
		&Secret{
			Account: at.account, Region: at.region, ARN: o.text(), Name: o.text(), KMSKeyID: o.text(), RotationEnabled: o.maybe(), RotationLambdaARN: o.text(),
			LastChanged: o.maybeTime(), Deleted: o.maybeTime(), OwningService: o.text(), ManagedType: o.text(), PrimaryRegion: o.text(), Policy: o.policy(),
			Stages:   map[string][]string{o.text(): o.texts()},
			Versions: []Version{{ID: o.text(), Stages: o.texts(), KMSKeyIDs: o.texts()}, {Stages: []string{"AWSCURRENT"}, KMSKeyIDs: o.texts()}},
			Replicas: []Replica{{Region: o.text(), KMSKeyID: o.text(), Status: o.text(), StatusMessage: o.text()}},
		},
		&Key{ARN: o.text(), References: o.texts(), State: o.text(), Manager: o.text(), DeletionDate: o.maybeTime(), RotationEnabled: o.maybe(),
			Policy: o.policy(), Grants: []Grant{{Grantee: o.text(), Operations: o.texts()}}},
		&Function{ARN: o.text(), Policy: o.policy(), NotFound: o.yes()},
		&Trail{ARN: o.text(), Name: o.text(), Logging: o.maybe(), DeliveryError: o.text(),
			Selectors:         []EventSelector{{ReadWriteType: o.text(), IncludeManagement: o.yes(), ExcludeSources: o.texts()}},
			AdvancedSelectors: []AdvancedSelector{{}, {Fields: []FieldSelector{{Field: o.text(), Equals: o.texts(), NotStartsWith: o.texts()}}}}},
	}
	for range rapid.IntRange(0, 4).Draw(o.T, "activities") {
		records = append(records, &Activity{
			Event: o.text(), Service: o.yes(), SecretID: o.text(), Principal: o.text(), PrincipalType: o.text(), Source: o.text(), Console: o.yes(),
			Error: o.text(), Note: o.text(), Count: o.number(), Days: o.number(), Busiest: o.number(), First: o.time(), Last: o.time(),
		}, &Burst{
			Principal: o.text(), PrincipalType: o.text(), Secrets: o.number(), Names: o.texts(), Sources: o.texts(), Count: o.number(), Failed: o.number(),
			First: o.time(), Last: o.time(),
		})
	}
	records = append(records, &Watch{
		Filters: []MetricFilter{{Name: o.text(), Pattern: o.text(), Metrics: o.texts()}},
		Alarms:  []Alarm{{Name: o.text(), Metric: o.text(), State: o.text(), Changed: o.maybeTime(), Actions: o.number()}},
		Rules:   []EventRule{{Name: o.text(), State: "ENABLED", Pattern: o.policy()}},
	})
	for _, record := range records {
		if err := inv.add(at, record); err != nil {
			o.Fatal(err)
		}
	}
	if err := inv.link(); err != nil {
		o.Fatal(err)
	}
	return at
}

func (o oddities) region(at cell) RegionRecord {
	r := RegionRecord{Account: at.account, Region: at.region, Status: RegionExamined}
	if o.yes() {
		r.Events = &EventWindow{From: o.time(), To: o.time(), Events: o.number(), Cut: o.yes(), MissingDays: o.number(), WritesOnly: o.yes()}
	}
	for _, op := range Operations() {
		if o.yes() {
			r.Calls = append(r.Calls, CallCount{Operation: op})
		}
	}
	return r
}

// Where a check tells worse from bad, the severity says so.
func TestSeveritiesOfSections(t *testing.T) {
	tests := []struct {
		check   *Check
		section string
		want    report.Severity
	}{
		{smKMS01(), "fail", report.SeverityLow},
		{smKMS01(), "fail-shared", report.SeverityMedium},
		{smKMS02(), "fail-version", report.SeverityCritical},
		{smKMS02(), "fail-readable", report.SeverityHigh},
		{smKMS02(), "fail-deleted", report.SeverityLow},
		{smKMS04(), "fail-account", report.SeverityHigh},
		{smKMS04(), "fail-through", report.SeverityMedium},
		{smKMS04(), "fail-organization", report.SeverityMedium},
		{smREP01(), "fail", report.SeverityHigh},
		{smREP01(), "fail-slow", report.SeverityMedium},
		{smROT05(), "fail", report.SeverityHigh},
		{smROT05(), "fail-inactive", report.SeverityLow},
		{smROT05(), "fail-update", report.SeverityMedium},
		{smROT09(), "fail", report.SeverityLow},
		{smROT09(), "fail-hourly", report.SeverityInfo},
		{smVER02(), "fail", report.SeverityHigh},
		{smVER02(), "fail-new", report.SeverityLow},
		{smACC02(), "fail", report.SeverityMedium},
		{smACC02(), "fail-production", report.SeverityHigh},
		{smACC04(), "fail", report.SeverityHigh},
		{smACC04(), "fail-console", report.SeverityMedium},
		{smACC06(), "fail-no-pipelines", report.SeverityLow},
		{smACC06(), "fail-console", report.SeverityMedium},
		{smACC06(), "fail-production-role", report.SeverityMedium},
		{smACC06(), "fail-production", report.SeverityHigh},
		{smACC06(), "fail", report.SeverityHigh}, // a deletion without recovery window
	}
	for _, test := range tests {
		t.Run(test.check.ID+" "+test.section, func(t *testing.T) {
			if got := severities(t, test.check, test.section); len(got) == 0 || slices.Max(got) != test.want {
				t.Errorf("severities %v, want %v as the worst", got, test.want)
			}
		})
	}
}

// severities judges a section of the check's inventories and returns those of
// its findings.
func severities(t *testing.T, c *Check, section string) []report.Severity {
	archive, err := txtar.ParseFile(filepath.Join("..", "testdata", "aws", "checks", c.ID+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	settings := `{}`
	var inv *Inventory
	for _, f := range archive.Files {
		switch f.Name {
		case section + ".jsonl":
			if inv, err = ReadInventory(bytes.NewReader(f.Data)); err != nil {
				t.Fatal(err)
			}
		case section + ".settings":
			settings = string(f.Data)
		}
	}
	if inv == nil {
		t.Fatalf("there is no section %s", section)
	}
	var got severitySink
	if _, err := (&Judge{Checks: []*Check{c}, Settings: settingsOf(t, settings)}).Run(inv, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func settingsOf(t *testing.T, text string) Settings {
	var own Settings
	if err := json.Unmarshal([]byte(text), &own); err != nil {
		t.Fatal(err)
	}
	merged, err := own.Merge()
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// severitySink keeps the severities of findings.
type severitySink []report.Severity

func (s *severitySink) Finding(f report.Finding) error {
	*s = append(*s, f.Severity)
	return nil
}

func (s *severitySink) Verdict(report.Verdict) error { return nil }

func (s *severitySink) Notice(report.Notice) error { return nil }
