package report

import (
	"errors"
	"fmt"
)

func testChecks() []Rule {
	check := func(id, title, text, remedy string, s Severity) Rule {
		return Rule{
			ID: id, Title: title, Text: text, Remedy: remedy, Severity: s, Confidence: ConfidenceHigh, Tags: []string{"aws"},
			Controls: []string{"NIST-800-53-r5/AC-2(1)"}, References: []string{"https://docs.example.com/" + id},
		}
	}
	return []Rule{
		check("SM-ACC-01", "No trail records reads of secrets", "Nobody can say afterwards who read a secret.",
			"Turn on a trail of all regions that records management read events.", SeverityHigh),
		check("SM-KMS-02", "KMS key cannot decrypt the secret", "Whoever reads the secret gets an error.",
			"Enable the key, or cancel its deletion, before the waiting period ends.", SeverityCritical),
		check("SM-KMS-03", "Rotation of the KMS key is off", "The same key material stays in use for ever.",
			"Turn on the rotation of the key.", SeverityMedium),
		check("SM-REP-01", "Replication has failed", "The replica holds an old value or none.",
			"Read the status message, mend the cause and replicate again.", SeverityHigh),
		check("SM-ROT-01", "Rotation is off", "A value that is never changed serves whoever has it for ever.",
			"Choose the secret, Rotation, Edit rotation, and turn on automatic rotation with an interval of at most 90 days.", SeverityMedium),
		check("SM-ROT-04", "Rotation is overdue", "The value should have been changed and was not.",
			"Look into the log of the rotation function, mend the cause and rotate the secret now.", SeverityHigh),
		check("SM-VER-02", "No version is current", "Whoever reads the secret gets an error.",
			"Give the label AWSCURRENT to a version.", SeverityHigh),
	}
}

func testResource(account, region, name string) Resource {
	return Resource{
		ARN: "arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + name + "-AbCdEf", Name: name,
		Type: typeSecret, Account: account, Region: region,
	}
}

func auditFinding(id string, s Severity, message string, r Resource, digit string) Finding {
	return Finding{
		RuleID: id, Message: message, Severity: s, Confidence: ConfidenceHigh, Fingerprint: fingerprint(digit),
		Occurrences: []Location{{Path: "aws/" + r.Account + "/" + r.Region + "/secretsmanager/" + r.Name, Resource: &r}},
	}
}

const testAccount = "123456789012"

// testCoverage has a region with secrets, one with trouble, one that hangs,
// quiet ones and disabled ones.
func testCoverage() *Coverage {
	c := &Coverage{Operations: []string{
		"cloudtrail:LookupEvents", "kms:DescribeKey", "kms:GetKeyRotationStatus", "lambda:GetFunctionConfiguration",
		"secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds", "secretsmanager:ListSecrets",
	}}
	row := func(region, status, events string, calls ...CoverageCalls) {
		c.Rows = append(c.Rows, CoverageRow{Account: testAccount, Region: region, Status: status, Events: events, Calls: calls})
	}
	const events = "2026-08-23 to 2026-11-21"
	none := CoverageCalls{}
	row("af-south-1", statusDisabled, "")
	row("ap-northeast-1", statusExamined, events, CoverageCalls{OK: 1}, none, none, none, none, none, CoverageCalls{OK: 1})
	row("ap-northeast-2", statusExamined, events, CoverageCalls{OK: 1}, none, none, none, none, none, CoverageCalls{OK: 1})
	row("ca-central-1", statusExamined, events, CoverageCalls{OK: 1}, none, none, none, none, none, CoverageCalls{OK: 1})
	row("eu-central-1", statusExamined, events, CoverageCalls{OK: 1204}, CoverageCalls{OK: 3}, CoverageCalls{OK: 3},
		CoverageCalls{OK: 1}, CoverageCalls{OK: 7}, CoverageCalls{OK: 7}, CoverageCalls{OK: 1})
	row("eu-west-1", statusExamined, "2026-11-01 to 2026-11-21", CoverageCalls{OK: 12, Failed: 1}, CoverageCalls{Denied: 2}, CoverageCalls{Denied: 2},
		none, CoverageCalls{OK: 2}, CoverageCalls{OK: 2}, CoverageCalls{OK: 1})
	row("me-south-1", statusDisabled, "")
	row("us-east-1", "not examined", "", none, none, none, none, none, none, CoverageCalls{Failed: 4})
	return c
}

