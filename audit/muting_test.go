package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/report"
)

// mutelistOf is a mutelist with entries of an account, each given as the name of a
// check and what stands below it.
func mutelistOf(account string, entries ...string) string {
	text := "Mutelist:\n  Accounts:\n    \"" + account + "\":\n      Checks:\n"
	for _, e := range entries {
		name, rest, _ := strings.Cut(e, "|")
		text += fmt.Sprintf("        %q: {%s}\n", name, rest)
	}
	return text
}

// muted tells a handler of a finding of the check SM-ROT-01 in a region about a
// secret, and returns what came out.
func muted(t *testing.T, list, today, secret string) (f report.Finding, own []report.Finding, s report.Summary) {
	t.Helper()
	m, err := ParseMutelist("mute.yaml", []byte(list))
	if err != nil {
		t.Fatalf("%v:\n%s", err, list)
	}
	var out report.List
	h := Muting(MuteOptions{List: m, Today: today, Active: Checks(), Whole: true}, &out)
	if err := h.Begin(report.Run{Coverage: &report.Coverage{Rows: []report.CoverageRow{{Account: testAccount, Region: "eu-west-1"}}}}); err != nil {
		t.Fatal(err)
	}
	r := report.Resource{ARN: "arn:aws:secretsmanager:eu-west-1:" + testAccount + ":secret:" + secret + "-AbCdEf", Name: secret, Account: testAccount, Region: "eu-west-1"}
	one := report.Finding{RuleID: "SM-ROT-01", Message: "x", Occurrences: []report.Location{{Path: "p", Resource: &r}}}
	if err := h.Finding(one); err != nil {
		t.Fatal(err)
	}
	if err := h.End(report.Summary{Checks: []report.CheckCount{{ID: "SM-ROT-01", Failed: 3}}}); err != nil {
		t.Fatal(err)
	}
	return out.Findings[0], out.Findings[1:], out.Summary
}

