package fakeaws

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// hostile: the text stands in what can be typed, and naming a secret by the
// hostile name works.
func hostile(text string) func(*lab) {
	return func(l *lab) {
		readsRight(l)
		got, err := l.describe(0)
		if err != nil {
			l.t.Fatal(err)
		}
		tag := got.Tags[len(got.Tags)-1]
		for _, field := range []*string{got.Name, got.Description, tag.Key, tag.Value} {
			// Some versions of the SDK replace what is no UTF-8.
			if s := aws.ToString(field); !strings.HasSuffix(s, text) && !strings.HasSuffix(s, string([]rune(text))) {
				l.t.Errorf("%q does not end in %q", aws.ToString(field), text)
			}
		}
		if strings.Contains(aws.ToString(got.ARN), "\x1b") || strings.Contains(aws.ToString(got.ARN), stand) {
			l.t.Errorf("ARN %q", *got.ARN)
		}
		again, err := l.secrets().DescribeSecret(l.ctx(), &secretsmanager.DescribeSecretInput{SecretId: got.Name})
		if err != nil || aws.ToString(again.ARN) != aws.ToString(got.ARN) {
			l.t.Errorf("asked by its hostile name: %v", err)
		}
		l.hostilePolicy(text)
		l.hostileEvent(text)
	}
}

// hostilePolicy checks that the text arrives inside of policies too, which
// stay JSON.
func (l *lab) hostilePolicy(text string) {
	policy, err := l.functionPolicy()
	if err != nil {
		l.t.Fatal(err)
	}
	var read struct{ Statement []struct{ Sid string } }
	if err := json.Unmarshal([]byte(aws.ToString(policy.Policy)), &read); err != nil || len(read.Statement) == 0 {
		l.t.Fatalf("policy %q: %v", aws.ToString(policy.Policy), err)
	}
	if want := mended(text); !strings.HasSuffix(read.Statement[0].Sid, want) {
		l.t.Errorf("Sid %q does not end in %q", read.Statement[0].Sid, want)
	}
}

// hostileEvent does the same for the records of CloudTrail.
func (l *lab) hostileEvent(text string) {
	events, err := cloudtrail.NewFromConfig(l.cfg).LookupEvents(l.ctx(), &cloudtrail.LookupEventsInput{})
	if err != nil || len(events.Events) == 0 {
		l.t.Fatalf("%d events, %v", len(events.Events), err)
	}
	event := events.Events[0]
	var read struct{ UserAgent string }
	if err := json.Unmarshal([]byte(aws.ToString(event.CloudTrailEvent)), &read); err != nil {
		l.t.Fatal(err)
	}
	if !strings.HasSuffix(read.UserAgent, mended(text)) {
		l.t.Errorf("user agent %q does not end in %q", read.UserAgent, text)
	}
}

func checkLongNames(l *lab) {
	readsRight(l)
	got, err := l.describe(0)
	if err != nil || len(aws.ToString(got.Name)) < 65_000 {
		l.t.Fatalf("a name of %d bytes, %v", len(aws.ToString(got.Name)), err)
	}
	if _, err := l.secrets().DescribeSecret(l.ctx(), &secretsmanager.DescribeSecretInput{SecretId: got.Name}); err != nil {
		l.t.Error(err)
	}
}

func checkDuplicates(l *lab) {
	names, pages, err := l.list()
	if err != nil {
		l.t.Fatal(err)
	}
	if pages != 3 || len(names) != labSecrets+2*pages-1 { // one of its own for each page, one more for each but the first
		l.t.Errorf("%d names on %d pages", len(names), pages)
	}
	slices.Sort(names)
	if got := len(slices.Compact(names)); got != labSecrets {
		l.t.Errorf("%d different secrets", got)
	}
}

func checkEmptyPages(l *lab) {
	names, pages, err := l.list()
	if err != nil || pages != 501 || len(names) != labSecrets {
		l.t.Errorf("%d secrets on %d pages, %v", len(names), pages, err)
	}
}

// endlessPages: listing never ends, with so many different tokens, the
// absent one included, in 50 pages.
func endlessPages(tokens int) func(*lab) {
	return func(l *lab) {
		seen := map[string]bool{"": true}
		in := &secretsmanager.ListSecretsInput{}
		for range 50 {
			out, err := l.secrets().ListSecrets(l.ctx(), in)
			if err != nil || out.NextToken == nil {
				l.t.Fatalf("the listing ended: %v", err)
			}
			in.NextToken = out.NextToken
			seen[*out.NextToken] = true
		}
		if len(seen) != tokens {
			l.t.Errorf("%d different tokens, want %d", len(seen), tokens)
		}
		aliases, err := kms.NewFromConfig(l.cfg).ListAliases(l.ctx(), &kms.ListAliasesInput{})
		if err != nil || !aliases.Truncated || aws.ToString(aliases.NextMarker) == "" {
			l.t.Errorf("KMS lists its aliases to the end: %v", err)
		}
	}
}

func checkStaleToken(l *lab) {
	names, pages, err := l.list()
	if codeOf(err) != "InvalidNextTokenException" || pages != 2 || len(names) != 10 {
		l.t.Errorf("%d secrets, page %d, %v", len(names), pages, err)
	}
}

