package audit

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// rotationChecks are those of rotation and versions.
func rotationChecks() []*Check {
	return []*Check{
		smROT01(), smROT02(), smROT03(), smROT04(), smROT05(), smROT07(), smROT08(), smROT09(), smROT10(),
		smVER01(), smVER02(), smVER03(), smVER04(),
	}
}

// Whatever a secret and its region hold, a check neither panics nor says
// nothing, and what it says is one line of printable text.
func TestRotationChecksOverAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, r := anySecret(t), anyRegion(t)
		for _, a := range r.activities {
			for i := range a {
				a[i].SecretID = s.ARN
			}
		}
		for _, c := range rotationChecks() {
			result := c.Secret(s, r)
			if result.verdict == silent {
				t.Fatalf("%s says nothing", c.ID)
			}
			if (result.Text == "") != (result.verdict == notApplicable) {
				t.Fatalf("%s gives verdict %d with the text %q", c.ID, result.verdict, result.Text)
			}
			if i := strings.IndexFunc(result.Text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Fatalf("%s says %q", c.ID, result.Text)
			}
			if nonsense.MatchString(result.Text) && !strings.Contains(result.Text, "AutomaticallyAfterDays is") {
				t.Fatalf("%s says %q", c.ID, result.Text)
			}
		}
	})
}

// A secret of which nothing is known passes no check.
func TestNoRotationCheckPassesByAbsence(t *testing.T) {
	for _, c := range rotationChecks() {
		for name, s := range map[string]*Secret{
			"empty":   {},
			"rotated": {RotationEnabled: new(true)},
			"named":   {ARN: "a", Name: "b", RotationEnabled: new(true), RotationRules: &RotationRules{}, RotationLambdaARN: "x", Stages: map[string][]string{}},
		} {
			r := &Region{Settings: Settings{Thresholds: defaultThresholds}, Now: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)}
			// That rotation is on is all that two of the checks ask.
			enough := (c.ID == "SM-ROT-01" || c.ID == "SM-ROT-10") && name != "empty"
			// The runner sees to it that the versions were asked for.
			enough = enough || c.ID == "SM-VER-04"
			if result := c.Secret(s, r); result.verdict == pass && !enough {
				t.Errorf("%s passes the %s secret: %s", c.ID, name, result.Text)
			}
		}
	}
}

// nonsense is what a fault in formatting or arithmetic leaves.
var nonsense = regexp.MustCompile(`%!| -[0-9]|\b0001-|9223372036854775`)

var hostile = []string{
	"", "a", "prod/db", "x\nPASS", "\x1b[2J", "\u202e", "=1+1", "\xff\xfe", strings.Repeat("A", 5000), `"quoted"`, "%s%d%v", "рус/секрет",
	"arn:aws:lambda:eu-central-1:111122223333:function:f", "arn:aws:lambda:", "Active", "Failed", "python3.9", "rate(1 hour)", "rate(30 days)",
	"cron(0 */1 ? * 6L *)", "cron(0 2 1 * ? *)", "3h", "999h", "rds", "eu-central-1", "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "v1", "v2",
}

func anyText(t *rapid.T, label string) string {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringOf(rapid.RuneFrom([]rune("aZ-/\\\"% \x00\n\u2028\u202eä\U0001f511")))).Draw(t, label)
}

func anyTexts(t *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 3).Draw(t, label)
}

// anyTime gives a time that an inventory can hold, or none.
func anyTime(t *rapid.T, label string) *time.Time {
	const absent = 1
	seconds := rapid.SampledFrom([]int64{
		absent, -62135596800, -1 << 33, 0, 1763715600, 1780000000, 1795251600, 1795255200, 1800000000, 253402300799,
	}).Draw(t, label)
	if seconds == absent {
		return nil
	}
	at := time.Unix(seconds, rapid.Int64Range(0, 999999999).Draw(t, label+" ns")).UTC()
	return &at
}