// What an entry mutes, in the ways in which people write them for Prowler.
func TestMuting(t *testing.T) {
	const all = `Regions: ["*"], Resources: ["*"]`
	tests := []struct {
		list   string
		secret string
		line   int      // of the entry that mutes, 0 for none
		own    []string // what is said of the list
	}{
		{mutelistOf(testAccount, "SM-ROT-01|"+all), "a", 5, nil},
		{mutelistOf("*", "SM-ROT-01|"+all), "a", 5, nil},
		{mutelistOf("999999999999", "SM-ROT-01|"+all), "a", 0, nil},
		{mutelistOf("*", "secretsmanager_automatic_rotation_enabled|"+all), "a", 5, nil},
		{mutelistOf("*", "secretsmanager_*|"+all), "a", 5, nil},
		{mutelistOf("*", "*rotation*|"+all), "a", 5, nil},
		{mutelistOf("*", "SM-ROT-02|"+all), "a", 0, []string{"suppression-unused"}},
		{mutelistOf("*", "ec2_ebs_volume_encryption|"+all), "a", 0, nil}, // not about us
		{mutelistOf("*", "*|"+all), "a", 5, []string{"suppression-too-wide"}},
		{mutelistOf("*", `SM-ROT-01|Regions: ["eu-west-1"], Resources: ["^prod/"]`), "prod/a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|Regions: ["us-east-1"], Resources: ["^prod/"]`), "prod/a", 0, []string{"suppression-unused"}},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["^prod/"]`), "dev/prod/a", 0, []string{"suppression-unused"}},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["arn:aws:.*:secret:prod/a-......$"]`), "prod/a", 5, nil}, // by its ARN
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["^arn:aws:.*:secret:prod/"]`), "prod/a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["secret"]`), "prod/a", 0, []string{"suppression-unused"}}, // which every ARN holds
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["secret"]`), "prod/secret", 5, nil},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["^a"]`), "prod/a", 0, []string{"suppression-unused"}}, // the name is the whole of it
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Resources: ["aws"]}`), "a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: [x, "prod"]`), "prod/a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|Regions: [], Resources: ["*"]`), "a", 0, []string{"suppression-unused"}},
		// Exceptions take out of this entry and of those that follow.
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Resources: ["^prod/"]}`, "SM-ROT|"+all), "prod/a", 0, []string{"suppression-unused", "suppression-unused"}},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Resources: ["^prod/"]}`), "dev/a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Accounts: ["999999999999"], Resources: ["^prod/"]}`), "prod/a", 5, nil}, // both must hold
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Accounts: ["`+testAccount+`"], Regions: [], Resources: }`), "a", 0, []string{"suppression-unused"}},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {}`), "a", 5, nil},
		{mutelistOf("*", "SM-ROT|"+all, `SM-ROT-01|`+all+`, Exceptions: {Resources: ["^prod/"]}`), "prod/a", 5, []string{"suppression-unused"}}, // what mutes first counts
		// The owner of a resource sets its tags.
		{mutelistOf("*", `SM-ROT-01|`+all+`, Tags: ["muted=true"]`), "a", 0, []string{"suppression-refused"}},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Tags: ["*"]`), "a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Tags: ["env=prod"]}`), "a", 0, []string{"suppression-refused"}},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Tags: ["env=prod"]}`, "SM-ROT|"+all), "a", 0, []string{"suppression-refused", "suppression-unused"}},
		{mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["(?!prod)"]`), "a", 0, []string{"suppression-refused"}},
		{mutelistOf("*", `ec2_x|`+all+`, Tags: ["a=b"]`), "a", 0, nil},
		// Days.
		{mutelistOf("*", `SM-ROT-01|`+all+`, Expires: 2026-11-20, Reason: x`), "a", 0, []string{"suppression-expired"}},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Expires: 2026-11-21`), "a", 5, nil},
		{mutelistOf("*", `SM-ROT-01|`+all+`, Description: "by hand expires=2026-11-20"`), "a", 0, []string{"suppression-expired"}},
		{mutelistOf("*", `SM-ROT-02|`+all+`, Expires: 2026-11-20`), "a", 0, []string{"suppression-expired"}},
	}
	for _, test := range tests {
		f, own, s := muted(t, test.list, "2026-11-21", test.secret)
		by := ""
		if test.line > 0 {
			by = fmt.Sprintf("mute.yaml:%d", test.line)
		}
		if got := f.Suppression; (got == nil) != (by == "") || got != nil && got.By != by {
			t.Errorf("%sof %s: %+v, want %q", test.list, test.secret, got, by)
		}
		var ids []string
		for _, o := range own {
			ids = append(ids, o.RuleID)
		}
		if diff := cmp.Diff(test.own, ids); diff != "" {
			t.Errorf("%s(-want +got):\n%s", test.list, diff)
		}
		want := report.CheckCount{ID: "SM-ROT-01", Failed: 3}
		if by != "" {
			want.Failed, want.Suppressed = 2, 1
		}
		if s.Checks[0] != want || s.Silenced["mute.yaml"] != want.Suppressed {
			t.Errorf("%sthe summary counts %+v, %v", test.list, s.Checks, s.Silenced)
		}
	}
}

// Some resources have an id beside their name: either may be in a mutelist.
func TestMutingByID(t *testing.T) {
	const arn = "arn:aws:ec2:eu-west-1:111122223333:"
	tests := []struct {
		pattern, name, arn string
		want               bool
	}{
		{"^lt-1$", "web", arn + "launch-template/lt-1", true},
		{"^web$", "web", arn + "launch-template/lt-1", true},
		{"launch", "web", arn + "launch-template/lt-1", false},
		{"^arn:aws:ec2:", "web", arn + "launch-template/lt-1", true},
		{"*", "web", arn + "launch-template/lt-1", true},
		{"^password", "/db/password", arn + "parameter/db/password", false},
		{"^prod", "api/prod", arn + "/restapis/x/stages/prod", false},
		{"^1$", "s", "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1", true},
		{"^f$", "", "arn:aws:lambda:eu-west-1:111122223333:function:f", true},
	}
	for _, test := range tests {
		m, err := ParseMutelist("m", []byte(mutelistOf("*", `"*"|Regions: ["*"], Resources: ["`+test.pattern+`"]`)))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.entries[0].resources.matchResource(subjectOf("SM-ROT-01", &report.Resource{Name: test.name, ARN: test.arn})); got != test.want {
			t.Errorf("%s matches %s of %s: %v", test.pattern, test.name, test.arn, got)
		}
	}
}

func TestMutingSaysWhy(t *testing.T) {
	for entry, want := range map[string]report.Suppression{
		`Reason: "by hand", Expires: 2027-01-31`:                     {By: "mute.yaml:5", Reason: "by hand", Expires: "2027-01-31"},
		`Description: "by hand, expires=2027-01-31; OPS-7"`:          {By: "mute.yaml:5", Reason: "by hand, OPS-7", Expires: "2027-01-31"},
		`Description: "expires=2027-01-31 x", Expires: "2028-01-31"`: {By: "mute.yaml:5", Reason: "expires=2027-01-31 x", Expires: "2028-01-31"},
		`Tags: `: {By: "mute.yaml:5", Reason: "no reason is given"},
	} {
		f, _, _ := muted(t, mutelistOf("*", `SM-ROT-01|Regions: ["*"], Resources: ["*"], `+entry), "2026-11-21", "a")
		if f.Suppression == nil || *f.Suppression != want {
			t.Errorf("%s: %+v, want %+v", entry, f.Suppression, want)
		}
	}
}

func TestParseMutelistRefuses(t *testing.T) {
	entry := func(text string) string { return mutelistOf("*", "SM-ROT-01|"+text) }
	many := "Mutelist: {Accounts: {\"*\": &a {Checks: {"
	for i := range 3000 {
		many += fmt.Sprintf("c%d: {Regions: [], Resources: []}, ", i)
	}
	many += "}}"
	for i := range 5 {
		many += fmt.Sprintf(", \"00000000000%d\": *a", i)
	}
	for text, want := range map[string]string{
		"":                         "mute.yaml:1: there is nothing in it",
		"x: [":                     "mute.yaml: it is no YAML",
		"[]":                       "mute.yaml:1: it should be a mapping",
		"Allowlist: {}":            "mute.yaml:1: there is no Mutelist:",
		"Mutelist:\n  Checks: {}":  "mute.yaml:2: Mutelist has Accounts:",
		"Mutelist: {Accounts: []}": "mute.yaml:1: it should be a mapping",
		"Mutelist: {Accounts: {\"*\": {Check: {}}}}":                                              "mute.yaml:1: an account has Checks:",
		entry(`Regions: ["*"]`):                                                                   "mute.yaml:5: an entry needs Regions and Resources",
		entry(`Regions: "*", Resources: ["*"]`):                                                   "mute.yaml:5: it should be a list",
		entry(`Regions: [{}], Resources: ["*"]`):                                                  "mute.yaml:5: it should be a text",
		entry(`Regions: [], Resources: [], Who: me`):                                              "mute.yaml:5: an entry has Regions",
		entry(`Regions: [], Regions: []`):                                                         "mute.yaml:5: an entry needs Regions and Resources",
		entry(`Regions: [], Resources: [], Description: "` + strings.Repeat("long ", 1000) + `"`): "mute.yaml:5: a text is longer than",
		entry(`Regions: [], Resources: []`) + "---\n{}\n":                                         "mute.yaml: a second document",
		entry(`Regions: [], Resources: []`) + "---\n: [\n":                                        "mute.yaml: it is no YAML",
		"a: &a {<<: *a}\nMutelist: *a":                                                            "mute.yaml:1: mappings are merged more than",
		mergeBomb(12, 12):                                                                         "mute.yaml:1: more than 500000 keys and items",
		aliasBomb(2000, 2000):                                                                     "mute.yaml:1: more than 50000 patterns in all",
		entry(`Regions: [` + hugePatterns(2000) + `], Resources: []`):                             "mute.yaml:5: the patterns together are longer",
		entry(`Regions: [], Resources: [], Expires: soon`):                                        "mute.yaml:5: Expires is no day",
		entry(`Regions: [], Resources: [], Exceptions: {Checks: []}`):                             "mute.yaml:5: exceptions are",
		many + "}}": "mute.yaml:1: more than 10000 entries",
	} {
		if _, err := ParseMutelist("mute.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.200s: %v, want %s", text, err, want)
		}
	}
	if m, err := ParseMutelist("mute.yaml", []byte("Mutelist: {Accounts: {\"*\": {Checks: }}}")); err != nil || len(m.entries) != 0 {
		t.Errorf("a list without checks: %v", err)
	}
}

// mergeBomb is a short list whose mappings, merged, have width to the power of depth
// members.
func mergeBomb(depth, width int) string {
	text := "x0: &x0 {a: b}\n"
	for i := 1; i < depth; i++ {
		text += fmt.Sprintf("x%d: &x%d {<<: [%s]}\n", i, i, strings.Repeat(fmt.Sprintf("*x%d, ", i-1), width))
	}
	return text + fmt.Sprintf("Mutelist: *x%d\n", depth-1)
}

// aliasBomb is a list of entries that all have the same patterns.
func aliasBomb(entries, patterns int) string {
	text := "x: &x {Regions: [], Resources: &r [" + strings.Repeat("a, ", patterns) + "]}\nMutelist:\n  Accounts: {\"*\": {Checks: {"
	for i := range entries {
		text += fmt.Sprintf("c%d: *x, ", i)
	}
	return text + "}}}\n"
}

// hugePatterns are short and long when they are written out.
func hugePatterns(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"a{1000}%d"`, i))
	}
	return strings.Join(list, ", ")
}