func auditCase() reportCase {
	central := func(name string) Resource { return testResource(testAccount, "eu-central-1", name) }
	west := func(name string) Resource { return testResource(testAccount, "eu-west-1", name) }
	c := reportCase{
		name: "audit",
		run:  Run{Tool: "assay", Version: "0.1.0", Command: "audit", Target: testAccount, Rules: testChecks(), Coverage: testCoverage()},
		notices: []Notice{
			{"eu-west-1 kms:DescribeKey", errors.New("denied: the policy of this role does not allow it"), nil, ""},
			{"eu-west-1 kms:GetKeyRotationStatus", errors.New("denied: the policy of this role does not allow it"), nil, ""},
			{"eu-west-1 cloudtrail:LookupEvents", errors.New("throttled: no answer after 8 tries"), nil, ""},
			{"us-east-1 secretsmanager:ListSecrets", errors.New("no answer within 30 s"), nil, ""},
			{"SM-KMS-02: 2 resources", errors.New("the key's state is not known"), nil, ""},
		},
		summary: Summary{
			RulesActive: 7, Findings: [5]int{0, 0, 6, 1, 1}, NotExamined: 5,
			Resources: map[string]int{"secret": 9, "key": 3, "function": 1},
			Checks: []CheckCount{
				{"SM-ACC-01", 0, 1, 1, 0}, {"SM-KMS-02", 1, 6, 2, 0}, {"SM-KMS-03", 0, 7, 2, 0}, {"SM-REP-01", 0, 0, 0, 0},
				{"SM-ROT-01", 6, 3, 0, 0}, {"SM-ROT-04", 1, 8, 0, 0}, {"SM-VER-02", 0, 9, 0, 0},
			},
		},
	}
	c.verdicts = append(c.verdicts,
		Verdict{"SM-ACC-01", Resource{"arn:aws:cloudtrail:eu-central-1:" + testAccount + ":trail/main", "main", "AWS::CloudTrail::Trail", testAccount, "eu-central-1"},
			OutcomePass, "the trail main records reads in all regions"},
		Verdict{"SM-ACC-01", Resource{"arn:aws:cloudtrail:us-east-1:" + testAccount + ":trail", "us-east-1", "AWS::Account::Region", testAccount, "us-east-1"},
			OutcomeNotEvaluated, "the region did not answer"})
	for i := range 7 {
		name := fmt.Sprintf("app-%d/db", i)
		verdict := Verdict{"SM-ROT-01", central(name), OutcomePass, "rotation is on, every 30 days"}
		if i < 5 {
			c.findings = append(c.findings, auditFinding("SM-ROT-01", SeverityMedium, "Rotation is off: it was never turned on", central(name), fmt.Sprint(i)))
		} else {
			c.verdicts = append(c.verdicts, verdict)
		}
		for _, id := range []string{"SM-KMS-02", "SM-KMS-03", "SM-ROT-04", "SM-VER-02"} {
			if id == "SM-KMS-02" && i == 6 || id == "SM-ROT-04" && i == 5 {
				continue
			}
			c.verdicts = append(c.verdicts, Verdict{id, central(name), OutcomePass, "as it should be"})
		}
	}
	c.findings = append(c.findings,
		auditFinding("SM-KMS-02", SeverityCritical, "KMS key cannot decrypt the secret: key 1234abcd is disabled since 2026-10-01", central("app-6/db"), "a"),
		auditFinding("SM-ROT-04", SeverityHigh, "Rotation is overdue. The next rotation was due on 2026-11-02 and the last was on 2026-10-03", central("app-5/db"), "b"),
		auditFinding("SM-ROT-01", SeverityHigh, "Rotation is off: it was turned off on 2026-11-07 by arn:aws:iam::"+testAccount+":user/jane", west("prod/größe & more/api-key"), "c"))
	for i, r := range []Resource{west("prod/größe & more/api-key"), west("prod/cache")} {
		c.verdicts = append(c.verdicts,
			Verdict{"SM-KMS-02", r, OutcomeNotEvaluated, "kms:DescribeKey was denied"},
			Verdict{"SM-KMS-03", r, OutcomeNotEvaluated, "kms:GetKeyRotationStatus was denied"},
			Verdict{"SM-ROT-04", r, OutcomePass, "the next rotation is due on 2026-12-01"},
			Verdict{"SM-VER-02", r, OutcomePass, "one version is current"})
		if i == 1 {
			c.verdicts = append(c.verdicts, Verdict{"SM-ROT-01", r, OutcomePass, "rotation is on, every 30 days"})
		}
	}
	return c
}