func anySecret(t *rapid.T) *Secret {
	s := &Secret{
		Account: "111122223333", Region: "eu-central-1", ARN: anyText(t, "arn"), Name: anyText(t, "name"),
		RotationLambdaARN: anyText(t, "lambda"), OwningService: anyText(t, "owner"), ManagedType: anyText(t, "type"),
		Created: anyTime(t, "created"), LastChanged: anyTime(t, "changed"), LastRotated: anyTime(t, "rotated"), NextRotation: anyTime(t, "next"),
		Tags: map[string]string{anyText(t, "tag"): anyText(t, "value")}, Stages: map[string][]string{anyText(t, "version"): anyTexts(t, "stages")},
	}
	if rapid.Bool().Draw(t, "rotation known") {
		s.RotationEnabled = new(rapid.Bool().Draw(t, "rotation"))
	}
	if rapid.Bool().Draw(t, "rules known") {
		s.RotationRules = &RotationRules{ScheduleExpression: anyText(t, "schedule"), Duration: anyText(t, "duration")}
		if rapid.Bool().Draw(t, "days known") {
			s.RotationRules.AutomaticallyAfterDays = new(rapid.Int64().Draw(t, "days"))
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "deleted") == 0 {
		s.Deleted = anyTime(t, "deletion")
	}
	for range rapid.IntRange(0, 4).Draw(t, "versions") {
		s.Versions = append(s.Versions, Version{ID: anyText(t, "id"), Stages: anyTexts(t, "labels"), Created: anyTime(t, "made")})
	}
	return s
}

func anyRegion(t *rapid.T) *Region {
	settings, err := Settings{Freezes: rapid.SampledFrom([][]string{nil, {"sat"}, {"2026-12-20..2027-01-05"}, {"1990-01-01..9999-12-31"}}).Draw(t, "freezes")}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	r := &Region{Settings: settings, Now: anyMoment(t, "now"), activities: map[string][]*Activity{}, functions: map[string]*Function{}}
	if rapid.Bool().Draw(t, "events read") {
		r.Events = &EventWindow{From: anyMoment(t, "from"), To: anyMoment(t, "to")}
	}
	for range rapid.IntRange(0, 3).Draw(t, "activities") {
		a := &Activity{
			Event:     rapid.SampledFrom([]string{"RotationFailed", "RotationSucceeded", "TestRotationFailed", "CancelRotateSecret", "\x00"}).Draw(t, "event"),
			Principal: anyText(t, "principal"), Error: anyText(t, "error"), Message: anyText(t, "message"),
			Count: rapid.IntRange(1, math.MaxInt32).Draw(t, "count"), First: anyMoment(t, "first"), Last: anyMoment(t, "last"),
		}
		for _, id := range hostile {
			r.activities["arn:"+id] = append(r.activities["arn:"+id], a)
			r.activities["name:"+id] = append(r.activities["name:"+id], a)
		}
	}
	for _, arn := range hostile {
		if rapid.Bool().Draw(t, "function known") {
			r.functions[arn] = anyFunction(t, arn)
		}
	}
	return r
}

func anyFunction(t *rapid.T, arn string) *Function {
	f := &Function{
		ARN: arn, NotFound: rapid.IntRange(0, 4).Draw(t, "gone") == 0, State: anyText(t, "state"), StateReason: anyText(t, "reason"),
		LastUpdateStatus: anyText(t, "update"), Runtime: anyText(t, "runtime"), VPC: anyText(t, "vpc"),
	}
	if rapid.Bool().Draw(t, "timeout known") {
		f.TimeoutSeconds = new(rapid.Int32().Draw(t, "timeout"))
	}
	if rapid.Bool().Draw(t, "endpoint known") {
		f.VPCEndpoint = new(rapid.Bool().Draw(t, "endpoint"))
	}
	return f
}

// anyMoment gives a time that the collection, or CloudTrail, sets.
func anyMoment(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.SampledFrom([]int64{1526000000, 1795251600, 1795251601, 253402300799}).Draw(t, label), 0).UTC()
}

