package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// recordOf is a record of CloudTrail: a plain GetSecretValue with the members of
// over in place of its own. A member that is nil is left out.
func recordOf(over map[string]any) string {
	members := map[string]any{
		"eventVersion": "1.11", "eventID": "e-1", "eventTime": "2026-11-20T10:00:00Z", "eventType": "AwsApiCall",
		"eventSource": "secretsmanager.amazonaws.com", "eventName": "GetSecretValue", "awsRegion": "eu-west-1",
		"sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.17.0 md/awscrt#0.20",
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ada", "accountId": "111122223333"},
		"requestParameters": map[string]any{"secretId": "prod/db"},
		"responseElements":  map[string]any{"secretString": "kept-nowhere"},
	}
	for k, v := range over {
		if members[k] = v; v == nil {
			delete(members, k)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestParseEvent(t *testing.T) {
	plain := Activity{
		Event: "GetSecretValue", SecretID: "prod/db", Principal: "arn:aws:iam::111122223333:user/ada", PrincipalType: "IAMUser",
		Source: "198.51.100.7", UserAgent: "aws-cli",
	}
	with := func(change func(*Activity)) []Activity {
		a := plain
		change(&a)
		return []Activity{a}
	}
	tests := []struct {
		name string
		over map[string]any
		want []Activity
	}{
		{"a read by name", nil, []Activity{plain}},
		{"the parameter in capitals", map[string]any{"requestParameters": map[string]any{"SecretId": "prod/db"}}, []Activity{plain}},
		{"an error", map[string]any{"errorCode": "DecryptionFailure", "errorMessage": "kept nowhere"},
			with(func(a *Activity) { a.Error = "DecryptionFailure" })},
		{"a refusal that names the secret", map[string]any{"requestParameters": nil, "errorCode": "AccessDenied",
			"errorMessage": "User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db because no identity-based policy allows it"},
			with(func(a *Activity) { a.Error = "AccessDenied" })},
		{"a refusal of all", map[string]any{"requestParameters": nil, "errorCode": "AccessDenied", "errorMessage": "not authorized on resource: *"},
			with(func(a *Activity) { a.Error, a.SecretID = "AccessDenied", "" })},
		{"resources instead of parameters", map[string]any{"requestParameters": nil, "resources": []any{
			map[string]any{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/k", "type": "AWS::KMS::Key"},
			map[string]any{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"}}},
			with(func(a *Activity) { a.SecretID = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf" })},
		{"the console by flag", map[string]any{"sessionCredentialFromConsole": "true", "userAgent": "Mozilla/5.0 (X11)"},
			with(func(a *Activity) { a.Console, a.UserAgent = true, "Mozilla" })},
		{"the console by a boolean", map[string]any{"sessionCredentialFromConsole": true}, with(func(a *Activity) { a.Console = true })},
		{"the console by agent", map[string]any{"userAgent": "[console.amazonaws.com]"},
			with(func(a *Activity) { a.Console, a.UserAgent = true, "console.amazonaws.com" })},
		{"a browser alone", map[string]any{"userAgent": "Mozilla/5.0 (X11)"}, with(func(a *Activity) { a.UserAgent = "Mozilla" })},
		{"a service as agent", map[string]any{"userAgent": "AWS Internal", "sourceIPAddress": "AWS Internal"},
			with(func(a *Activity) { a.UserAgent, a.Source = "AWS Internal", "AWS Internal" })},
		{"a forced deletion", map[string]any{"eventName": "DeleteSecret", "requestParameters": map[string]any{"secretId": "prod/db", "forceDeleteWithoutRecovery": true}},
			with(func(a *Activity) { a.Event, a.Note = "DeleteSecret", "force" })},
		{"a deletion with a window", map[string]any{"eventName": "DeleteSecret", "requestParameters": map[string]any{"secretId": "prod/db", "recoveryWindowInDays": 30}},
			with(func(a *Activity) { a.Event = "DeleteSecret" })},
		{"another key", map[string]any{"eventName": "UpdateSecret", "requestParameters": map[string]any{"secretId": "prod/db", "kmsKeyId": "alias/new"}},
			with(func(a *Activity) { a.Event, a.Note = "UpdateSecret", "key" })},
		{"another description", map[string]any{"eventName": "UpdateSecret", "requestParameters": map[string]any{"secretId": "prod/db", "description": "x"}},
			with(func(a *Activity) { a.Event = "UpdateSecret" })},
		{"a new secret", map[string]any{"eventName": "CreateSecret", "requestParameters": map[string]any{"name": "prod/db"}},
			with(func(a *Activity) { a.Event = "CreateSecret" })},
		{"parameters of another type", map[string]any{"requestParameters": "none of your business", "userAgent": 7, "errorCode": []any{}},
			with(func(a *Activity) { a.SecretID, a.UserAgent = "", "" })},
	}
	for _, test := range tests {
		e, err := parseEvent(recordOf(test.over), texts{})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, e.activities()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if want := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC); !e.time.Equal(want) || e.id != "e-1" || e.source != secretsSource {
			t.Errorf("%s: time %v, id %q, source %q", test.name, e.time, e.id, e.source)
		}
	}
}

func TestParseEventOfABatch(t *testing.T) {
	e, err := parseEvent(recordOf(map[string]any{"eventName": "BatchGetSecretValue", "requestParameters": map[string]any{
		"secretIdList": []any{"a", "b", "a", "", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:c-AbCdEf"}}}), texts{})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, a := range e.activities() {
		ids = append(ids, a.SecretID)
	}
	if got := strings.Join(ids, " "); got != "a b arn:aws:secretsmanager:eu-west-1:111122223333:secret:c-AbCdEf" {
		t.Errorf("the secrets are %s", got)
	}
	e, err = parseEvent(recordOf(map[string]any{"eventName": "BatchGetSecretValue", "requestParameters": map[string]any{
		"filters": []any{map[string]any{"key": "name", "values": []any{"prod"}}}}}), texts{})
	if got := e.activities(); err != nil || len(got) != 1 || got[0].SecretID != "" {
		t.Errorf("a batch by filter is %+v, %v", got, err)
	}
}

func TestParseEventOfTheService(t *testing.T) {
	const id = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
	service := map[string]any{
		"eventType": "AwsServiceEvent", "eventName": "RotationFailed", "requestParameters": nil,
		"userIdentity": map[string]any{"accountId": "111122223333", "invokedBy": "secretsmanager.amazonaws.com"},
		"userAgent":    "secretsmanager.amazonaws.com", "sourceIPAddress": "secretsmanager.amazonaws.com",
	}
	want := Activity{
		Event: "RotationFailed", Service: true, SecretID: id, Principal: "secretsmanager.amazonaws.com", PrincipalType: "AWSService",
		Source: "secretsmanager.amazonaws.com", UserAgent: "secretsmanager.amazonaws.com", Message: "Lambda timed out",
	}
	for _, over := range []map[string]any{
		{"errorMessage": "Lambda timed out", "additionalEventData": map[string]any{"SecretId": id}},
		{"additionalEventData": map[string]any{"SecretId": id, "errorMessage": "Lambda timed out"}},
	} {
		for k, v := range service {
			over[k] = v
		}
		e, err := parseEvent(recordOf(over), texts{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Activity{want}, e.activities()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

func TestPrincipal(t *testing.T) {
	tests := []struct{ name, identity, principal, kind string }{
		{"a user", `{"type":"IAMUser","arn":"arn:aws:iam::1:user/dev/ada"}`, "arn:aws:iam::1:user/dev/ada", "IAMUser"},
		{"root", `{"type":"Root","arn":"arn:aws:iam::1:root"}`, "arn:aws:iam::1:root", "Root"},
		{"a role with a path", `{"type":"AssumedRole","principalId":"AROAX:i-1","arn":"arn:aws:sts::1:assumed-role/app/i-1",
			"sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::1:role/ci/app"}}}`, "arn:aws:iam::1:role/ci/app", "AssumedRole"},
		{"a role without its issuer", `{"type":"AssumedRole","arn":"arn:aws-cn:sts::1:assumed-role/app/someone@example.com"}`, "arn:aws-cn:iam::1:role/app", "AssumedRole"},
		{"a federated user", `{"type":"FederatedUser","arn":"arn:aws:sts::1:federated-user/bob","sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::1:user/broker"}}}`,
			"arn:aws:iam::1:user/broker", "FederatedUser"},
		{"another account", `{"type":"AWSAccount","principalId":"AIDAX:session","accountId":"2"}`, "2/AIDAX", "AWSAccount"},
		{"another account, no more", `{"type":"AWSAccount","accountId":"2"}`, "2", "AWSAccount"},
		{"a service", `{"type":"AWSService","invokedBy":"rds.amazonaws.com"}`, "rds.amazonaws.com", "AWSService"},
		{"Identity Center", `{"type":"IdentityCenterUser","accountId":"1","onBehalfOf":{"userId":"u-1"}}`, "u-1", "IdentityCenterUser"},
		{"web identity", `{"type":"WebIdentityUser","principalId":"idp:app:42","userName":"42"}`, "42", "WebIdentityUser"},
		{"SAML", `{"type":"SAMLUser","principalId":"qualifier:subject"}`, "qualifier", "SAMLUser"},
		{"nothing", `{}`, "", ""},
	}
	for _, test := range tests {
		var u userIdentity
		if err := json.Unmarshal([]byte(test.identity), &u); err != nil {
			t.Fatal(err)
		}
		if u.principal() != test.principal || u.kind() != test.kind {
			t.Errorf("%s: %q (%s), want %q (%s)", test.name, u.principal(), u.kind(), test.principal, test.kind)
		}
	}
}

func TestParseEventRefuses(t *testing.T) {
	for _, record := range []string{"", "null", "[]", "{}", `"x"`, `{"eventName":`, strings.Repeat("[", 20_000), strings.Repeat(" ", maxEventRecord+1)} {
		if e, err := parseEvent(record, texts{}); err == nil {
			t.Errorf("%.20q is read as %+v", record, e)
		}
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add(recordOf(nil))
	f.Add(recordOf(map[string]any{"eventType": "AwsServiceEvent", "errorMessage": strings.Repeat("\xff", 900)}))
	f.Add(`{"eventName":"x","requestParameters":{"secretIdList":["` + strings.Repeat(`a","`, 300) + `"]}}`)
	f.Fuzz(func(t *testing.T, record string) {
		e, err := parseEvent(record, texts{})
		if err != nil {
			return
		}
		list := e.activities()
		if len(list) == 0 || len(list) > maxEventSecrets {
			t.Fatalf("%d activities", len(list))
		}
		for _, a := range list {
			for _, text := range []string{a.Event, a.SecretID, a.Principal, a.PrincipalType, a.Source, a.UserAgent, a.Error, a.Message, a.Note} {
				if !utf8.ValidString(text) || len(text) > maxText {
					t.Fatalf("%q is no text for an inventory", text)
				}
			}
		}
	})
}

// A collection's own requests are known by their user agent, and never a read of a
// value.
func TestOurOwnRequests(t *testing.T) {
	for _, tt := range []struct {
		agent, event string
		want         bool
	}{
		{"aws-sdk-go-v2/1.47.6 os/linux assay/0.1.0", "DescribeSecret", true},
		{"assay/0.1.0", "DescribeSecret", true},
		{"aws-cli/2.17.0", "DescribeSecret", false},
		{"notassay/0.1.0", "DescribeSecret", false},
		{"assay/0.1.0", "GetSecretValue", false},
		{"aws-sdk-go-v2/1.47.6 assay/0.1.0", "DeleteSecret", false},
	} {
		e, err := parseEvent(recordOf(map[string]any{"eventName": tt.event, "userAgent": tt.agent}), texts{})
		if err != nil || e.ours != tt.want {
			t.Errorf("%s by %s: %v, %v", tt.event, tt.agent, e.ours, err)
		}
	}
}

func TestNotesOfCalls(t *testing.T) {
	for want, over := range map[string]map[string]any{
		"7 days":  {"eventName": "DeleteSecret", "requestParameters": map[string]any{"secretId": "a", "recoveryWindowInDays": 7}},
		"1 day":   {"eventName": "DeleteSecret", "requestParameters": map[string]any{"secretId": "a", "recoveryWindowInDays": 1}},
		"":        {"eventName": "DeleteSecret", "requestParameters": map[string]any{"secretId": "a", "recoveryWindowInDays": "7"}},
		"filters": {"eventName": "BatchGetSecretValue", "requestParameters": map[string]any{"filters": []any{map[string]any{"key": "name"}}}},
	} {
		e, err := parseEvent(recordOf(over), texts{})
		if err != nil || e.about.Note != want {
			t.Errorf("%v: %q, %v", over, e.about.Note, err)
		}
	}
}
