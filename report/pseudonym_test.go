package report

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var testPseudonymKey = []byte("a key for tests, sixteen bytes or more")

func testPseudonyms(t testing.TB, names ...string) *Pseudonyms {
	t.Helper()
	p, err := NewPseudonyms(testPseudonymKey, names)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPseudonymsInText(t *testing.T) {
	p := testPseudonyms(t, "prod/db", "rotation", "rds!db-reports", "with some blanks", "key-1")
	name, address := p.of("name", "prod/db"), func(a string) string { return p.of("address", a) }
	dana, deploy, session := p.of("name", "dana"), p.of("name", "deploy"), p.of("name", "session-1")
	for in, want := range map[string]string{
		"":                   "",
		"rotation was off":   p.of("name", "rotation") + " was off",
		"rotations were off": "rotations were off",
		`the secret "prod/db", prod/db: prod/db.`:                                 `the secret "` + name + `", ` + name + `: ` + name + `.`,
		"prod/db2 and xprod/db":                                                   "prod/db2 and xprod/db",
		"arn:aws:iam::444455556666:user/dana turned it off":                       "arn:aws:iam::444455556666:user/" + dana + " turned it off",
		"by arn:aws:iam::444455556666:user/dana.":                                 "by arn:aws:iam::444455556666:user/" + dana + ".",
		"arn:aws:iam::444455556666:root may":                                      "arn:aws:iam::444455556666:root may",
		"arn:aws:sts::444455556666:assumed-role/deploy/session-1":                 "arn:aws:sts::444455556666:assumed-role/" + deploy + "/" + session,
		"arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:prod/db-AbCdEf": "arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:" + name,
		"arn:aws:secretsmanager:eu-west-1:444455556666:secret:-AbCdEf":            "arn:aws:secretsmanager:eu-west-1:444455556666:secret:" + p.of("name", "-AbCdEf"),
		"arn:aws:s3:::acme-logs/AWSLogs/444455556666":                             "arn:aws:s3:::" + p.of("name", "acme-logs/AWSLogs/444455556666"),
		"arn:aws:sns:eu-west-1:444455556666:payroll:1234":                         "arn:aws:sns:eu-west-1:444455556666:" + p.of("name", "payroll:1234"),
		"from 203.0.113.7, 203.0.113.7:443 and 2001:db8::1":                       "from " + address("203.0.113.7") + ", " + address("203.0.113.7") + " and " + address("2001:db8::1"),
		"within 203.0.113.0/24, version 1.2.3":                                    "within " + address("203.0.113.0/24") + ", version 1.2.3",
		"AssayAudit, on 2026-10-19, at 09:00":                                     "AssayAudit, on 2026-10-19, at 09:00",
		"write to dana@example.com":                                               "write to " + address("dana@example.com"),
		"jose\u0301@example.com":                                                  address("jose\u0301@example.com"),
		"https://203.0.113.7:8443/a for root@203.0.113.7, v1.2.3.4":               "https://" + address("203.0.113.7") + ":8443/a for root@" + address("203.0.113.7") + ", v1.2.3.4",
		"dana@example.comdana@example.com":                                        address("dana@example.comdana@example.com"),
		"with some blanks is one":                                                 p.of("name", "with some blanks") + " is one",
		"rds!db-reports":                                                          p.of("name", "rds!db-reports"),
	} {
		if got := p.Text(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	id := "AIDA" + strings.Repeat("Q", 16)
	if got := p.Text("principal " + id); strings.Contains(got, id) {
		t.Errorf("an id of IAM stands: %s", got)
	}
	other, _ := NewPseudonyms([]byte("another key of sixteen bytes or more"), nil)
	if other.Name("prod/db") == name {
		t.Error("another key gives the same name")
	}
	if _, err := NewPseudonyms([]byte("short"), nil); err == nil {
		t.Error("a short key is taken")
	}
}

// What has a pseudonym keeps it, and no text breaks anything.
func TestPseudonymsAreStable(t *testing.T) {
	p := testPseudonyms(t, "prod/db", "a b")
	shapes := []string{
		"prod/db", "a b", " ", "\x00", "\xff", ".", "-", "+", "@", "%", "_", ":", "/", "1", "zz", "é", "e\u0301", "名",
		"x@y.zz", "@y.zz", "x.", "first.last+tag@mail.y-z.co", "ü@ö.example", "x@y.xn--p1ai", "x@10.0.0.1",
		"arn:aws:", "arn:aws:iam::1:role/", "arn:aws:iam::1:root", "arn:aws:s3:::", "arn:aws:secretsmanager:eu-west-1:1:secret:", "-AbCdEf",
		"10.0.0.1", "::1", "fe80::1%eth0", ":443", "/24", "[", "]", "https://", "AIDA" + strings.Repeat("Q", 16), p.of("address", "z"), p.of("name", "z"),
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.OneOf(rapid.SampledFrom(shapes), rapid.StringN(0, 5, 10))).Draw(t, "text")
		once := p.Text(strings.Join(parts, ""))
		if twice := p.Text(once); twice != once {
			t.Fatalf("%q became %q and then %q", strings.Join(parts, ""), once, twice)
		}
	})
}

// In every format, the names that a finding, a verdict and a notice have are gone, and
// everything else stays.
func TestPseudonymisedReportsNameNobody(t *testing.T) {
	c := auditCase()
	names := []string{"main", "jane", "prod/größe & more/api-key", "prod/cache", "1234abcd"}
	for i := range 7 {
		names = append(names, "app-"+string('0'+rune(i))+"/db")
	}
	c.findings[0].Suppression = &Suppression{By: "mute.yaml:1", Reason: "jane said so, from 203.0.113.7", Owner: "jane@example.com"}
	scanned := reportCase{name: "scan", run: testRun(), findings: []Finding{historyFinding()}}
	for _, f := range Formats {
		var b bytes.Buffer
		if err := c.tell(Pseudonymise(testPseudonyms(t, names...), f.New(&b))); err != nil {
			t.Fatal(err)
		}
		for _, n := range append(names[1:], "203.0.113.7", "jane@", "%C3%B6") {
			if strings.Contains(b.String(), n) {
				t.Errorf("%s holds %q", f.Name, n)
			}
		}
		if !strings.Contains(b.String(), testAccount) && f.Name != "gitlab" {
			t.Errorf("%s lost the account", f.Name)
		}
		b.Reset()
		if err := scanned.tell(Pseudonymise(testPseudonyms(t), f.New(&b))); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "Jane Doe") || strings.Contains(b.String(), "jane@example.com") {
			t.Errorf("%s names an author", f.Name)
		}
	}
}