// A list as people hand it from one to another: keys that stand there twice, other
// clouds, anchors. Prowler takes the last of two keys, and so does this.
func TestMutelistAsProwlerReadsIt(t *testing.T) {
	const all = `Regions: ["*"], Resources: ["*"]`
	tests := []struct {
		name, list string
		by         string
		own        []string
	}{
		{"an account twice", "Mutelist:\n Accounts:\n  \"*\": {Checks: {SM-ROT-01: {" + all + "}}}\n  \"*\": {Checks: {SM-ROT-02: {" + all + "}}}\n",
			"", []string{"4 suppression-unused", "3 suppression-refused"}},
		{"a check twice", "Mutelist:\n Accounts:\n  \"*\":\n   Checks:\n    SM-ROT-01: {Regions: [], Resources: []}\n    SM-ROT-01: {" + all + "}\n",
			"mute.yaml:6", []string{"5 suppression-refused"}},
		{"its exceptions count no more", "Mutelist:\n Accounts:\n  \"*\":\n   Checks:\n    SM-ROT-01: {" + all + ", Exceptions: {Resources: [a]}}\n    SM-ROT-01: {" + all + "}\n",
			"mute.yaml:6", []string{"5 suppression-refused"}},
		{"Regions twice", mutelistOf("*", `SM-ROT-01|Regions: [], `+all), "mute.yaml:5", []string{"5 suppression-refused"}},
		{"twice in exceptions", mutelistOf("*", `SM-ROT-01|`+all+`, Exceptions: {Resources: [a], Resources: [b]}`), "mute.yaml:5", []string{"5 suppression-refused"}},
		{"Checks twice", "Mutelist:\n Accounts:\n  \"*\":\n   Checks: {SM-ROT-02: {" + all + "}}\n   Checks: {SM-ROT-01: {" + all + "}}\n",
			"mute.yaml:5", []string{"4 suppression-refused"}},
		{"Mutelist twice", mutelistOf("*", "SM-ROT-02|"+all) + mutelistOf("*", "SM-ROT-01|"+all), "mute.yaml:10", []string{"5 suppression-refused"}},
		{"twice for another account", "Mutelist:\n Accounts:\n  \"999999999999\": {Checks: {}}\n  \"999999999999\": {Checks: {}}\n", "", nil},
		{"other clouds", "Mutelist:\n Accounts:\n  my-project: {Checks: {SM-ROT-01: {Regions: x}}}\n  \"*\": {Checks: {SM-ROT-01: {" + all + "}}}\nSlack: {a: [b]}\n",
			"mute.yaml:4", nil},
		{"merged", "d: &d {" + all + ", Description: by hand}\nMutelist:\n Accounts:\n  \"*\":\n   Checks:\n    SM-ROT-01:\n     <<: *d\n", "mute.yaml:6", nil},
		{"what stands there overrules", "d: &d {" + all + "}\nMutelist:\n Accounts:\n  \"*\":\n   Checks:\n    SM-ROT-01: {Resources: [b], <<: *d}\n",
			"", []string{"6 suppression-unused"}},
		{"the first of several", "d: &d {" + all + "}\ne: &e {Resources: [b]}\nMutelist:\n Accounts:\n  \"*\":\n   Checks:\n    SM-ROT-01: {<<: [*d, *e]}\n",
			"mute.yaml:7", nil},
		{"one that is no merge", mutelistOf("*", `"<<"|`+all), "", nil},
	}
	for _, test := range tests {
		f, own, _ := muted(t, test.list, "2026-11-21", "a")
		by := ""
		if f.Suppression != nil {
			by = f.Suppression.By
		}
		var got []string
		for _, o := range own {
			got = append(got, fmt.Sprintf("%d %s", o.Occurrences[0].Region.StartLine, o.RuleID))
		}
		if diff := cmp.Diff(test.own, got); by != test.by || diff != "" {
			t.Errorf("%s: muted by %q, want %q; (-want +got):\n%s", test.name, by, test.by, diff)
		}
	}
}

