package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assayhq/assay/report"
)

// A frameworkRow is a framework as far as it is about how credentials are kept. The
// titles are words of ours; the document has its own.
type frameworkRow struct {
	id, title, url, note string
	// prefixes are what stands before the slash in Controls of checks. Numbers of
	// an edition that a later one kept count for the later one too.
	prefixes []string
	controls []controlRow
}

// A controlRow is a control of a framework.
type controlRow struct {
	id, title string
	// gap says what of it no check looks at. A control with a gap is listed
	// whether a check supports it or not; one without only if a check names it.
	gap string
}

// Frameworks returns every framework that is known, sorted by id, with the checks
// that support each of its controls.
func Frameworks() []report.Framework {
	checks := Checks()
	var list []report.Framework
	for _, row := range frameworkRows() {
		list = append(list, row.framework(checks))
	}
	slices.SortFunc(list, func(a, b report.Framework) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// FrameworksNamed returns the frameworks with these ids, in any case, each once.
func FrameworksNamed(ids []string) ([]report.Framework, error) {
	all := Frameworks()
	var list []report.Framework
	for _, id := range ids {
		same := func(f report.Framework) bool { return strings.EqualFold(f.ID, id) }
		i := slices.IndexFunc(all, same)
		if i < 0 {
			return nil, fmt.Errorf("there is no framework %q, use one of: %s", id, strings.Join(frameworkIDs(all), ", "))
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, all[i])
		}
	}
	return list, nil
}

func frameworkIDs(list []report.Framework) []string {
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	return ids
}

// SupportsAny reports whether a check supports a control of one of frameworks.
func (c *Check) SupportsAny(frameworks []report.Framework) bool {
	return slices.ContainsFunc(frameworks, func(f report.Framework) bool {
		return slices.ContainsFunc(f.Controls, func(control report.Control) bool { return slices.Contains(control.Checks, c.ID) })
	})
}

func (row frameworkRow) framework(checks []*Check) report.Framework {
	by := map[string][]string{} // ids of checks by that of the control
	for _, c := range checks {
		for _, name := range c.Controls {
			prefix, id, _ := strings.Cut(name, "/")
			if slices.Contains(row.prefixes, prefix) && !slices.Contains(by[id], c.ID) {
				by[id] = append(by[id], c.ID)
			}
		}
	}
	f := report.Framework{ID: row.id, Title: row.title, URL: row.url, Note: row.note}
	for _, c := range row.controls {
		if by[c.id] != nil || c.gap != "" {
			f.Controls = append(f.Controls, report.Control{ID: c.id, Title: c.title, Checks: by[c.id], Gap: c.gap})
		}
	}
	return f
}

// Gaps that several frameworks share.
const (
	gapValues   = "assay never reads a value, so it cannot say how strong or how old a password is beyond its version's date"
	gapReaders  = "who may read anything but secrets is not evaluated"
	gapKeys     = "access keys are looked at only of users that can read secrets"
	gapAnalyzer = "whether IAM Access Analyzer is on is not asked"
	gapAlarms   = "alarms are looked at only as far as they tell of secrets"
	gapPeople   = "how people sign in is not looked at"
	gapTransit  = "Secrets Manager answers over TLS alone; what an application does with a value afterwards is not seen"
	gapIncident = "what people do about a finding is not seen"
	gapLogKept  = "how long a trail's files are kept, and who may change them, is not asked"
	gapFiles    = "credentials in files and history are what assay scan finds; its reports stand apart"
)

func frameworkRows() []frameworkRow {
	return slices.Concat([]frameworkRow{nist80053(), pciDSS(), soc2(), hipaa(), fsbp(), iso27001(), nis2(), cisa(), mitreAttack()}, cisAWS())
}

func fsbp() frameworkRow {
	return frameworkRow{
		id: "fsbp", title: "AWS Foundational Security Best Practices",
		url:      "https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html",
		note:     "Security Hub evaluates these controls itself; the checks look at more than it does, and may differ.",
		prefixes: []string{"FSBP"},
		controls: []controlRow{
			{"CloudTrail.1", "A trail of all regions records management events", ""},
			{"CodeBuild.1", "Sources of CodeBuild hold no credentials", ""},
			{"CodeBuild.2", "Environments of CodeBuild hold no credentials", ""},
			{"ECS.8", "Environments of containers hold no credentials", ""},
			{"IAM.3", "Access keys are changed every 90 days", gapKeys},
			{"KMS.1", "Customer managed policies allow no decryption with all keys", gapReaders},
			{"KMS.2", "Inline policies allow no decryption with all keys", gapReaders},
			{"KMS.3", "Keys are not deleted by accident", ""},
			{"KMS.4", "Material of keys is changed", ""},
			{"KMS.5", "Keys are not public", ""},
			{"SecretsManager.1", "Secrets rotate automatically", ""},
			{"SecretsManager.2", "Secrets rotate when they should", ""},
			{"SecretsManager.3", "Unused secrets are removed", ""},
			{"SecretsManager.4", "Secrets are rotated within so many days", ""},
			{"SecretsManager.5", "Secrets carry tags", ""},
		},
	}
}

// cisAWS is every edition of the CIS AWS Foundations Benchmark since 1.4. The
// numbers moved from one to the next.
func cisAWS() []frameworkRow {
	var rows []frameworkRow
	for _, e := range []struct{ version, trail, key, alarm, analyzer, accessKeys, public string }{
		{"1.4", "3.1", "3.8", "4.1", "1.20", "1.14", ""},
		{"1.5", "3.1", "3.8", "4.1", "1.20", "1.14", ""},
		{"2.0", "3.1", "3.8", "4.1", "1.20", "1.14", ""},
		{"3.0", "3.1", "3.6", "4.1", "1.20", "1.14", ""},
		{"4.0", "3.1", "3.6", "4.1", "1.20", "1.14", ""},
		{"5.0", "3.1", "3.6", "4.1", "1.19", "1.13", ""},
		{"6.0", "4.1", "4.6", "5.1", "2.19", "2.13", ""},
		{"7.0", "4.1", "4.6", "5.1", "2.18", "2.12", "2.21"},
	} {
		row := frameworkRow{
			id: "cis-aws-" + e.version, title: "CIS AWS Foundations Benchmark " + e.version, url: "https://www.cisecurity.org/benchmark/amazon_web_services",
			note: "It recommends nothing about the rotation of secrets.", prefixes: []string{"CIS-AWS-" + e.version},
			controls: []controlRow{
				{e.accessKeys, "Access keys are changed every 90 days", gapKeys},
				{e.analyzer, "IAM Access Analyzer is on", gapAnalyzer},
			},
		}
		if e.public != "" {
			row.controls = append(row.controls, controlRow{e.public, "Resources are not public", ""})
		}
		row.controls = append(row.controls,
			controlRow{e.trail, "A trail of all regions records management events", ""},
			controlRow{e.key, "Material of customer keys is changed", ""},
			controlRow{e.alarm, "An alarm tells of calls that were not authorised", gapAlarms})
		rows = append(rows, row)
	}
	return rows
}

func soc2() frameworkRow {
	return frameworkRow{
		id: "soc2", title: "SOC 2, Trust Services Criteria 2017", url: "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
		prefixes: []string{"SOC2"},
		controls: []controlRow{
			{"CC6.1", "Access to information is restricted by logical means", gapReaders},
			{"CC6.2", "Who gets credentials is registered and authorised first", gapPeople},
			{"CC6.3", "Access follows roles, least privilege and separate duties", gapReaders},
			{"CC6.6", "Access from outside the boundaries is protected against", "networks and endpoints are not looked at"},
			{"CC6.7", "Information is protected while it is sent", gapTransit},
			{"CC7.2", "Systems are watched for what is not normal", gapAlarms},
			{"CC7.3", "Security events are evaluated", gapIncident},
			{"PI1.5", "What is stored is kept completely and accurately", "the integrity of stored data is not looked at"},
		},
	}
}

func hipaa() frameworkRow {
	return frameworkRow{
		id: "hipaa", title: "HIPAA Security Rule, 45 CFR 164", url: "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C",
		prefixes: []string{"HIPAA"},
		controls: []controlRow{
			{"164.308(a)(1)(ii)(D)", "Records of activity are reviewed", ""},
			{"164.308(a)(3)(ii)(A)", "Who works with protected data is authorised or supervised", gapReaders},
			{"164.308(a)(4)(ii)(C)", "Access is established, reviewed and changed", ""},
			{"164.308(a)(5)(ii)(C)", "Attempts to sign in are watched", gapPeople},
			{"164.308(a)(5)(ii)(D)", "Passwords are created, changed and guarded", gapValues},
			{"164.308(a)(6)(ii)", "Incidents are answered and documented", gapIncident},
			{"164.312(a)(2)(i)", "Every user has a name or number of their own", gapPeople},
			{"164.312(a)(2)(iv)", "Protected data is encrypted and decrypted", ""},
			{"164.312(b)", "Activity is recorded and can be examined", ""},
			{"164.312(d)", "Who asks for access is who they say", gapPeople},
			{"164.312(e)(2)(ii)", "Data is encrypted while it is sent", gapTransit},
		},
	}
}

func nis2() frameworkRow {
	return frameworkRow{
		id: "nis2", title: "NIS2, Implementing Regulation (EU) 2024/2690", url: "https://eur-lex.europa.eu/eli/reg_impl/2024/2690/oj",
		prefixes: []string{"NIS2"},
		controls: []controlRow{
			{"3.2.3", "Logs hold what matters, access above all", gapLogKept},
			{"9.2.c.iv", "How keys are stored, and who gets at them, is laid down", ""},
			{"11.6.2.c", "Credentials are changed at first, at intervals and when they may be known", gapValues},
			{"11.7.1", "Users are authenticated by several factors where it matters", gapPeople},
		},
	}
}

func cisa() frameworkRow {
	return frameworkRow{
		id: "cisa", title: "CISA Cyber Essentials", url: "https://www.cisa.gov/resources-tools/resources/cyber-essentials",
		prefixes: []string{"CISA"},
		controls: []controlRow{
			{"your-systems-3", "Systems are configured securely, and kept so", ""},
		},
	}
}

func mitreAttack() frameworkRow {
	return frameworkRow{
		id: "mitre-attack", title: "MITRE ATT&CK", url: "https://attack.mitre.org/",
		note:     "Techniques of attackers, and not controls: a check that passes takes one way from them.",
		prefixes: []string{"MITRE-ATT&CK"},
		controls: []controlRow{
			{"T1078.004", "Valid accounts: of the cloud", gapKeys},
			{"T1552", "Unsecured credentials", ""},
			{"T1552.001", "Unsecured credentials: in files", gapFiles},
			{"T1555.006", "Credentials from password stores: secrets of the cloud", "reads of many secrets at once are not looked for"},
		},
	}
}
