package audit

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/assayhq/assay/audit/fakeaws"
)

// cleanEnvironment leaves nothing of the machine's AWS configuration, and makes
// config the shared one.
func cleanEnvironment(t *testing.T, config string) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToLower(name), "_proxy") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	file := filepath.Join(home, "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// setKeys puts keys and an endpoint into the environment.
func setKeys(t *testing.T, url string, keys fakeaws.Credentials) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", keys.SessionToken)
	t.Setenv("AWS_ENDPOINT_URL", url)
	t.Setenv("AWS_REGION", callRegion)
}

func startCloud(t *testing.T, cloud *fakeaws.Cloud) string {
	t.Helper()
	server, err := fakeaws.Start(cloud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server.URL
}

// openSession makes a session and finds out whose account it is.
func openSession(t *testing.T, o SessionOptions) (*callers, error) {
	t.Helper()
	cfg, err := NewSession(t.Context(), o)
	if err != nil {
		return nil, err
	}
	return connect(t.Context(), cfg, callOptions{Clock: newLeapClock(), Timeout: 5 * time.Second})
}

func TestSessionFromTheEnvironment(t *testing.T) {
	cleanEnvironment(t, "")
	cloud := testCloud()
	setKeys(t, startCloud(t, cloud), cloud.Account(callAccount).User("auditor"))
	cs, err := openSession(t, SessionOptions{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	if cs.identity.Account != callAccount || cs.identity.Partition != "aws" || cs.home != callRegion || !strings.HasSuffix(cs.identity.ARN, "user/auditor") {
		t.Errorf("identity %+v in %s", cs.identity, cs.home)
	}
	if c := cs.at(callRegion); c.account != callAccount || c.partition != "aws" || c.calls()[0].Operation != GetCallerIdentity {
		t.Errorf("caller %+v, calls %+v", c.cell, c.calls())
	}
	if names, gap := listAll(t.Context(), cs.at(callRegion)); gap != nil || len(names) != 12 {
		t.Errorf("%d secrets, gap %+v", len(names), gap)
	}
	for _, call := range cloud.Calls() {
		if strings.Count(call.UserAgent, "assay/") != 1 {
			t.Errorf("user agent %q", call.UserAgent)
		}
	}
}

// wantProblem checks that err is a clear line with a hint.
func wantProblem(t *testing.T, err error, what, hint string) {
	t.Helper()
	e, ok := errors.AsType[*SessionError](err)
	if !ok || !strings.Contains(e.What, what) || !strings.Contains(e.Hint, hint) {
		t.Errorf("error %v, hint %q, want %q and %q", err, hintOf(err), what, hint)
	}
	if err != nil && (strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > maxDetail) {
		t.Errorf("not one short line: %q", err)
	}
}

func hintOf(err error) string {
	if e, ok := errors.AsType[*SessionError](err); ok {
		return e.Hint
	}
	return ""
}

func TestSessionProblemsInTheConfiguration(t *testing.T) {
	const sso = "sso_account_id = 111122223333\nsso_role_name = r\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n"
	secret := fakeToken(60)
	config := "[profile sso]\n" + sso + "[profile session]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n" +
		"[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n" +
		"[profile fails]\ncredential_process = exit 3\n" +
		"[profile hangs]\ncredential_process = exec sleep 30\n" +
		"[profile garbage]\ncredential_process = echo 'oops " + secret + "'\n" +
		"[profile mfa]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = fails\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n" +
		"[profile circle]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = nowhere\n"
	tests := []struct{ profile, what, hint string }{
		{"", "no AWS credentials were found", "aws sso login"},
		{"nosuch", `no profile "nosuch"`, "list-profiles"},
		{"sso", "SSO session", "aws sso login --profile sso"},
		{"session", "SSO session", "aws sso login --profile session"},
		{"fails", "credential_process", "shell"},
		{"hangs", "gave none within", "another profile"},
		{"garbage", "credential_process", "shell"},
		{"mfa", "MFA", "terminal"},
		{"circle", "nowhere", ""},
	}
	for _, test := range tests {
		t.Run(test.profile, func(t *testing.T) {
			cleanEnvironment(t, config)
			_, err := NewSession(t.Context(), SessionOptions{Profile: test.profile, Timeout: time.Second})
			wantProblem(t, err, test.what, test.hint)
			if strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("the error tells what the program printed: %v", err)
			}
		})
	}
}

func TestSessionNeedsNoProfileForEnvironmentKeys(t *testing.T) {
	cleanEnvironment(t, "[default]\ncredential_process = exit 3\n")
	cloud := testCloud()
	setKeys(t, startCloud(t, cloud), cloud.Account(callAccount).User("auditor"))
	if _, err := openSession(t, SessionOptions{}); err != nil {
		t.Error(err)
	}
}

func TestSessionProblemsWithAWS(t *testing.T) {
	tests := []struct{ fault, what, hint string }{
		{"signature-invalid", "does not accept", "secret key"},
		{"key-unknown", "does not accept", "secret key"},
		{"skew-dateless", "clock", "set the clock"},
		{"body-html", "not AWS", "HTTPS_PROXY"},
		{"body-empty", "not AWS", "HTTPS_PROXY"},
		{"redirect-307", "not AWS", "HTTPS_PROXY"},
		{"conn-reset", "cannot be reached", "network"},
		{"denied-json", "AccessDenied", ""},
		{"throttle-endless", "Throttling", ""},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			cleanEnvironment(t, "")
			cloud := testCloud()
			server, err := cloud.StartFaulty(test.fault, fakeaws.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			setKeys(t, server.URL, cloud.Account(callAccount).User("auditor"))
			_, err = openSession(t, SessionOptions{})
			wantProblem(t, err, test.what, test.hint)
			for _, secret := range cloud.Sensitive() {
				if err != nil && strings.Contains(err.Error(), string(secret)) {
					t.Errorf("the error tells a secret: %v", err)
				}
			}
		})
	}
}

func TestSessionWithAWrongClock(t *testing.T) {
	for _, skew := range []time.Duration{20 * time.Minute, -20 * time.Minute} {
		cleanEnvironment(t, "")
		cloud := testCloud()
		cloud.Clock.SetSkew(skew)
		setKeys(t, startCloud(t, cloud), cloud.Account(callAccount).User("auditor"))
		if _, err := openSession(t, SessionOptions{}); err != nil {
			t.Errorf("%s: %v", skew, err)
		}
	}
}

func TestSessionUnreachable(t *testing.T) {
	cleanEnvironment(t, "")
	server := httptest.NewServer(nil)
	server.Close()
	setKeys(t, server.URL, testCloud().Account(callAccount).User("auditor"))
	_, err := openSession(t, SessionOptions{})
	wantProblem(t, err, "cannot be reached", "AWS_ENDPOINT_URL")
}

// roleCloud is a cloud with a role in another account.
func roleCloud(t *testing.T, role fakeaws.Role) (cloud *fakeaws.Cloud, arn string) {
	t.Helper()
	cleanEnvironment(t, "")
	cloud = testCloud()
	arn = cloud.Account("444455556666").AddRole("Auditor", role)
	return cloud, arn
}

func TestSessionAssumesARole(t *testing.T) {
	cloud, arn := roleCloud(t, fakeaws.Role{ExternalID: "outside"})
	setKeys(t, startCloud(t, cloud), cloud.Account(callAccount).User("auditor"))
	cs, err := openSession(t, SessionOptions{RoleARN: arn, ExternalID: "outside", SessionName: "monday"})
	if err != nil {
		t.Fatal(err)
	}
	if cs.identity.Account != "444455556666" || !strings.HasSuffix(cs.identity.ARN, "assumed-role/Auditor/monday") {
		t.Errorf("identity %+v", cs.identity)
	}
	_, err = openSession(t, SessionOptions{RoleARN: arn})
	wantProblem(t, err, "may not be assumed", "--external-id")
}

func TestSessionAsksForACode(t *testing.T) {
	cloud, arn := roleCloud(t, fakeaws.Role{MFASerial: "arn:aws:iam::111122223333:mfa/me", MFACode: "123456"})
	setKeys(t, startCloud(t, cloud), cloud.Account(callAccount).User("auditor"))
	o := SessionOptions{RoleARN: arn, MFASerial: "arn:aws:iam::111122223333:mfa/me"}
	_, err := openSession(t, o)
	wantProblem(t, err, "MFA", "terminal")
	asked := 0
	o.MFAToken = func(context.Context) (string, error) { asked++; return "123456", nil }
	if cs, err := openSession(t, o); err != nil || cs.identity.Account != "444455556666" || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	o.MFAToken = func(context.Context) (string, error) { return "", errors.New("no telephone") }
	_, err = openSession(t, o)
	wantProblem(t, err, "no telephone", "")
	_, err = openSession(t, SessionOptions{MFASerial: "x"})
	wantProblem(t, err, "no role", "")
}

// The profile's own role is assumed by the SDK, behind the same guard.
func TestSessionOfAProfileFollowsNoRedirect(t *testing.T) {
	cloud, arn := roleCloud(t, fakeaws.Role{})
	server, err := cloud.StartFaulty("redirect-307-port", fakeaws.Scope{Operation: "AssumeRole"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	setKeys(t, server.URL, cloud.Account(callAccount).User("auditor"))
	file := os.Getenv("AWS_CONFIG_FILE")
	if err := os.WriteFile(file, []byte("[profile role]\nrole_arn = "+arn+"\ncredential_source = Environment\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = openSession(t, SessionOptions{Profile: "role"})
	wantProblem(t, err, "not AWS", "HTTPS_PROXY")
	for _, s := range server.Strays() {
		t.Errorf("a request followed the redirect: %+v", s)
	}
}

func TestSessionTrustsTheCABundle(t *testing.T) {
	cloud, arn := roleCloud(t, fakeaws.Role{})
	server := httptest.NewTLSServer(cloud.Handler())
	defer server.Close()
	setKeys(t, server.URL, cloud.Account(callAccount).User("auditor"))
	_, err := openSession(t, SessionOptions{RoleARN: arn})
	wantProblem(t, err, "x509", "")
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	if _, err := openSession(t, SessionOptions{RoleARN: arn}); err != nil {
		t.Error(err)
	}
}

func TestSessionRegion(t *testing.T) {
	cloud := testCloud()
	url := startCloud(t, cloud)
	for _, test := range []struct{ asked, env, want string }{
		{"eu-north-1", "eu-west-1", "eu-north-1"},
		{"", "eu-west-1", "eu-west-1"},
		{"", "", "us-east-1"},
		{"ap-east-1 eu-west-2", "eu-west-1", "eu-west-1"}, // the first is one that accounts opt in to
		{"ap-east-1 eu-west-2", "", "us-east-1"},
		{"cn-north-1 cn-northwest-1", "", "cn-northwest-1"},
		{"us-gov-east-1 us-gov-west-1", "eu-west-1", "us-gov-west-1"},
	} {
		cleanEnvironment(t, "")
		setKeys(t, url, cloud.Account(callAccount).User("auditor"))
		t.Setenv("AWS_REGION", test.env)
		cfg, err := NewSession(t.Context(), SessionOptions{Regions: strings.Fields(test.asked)})
		if err != nil || cfg.Region != test.want {
			t.Errorf("%+v: %s, %v", test, cfg.Region, err)
		}
	}
	_, err := NewSession(t.Context(), SessionOptions{Regions: []string{"example.com/"}})
	wantProblem(t, err, "is no region", "")
}

func TestReadIdentity(t *testing.T) {
	for _, test := range []struct {
		account, arn string
		ok           bool
	}{
		{callAccount, "arn:aws:iam::111122223333:user/me", true},
		{callAccount, "arn:aws-cn:sts::111122223333:assumed-role/r/s", true},
		{"", "arn:aws:iam::111122223333:user/me", false},
		{"11112222333x", "arn:aws:iam::111122223333:user/me", false},
		{callAccount, "", false},
		{callAccount, "arn:mars:iam::111122223333:user/me", false},
		{callAccount + "\n", "arn:aws:iam::111122223333:user/me", false},
	} {
		if _, err := readIdentity(test.account, test.arn); (err == nil) != test.ok {
			t.Errorf("%q, %q: %v", test.account, test.arn, err)
		}
	}
}

func TestConnectWithoutCredentials(t *testing.T) {
	_, err := connect(t.Context(), aws.Config{}, callOptions{})
	wantProblem(t, err, "no AWS credentials", "AWS_PROFILE")
}