// Names of checks that a list may use belong to checks that there are.
func TestProwlerChecksAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Checks() {
		known[c.ID] = true
	}
	for id := range prowlerChecks {
		if !known[id] {
			t.Errorf("there is no check %s", id)
		}
	}
	if f, _, _ := muted(t, mutelistOf("*", `lambda_function_no_secrets|Regions: ["*"], Resources: ["*"]`), "2026-11-21", "a"); f.Suppression != nil {
		t.Error("a name of another check mutes")
	}
}

func FuzzParseMutelist(f *testing.F) {
	for _, seed := range []string{"", mutelistOf("*", `SM-*|Regions: ["*"], Resources: ["^a"], Exceptions: {Tags: [a]}, Expires: 2027-01-31`), "Mutelist: &a {Accounts: *a}", "a: &a [*a]", "a: &a {<<: [*a, *a]}\nMutelist: *a", "Mutelist: {Accounts: {\"*\": {Checks: {<<: {a: {Regions: [], Regions: []}}}}}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMutelist("m", []byte(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("the error has more than a line: %q", err)
			}
			return
		}
		h := &muting{MuteOptions: MuteOptions{List: m}, met: map[*muteEntry]int{}}
		h.suppressing(muteSubject{account: testAccount, region: "eu-west-1", checks: []string{"SM-ROT-01"}, names: []string{"a"}})
	})
}