// The severity follows how bad it is.
func TestRotationSeverities(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	settings, err := Settings{}.Merge()
	if err != nil {
		t.Fatal(err)
	}
	ago := func(days int) *time.Time { return new(now.AddDate(0, 0, -days)) }
	aged := func(days int) *Secret {
		return &Secret{Versions: []Version{{ID: "v1", Stages: []string{stageCurrent}, Created: ago(days)}}}
	}
	failed := func(event string, days int) *Activity {
		return &Activity{Event: event, SecretID: "a", Count: 1, First: *ago(days), Last: *ago(days)}
	}
	for _, c := range []struct {
		check      *Check
		secret     *Secret
		activities []*Activity
		want       report.Severity
	}{
		{smROT01(), &Secret{Name: "prod/db"}, nil, report.SeverityHigh},
		{smROT01(), &Secret{Name: "prod/token"}, nil, report.SeverityMedium},
		{smROT01(), &Secret{Name: "dev/db"}, nil, report.SeverityMedium},
		{smROT03(), aged(91), nil, report.SeverityMedium},
		{smROT03(), aged(365), nil, report.SeverityMedium},
		{smROT03(), aged(366), nil, report.SeverityHigh},
		{smROT08(), &Secret{Name: "a"}, []*Activity{failed("RotationFailed", 2)}, report.SeverityHigh},
		{smROT08(), &Secret{Name: "a"}, []*Activity{failed("RotationFailed", 2), failed("RotationSucceeded", 1)}, report.SeverityLow},
		{smROT08(), &Secret{Name: "a"}, []*Activity{failed("RotationFailed", 2), failed("RotationSucceeded", 3)}, report.SeverityHigh},
		{smROT08(), &Secret{Name: "a"}, []*Activity{failed("TestRotationFailed", 2)}, report.SeverityMedium},
	} {
		r := &Region{Now: now, Settings: settings, activities: map[string][]*Activity{activityID("a"): c.activities}}
		result := c.check.Secret(c.secret, r)
		got := c.check.Severity
		if result.Raised {
			got = result.Severity
		}
		if !result.Failed() || got != c.want {
			t.Errorf("%s: %v, %s (%s), want %s", c.check.ID, result.Failed(), got, result.Text, c.want)
		}
	}
}

func TestDeprecatedRuntimes(t *testing.T) {
	now := time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)
	for runtime, want := range map[string]bool{"nodejs20.x": true, "nodejs22.x": false, "nodejs26.x": false, "go1.x": true, "cobol1": false} {
		if _, got, known := deprecated(runtime, now); got != want || known != (runtime != "cobol1") {
			t.Errorf("%s: deprecated %v, known %v", runtime, got, known)
		}
	}
	if _, got, _ := deprecated("nodejs20.x", now.Add(-time.Second)); got {
		t.Error("nodejs20.x is deprecated a second before its day")
	}
	for name, day := range lambdaRuntimes {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:x/y-1": "arn:aws:x/y-1", "": `""`, "two words": `"two words"`, "a\nb": `"a\nb"`, "\u202e": `"\u202e"`, `a"b`: `"a\"b"`, "\xff": `"\xff"`,
	} {
		if got := shown(text); got != want {
			t.Errorf("%q is shown as %s, want %s", text, got, want)
		}
	}
	if got := shown(strings.Repeat("ä", 5000)); len(got) > maxShown+8 || !strings.HasSuffix(got, `..."`) {
		t.Errorf("a long text is shown with %d bytes", len(got))
	}
}

func TestMostInADay(t *testing.T) {
	at := func(hours ...int) (list []Version) {
		for i, h := range hours {
			list = append(list, Version{ID: fmt.Sprint(i), Created: new(time.Date(2026, 1, 1, h, 0, 0, 0, time.UTC))})
		}
		slices.Reverse(list)
		return append(list, Version{ID: "undated"})
	}
	for _, c := range []struct {
		list []Version
		most int
		from int // hour
	}{{at(0, 10, 23), 3, 0}, {at(0, 10, 24, 30, 33), 4, 10}, {at(0, 24, 48), 1, 0}, {nil, 0, 0}} {
		most, from := mostInADay(c.list, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
		if most != c.most || most > 0 && from.Hour() != c.from {
			t.Errorf("most %d from %s, want %d from hour %d", most, from, c.most, c.from)
		}
	}
}