// policyOf: all three kinds of policies are like this.
func policyOf(right func(policy string) bool) func(*lab) {
	return func(l *lab) {
		secret, err := l.secrets().GetResourcePolicy(l.ctx(), &secretsmanager.GetResourcePolicyInput{SecretId: aws.String(l.name(0))})
		if err != nil || secret.ResourcePolicy == nil || !right(*secret.ResourcePolicy) {
			l.t.Errorf("the secret's policy is not as it should be (%v)", err)
		}
		key, err := kms.NewFromConfig(l.cfg).GetKeyPolicy(l.ctx(), &kms.GetKeyPolicyInput{KeyId: aws.String("alias/app")})
		if err != nil || key.Policy == nil || !right(*key.Policy) {
			l.t.Errorf("the key's policy is not as it should be (%v)", err)
		}
		function, err := l.functionPolicy()
		if err != nil || function.Policy == nil || !right(*function.Policy) {
			l.t.Errorf("the function's policy is not as it should be (%v)", err)
		}
	}
}

// described: each secret is described like this.
func described(right func(*lab, *secretsmanager.DescribeSecretOutput) bool) func(*lab) {
	return func(l *lab) {
		got, err := l.describe(0)
		if err != nil || !right(l, got) {
			l.t.Errorf("described as %+v, %v", got, err)
		}
		if names, _, err := l.list(); err != nil || len(names) != labSecrets {
			l.t.Errorf("%d secrets are listed, %v", len(names), err)
		}
	}
}

func datedIn(year func(*lab) int) func(*lab) {
	return described(func(l *lab, d *secretsmanager.DescribeSecretOutput) bool {
		for _, date := range []*time.Time{d.CreatedDate, d.LastAccessedDate, d.LastChangedDate, d.LastRotatedDate, d.NextRotationDate} {
			if date == nil || date.UTC().Year() != year(l) {
				return false
			}
		}
		versions, err := l.secrets().ListSecretVersionIds(l.ctx(), &secretsmanager.ListSecretVersionIdsInput{SecretId: d.ARN})
		return err == nil && len(versions.Versions) > 0 && versions.Versions[0].CreatedDate.UTC().Year() == year(l) && d.DeletedDate == nil
	})
}

// checkLastYear looks at the wire: the SDK counts nanoseconds in 64 bits and
// takes the year 9999 for 1816.
func checkLastYear(l *lab) {
	datedIn(func(*lab) int { return 1816 })(l)
	if _, status, body := l.signed(); !bytes.Contains(body, []byte(`"CreatedDate":253402300799`)) {
		l.t.Errorf("status %d, %.200s", status, body)
	}
}

// countStages counts the labels of a secret's versions: those of that name,
// or all.
func countStages(d *secretsmanager.DescribeSecretOutput, stage string) int {
	n := 0
	for _, stages := range d.VersionIdsToStages {
		for _, got := range stages {
			if stage == "" || got == stage {
				n++
			}
		}
	}
	return n
}

func checkAppear(l *lab) {
	first, _, err := l.list()
	if err != nil || len(first) == 0 || len(first) >= labSecrets {
		l.t.Errorf("%d secrets at first, %v", len(first), err)
	}
	if second, _, err := l.list(); err != nil || len(second) != labSecrets {
		l.t.Errorf("%d secrets then, %v", len(second), err)
	}
}

func checkVanish(l *lab) {
	names, _, err := l.list()
	if err != nil || len(names) != labSecrets {
		l.t.Fatalf("%d secrets are listed, %v", len(names), err)
	}
	vanished := 0
	for i := range labSecrets {
		_, err := l.describe(i)
		arn := l.cloud.Account(LoadAccount).Region(LoadRegion).Source.Secret(i).ARN
		_, again := l.secrets().ListSecretVersionIds(l.ctx(), &secretsmanager.ListSecretVersionIdsInput{SecretId: &arn})
		if codeOf(err) != codeOf(again) {
			l.t.Errorf("secret %d: %v by name, %v by ARN", i, err, again)
		}
		if codeOf(err) == "ResourceNotFoundException" {
			vanished++
		}
	}
	if vanished == 0 || vanished > labSecrets/2 {
		l.t.Errorf("%d of %d secrets vanished", vanished, labSecrets)
	}
}

func checkHugeNumbers(l *lab) {
	errs, odd := 0, 0
	for i := range labSecrets {
		got, err := l.describe(i)
		switch {
		case err != nil:
			errs++
		case got.CreatedDate.Year() > 10_000 || got.CreatedDate.Year() < 0:
			odd++
		}
	}
	if errs == 0 || errs+odd < labSecrets/2 {
		l.t.Errorf("%d answers could not be read, %d have odd dates", errs, odd)
	}
}

func checkNullLists(l *lab) {
	names, _, err := l.list()
	if err != nil || len(names) != 0 {
		l.t.Errorf("%d secrets, %v", len(names), err)
	}
	if _, body, err := l.post("ListSecrets", "{}"); err != nil || bytes.Contains(body, []byte("[")) {
		l.t.Errorf("%s, %v", body, err)
	}
}
