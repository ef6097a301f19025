package fakeaws

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// replacePolicy is the strike of a fault that gives every resource, key and
// function that can be asked for its policy this one.
func replacePolicy(policy func(action string) string) func(*hit) bool {
	return func(h *hit) bool {
		return h.rewrite(func(members map[string]any) {
			switch h.r.Service {
			case "secretsmanager":
				members["ResourcePolicy"] = policy("secretsmanager:GetSecretValue")
			case "kms":
				members["Policy"] = policy("kms:Decrypt")
			default:
				members["Policy"] = policy("lambda:InvokeFunction")
			}
		})
	}
}

// statement returns a policy of one statement whose effect, principal and
// the rest are as given.
func statement(version, members string) func(action string) string {
	return func(action string) string {
		return fmt.Sprintf(`{"Version":%q,"Statement":[{"Sid":"Odd",%s,"Action":%q,"Resource":"*"}]}`, version, members, action)
	}
}

// policyVersion is the version of the policy language that all policies of
// today are written in.
const policyVersion = "2012-10-17"

// largePolicy has one megabyte of statements, the last of which makes it
// public.
func largePolicy(action string) string {
	var b strings.Builder
	b.WriteString(`{"Version":"` + policyVersion + `","Statement":[`)
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, `{"Sid":"S%d","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%012d:root"},"Action":%q,"Resource":"*"},`, i, i, action)
	}
	fmt.Fprintf(&b, `{"Effect":"Allow","Principal":"*","Action":%q,"Resource":"*"}]}`, action)
	return b.String()
}

// doubledPolicy says everything twice, the second time otherwise.
func doubledPolicy(action string) string {
	return `{"Version":"2008-10-17","Version":"` + policyVersion + `","Statement":[],"Statement":[{"Effect":"Deny","Effect":"Allow",` +
		`"Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Principal":"*","Action":"` + action + `","Resource":"*"}]}`
}

// deepPolicy nests its condition deeper than a parser should follow.
func deepPolicy(action string) string {
	const depth = 50_000
	nested := strings.Repeat(`{"StringEquals":`, depth) + `"x"` + strings.Repeat("}", depth)
	return statement(policyVersion, `"Effect":"Allow","Principal":"*","Condition":`+nested)(action)
}

func fixedPolicy(text string) func(string) string { return func(string) string { return text } }

// changeSecrets is the strike of a fault that changes how secrets are
// described.
func changeSecrets(change func(h *hit, secret map[string]any)) func(*hit) bool {
	return func(h *hit) bool {
		return h.rewrite(func(members map[string]any) {
			for _, secret := range secrets(h.r.Operation, members) {
				change(h, secret)
			}
		})
	}
}

// bare leaves a secret nothing but what tells which one it is.
func bare(_ *hit, secret map[string]any) {
	maps.DeleteFunc(secret, func(name string, _ any) bool { return name != "ARN" && name != "Name" })
}

// nameless leaves a secret not even that.
func nameless(_ *hit, secret map[string]any) { clear(secret) }

// dateMembers are the dates that a secret can have.
var dateMembers = []string{
	"CreatedDate", "DeletedDate", "LastAccessedDate", "LastChangedDate", "LastRotatedDate", "NextRotationDate",
}

// redate returns a change that moves all dates of a secret and of its
// versions to this time; a deletion that was not planned stays unplanned.
func redate(at func(*hit) time.Time) func(*hit) bool {
	return func(h *hit) bool {
		seconds := json.Number(strconv.FormatInt(at(h).Unix(), 10))
		return h.rewrite(func(members map[string]any) {
			dated := append(secrets(h.r.Operation, members), listOf(members, "Versions")...)
			for _, object := range dated {
				for _, name := range dateMembers {
					if object[name] != nil || name != "DeletedDate" {
						object[name] = seconds
					}
				}
			}
		})
	}
}

func fixedTime(t time.Time) func(*hit) time.Time { return func(*hit) time.Time { return t } }

// inTenYears is after everything that the story can know.
func inTenYears(h *hit) time.Time { return h.cloud.Clock.Now().AddDate(10, 0, 0) }

// negative turns every count of the answer around, and gives secrets
// rotation rules with negative intervals.
func negative(h *hit) bool {
	return h.rewrite(func(members map[string]any) {
		walk(members, func(name string, value any) any {
			number, ok := value.(json.Number)
			if !ok || strings.HasSuffix(name, "Date") || strings.HasSuffix(name, "Time") || strings.HasPrefix(string(number), "-") {
				return value
			}
			return "-" + number
		})
		for _, secret := range secrets(h.r.Operation, members) {
			secret["RotationEnabled"] = true
			secret["RotationRules"] = map[string]any{
				"AutomaticallyAfterDays": json.Number("-30"), "Duration": "-3h", "ScheduleExpression": "rate(-30 days)",
			}
		}
	})
}

// dropStages leaves versions without labels.
func dropStages(h *hit) bool {
	return h.rewrite(func(members map[string]any) {
		for _, secret := range secrets(h.r.Operation, members) {
			for _, name := range []string{"VersionIdsToStages", "SecretVersionsToStages"} {
				stages, _ := secret[name].(map[string]any)
				for version := range stages {
					stages[version] = []any{}
				}
			}
		}
		for _, version := range listOf(members, "Versions") {
			delete(version, "VersionStages")
		}
	})
}

// currentTwice gives every version the label AWSCURRENT, and a secret of
// one version another that has it too.
func currentTwice(h *hit) bool {
	const second = "00000000-0000-4000-8000-00000000c0de"
	current := func() any { return []any{"AWSCURRENT"} }
	return h.rewrite(func(members map[string]any) {
		for _, secret := range secrets(h.r.Operation, members) {
			for _, name := range []string{"VersionIdsToStages", "SecretVersionsToStages"} {
				stages, ok := secret[name].(map[string]any)
				if !ok {
					continue
				}
				stages[second] = current()
				for version := range stages {
					stages[version] = current()
				}
			}
		}
		versions, ok := members["Versions"].([]any)
		if !ok {
			return
		}
		members["Versions"] = append(slices.Clip(versions), map[string]any{"VersionId": second})
		for _, version := range listOf(members, "Versions") {
			version["VersionStages"] = current()
		}
	})
}