// singleCase is an audit of one secret.
func singleCase() reportCase {
	r := testResource(testAccount, "eu-central-1", "prod/payments")
	key := Resource{"arn:aws:kms:eu-central-1:" + testAccount + ":key/1234abcd", "alias/payments", "AWS::KMS::Key", testAccount, "eu-central-1"}
	region := Resource{"arn:aws:cloudtrail:eu-central-1:" + testAccount + ":trail", "eu-central-1", "AWS::Account::Region", testAccount, "eu-central-1"}
	return reportCase{
		name: "audit-single",
		run: Run{Tool: "assay", Version: "0.1.0", Command: "audit", Target: "prod/payments", Rules: testChecks(), Coverage: &Coverage{
			Operations: []string{"kms:GetKeyRotationStatus", "secretsmanager:DescribeSecret"},
			Rows:       []CoverageRow{{testAccount, "eu-central-1", statusExamined, "", []CoverageCalls{{OK: 1}, {OK: 1}}}},
		}},
		findings: []Finding{
			auditFinding("SM-ROT-04", SeverityHigh, "Rotation is overdue: the next rotation was due on 2026-11-02", r, "a"),
			auditFinding("SM-ACC-01", SeverityHigh, "No trail records reads of secrets: the trail main leaves out read events", region, "b"),
		},
		verdicts: []Verdict{
			{"SM-KMS-02", r, OutcomePass, "alias/payments is enabled"},
			{"SM-KMS-03", key, OutcomePass, "its material is changed every 365 days"},
			{"SM-ROT-01", r, OutcomePass, "rotation is on, every 30 days"},
			{"SM-VER-02", r, OutcomePass, "version 2 of 3 is current"},
			{"SM-REP-01", r, OutcomeNotEvaluated, "the region of the replica did not answer"},
		},
		notices: []Notice{{"eu-west-1 secretsmanager:DescribeSecret", errors.New("no answer within 30 s"), nil, ""}},
		summary: Summary{
			RulesActive: 7, Findings: [5]int{0, 0, 0, 2, 0}, NotExamined: 1, Facts: []Fact{{"secret", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"}, {"rotation", "off"}}, Resources: map[string]int{"secret": 1, "key": 1},
			Checks: []CheckCount{
				{"SM-ACC-01", 1, 0, 0, 0}, {"SM-KMS-02", 0, 1, 0, 0}, {"SM-KMS-03", 0, 1, 0, 0}, {"SM-REP-01", 0, 0, 1, 0},
				{"SM-ROT-01", 0, 1, 0, 0}, {"SM-ROT-04", 1, 0, 0, 0}, {"SM-VER-02", 0, 1, 0, 0},
			},
		},
	}
}

// unjudgedCase is an audit in which nothing fails and not everything could be
// judged.
func unjudgedCase() reportCase {
	first, second := testResource(testAccount, "eu-west-1", "a"), testResource("210987654321", "eu-west-1", "b")
	c := reportCase{
		name: "audit-unjudged",
		run: Run{Tool: "assay", Version: "0.1.0", Command: "audit", Target: "2 accounts", Rules: testChecks()[4:5], Coverage: &Coverage{
			Operations: []string{"secretsmanager:DescribeSecret", "secretsmanager:ListSecrets"},
			Rows: []CoverageRow{
				{testAccount, "eu-west-1", statusExamined, "", []CoverageCalls{{OK: 1}, {OK: 1}}},
				{testAccount, "us-east-1", statusExamined, "", []CoverageCalls{{}, {OK: 1}}},
				{"210987654321", "eu-west-1", statusExamined, "", []CoverageCalls{{Denied: 1}, {OK: 1}}},
			},
		}},
		verdicts: []Verdict{
			{"SM-ROT-01", first, OutcomePass, "rotation is on, every 30 days"},
			{"SM-ROT-01", second, OutcomeNotEvaluated, "secretsmanager:DescribeSecret was denied"},
		},
		notices: []Notice{{"210987654321 eu-west-1 secretsmanager:DescribeSecret", errors.New("denied by the policy of the secret"), nil, ""}},
		summary: Summary{
			RulesActive: 1, NotExamined: 1, Resources: map[string]int{"secret": 2}, Checks: []CheckCount{{"SM-ROT-01", 0, 1, 1, 0}},
		},
	}
	return c
}

// mutedAuditCase has a finding that counts and two that somebody decided to leave,
// and says of a list of such decisions what is wrong with it.
func mutedAuditCase() reportCase {
	c := reportCase{
		name: "audit-suppressed",
		run: Run{Tool: "assay", Version: "0.1.0", Command: "audit", Target: "account " + testAccount, Rules: append(testChecks()[4:5], Rule{
			ID: "suppression-unused", Title: "Suppression of no use", Text: "It mutes nothing.", Remedy: "Remove it.", Confidence: ConfidenceHigh,
			References: []string{"https://docs.prowler.com/user-guide/cli/tutorials/mutelist"},
		}), Coverage: &Coverage{
			Operations: []string{"secretsmanager:ListSecrets"}, Rows: []CoverageRow{{testAccount, "eu-west-1", statusExamined, "", []CoverageCalls{{OK: 1}}}},
		}},
		summary: Summary{
			RulesActive: 1, Findings: [5]int{1, 0, 1}, Resources: map[string]int{"secret": 3}, Silenced: map[string]int{"mute.yaml": 2},
			Checks: []CheckCount{{"SM-ROT-01", 1, 0, 0, 2}},
		},
	}
	for i, name := range []string{"prod/a", "prod/b", "prod/c"} {
		f := auditFinding("SM-ROT-01", SeverityMedium, "Rotation is off: it was never rotated", testResource(testAccount, "eu-west-1", name), string('1'+rune(i)))
		if i > 0 {
			f.Suppression = &Suppression{By: "mute.yaml:7", Reason: "rotated by hand, OPS-7", Expires: "2027-01-31"}
		}
		c.findings = append(c.findings, f)
	}
	c.findings = append(c.findings, Finding{
		RuleID: "suppression-unused", Message: "Suppression of no use. Nothing was found that it would mute.", Confidence: ConfidenceHigh, Fingerprint: fingerprint("4"),
		Occurrences: []Location{{Path: "mute.yaml", Region: Region{12, 1, 12, 1}}}, Excerpt: "SM-KMS",
	})
	return c
}

func hostileAuditCase() reportCase {
	return auditCaseOf(hostile, "=cmd|' /C calc'!A0;\t@"+hostile)
}

// auditCaseOf has text wherever AWS or a rule can put some, and name in the names.
func auditCaseOf(text, name string) reportCase {
	r := Resource{name, name, typeSecret, name, name}
	return reportCase{
		name: "audit-hostile",
		run: Run{
			Tool: "assay", Version: "0.1.0", Command: "audit", Target: text,
			Rules: []Rule{{ID: text, Title: text, Text: text, Remedy: text, Severity: SeverityHigh, References: []string{"https://docs.example.com/a"}}},
			Coverage: &Coverage{
				Operations: []string{"a:" + text, text},
				Rows: []CoverageRow{
					{name, name, text, text, []CoverageCalls{{Denied: 1}, {Failed: 1}}},
					{name, "-1", statusDisabled, "", nil},
				},
			},
		},
		findings: []Finding{{
			RuleID: text, Message: text + ": " + text, Severity: SeverityHigh, Fingerprint: text,
			Occurrences: []Location{{Path: "aws/" + name, Resource: &r}},
		}},
		verdicts: []Verdict{{text, r, OutcomePass, name}, {"+" + text, r, OutcomeNotEvaluated, name}},
		notices:  []Notice{{name, errors.New(text), nil, ""}, {name + "2", errors.New(text), nil, ""}},
		summary: Summary{
			RulesActive: 1, Findings: [5]int{3: 1}, NotExamined: 2, Facts: []Fact{{text, text}}, Resources: map[string]int{"secret": 1, text: 2},
			Checks: []CheckCount{{text, 1, 1, 0, 0}, {"+" + text, 0, 0, 1, 0}},
		},
	}
}
