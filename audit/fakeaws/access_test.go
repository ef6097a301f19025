package fakeaws_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/assayhq/assay/audit/fakeaws"
)

func TestListRegions(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	ask := func(size int32, status ...accounttypes.RegionOptStatus) (names []string) {
		pages := account.NewListRegionsPaginator(w.account(), &account.ListRegionsInput{MaxResults: &size, RegionOptStatusContains: status})
		for pages.HasMorePages() {
			for _, g := range must[*account.ListRegionsOutput](t)(pages.NextPage(background)).Regions {
				complete(t, &g)
				names = append(names, *g.RegionName)
			}
		}
		return names
	}
	if all := ask(50); len(all) != 34 || !slices.IsSorted(all) {
		t.Errorf("got %d regions: %v", len(all), all)
	}
	if on := ask(5, "ENABLED", "ENABLED_BY_DEFAULT"); len(on) != 17 {
		t.Errorf("got %d enabled regions: %v", len(on), on)
	}
	_, err := w.account().ListRegions(background, &account.ListRegionsInput{NextToken: aws.String("made-up")})
	typed[*accounttypes.ValidationException](t, err)
	_, err = w.account().ListRegions(background, &account.ListRegionsInput{AccountId: aws.String("999999999999")})
	typed[*accounttypes.AccessDeniedException](t, err)
}

func TestPartition(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	w.cloud.Account(testAccount).SetPartition("aws-us-gov")
	w.config.Region = "us-gov-west-1"
	regions := must[*account.ListRegionsOutput](t)(w.account().ListRegions(background, &account.ListRegionsInput{}))
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts().GetCallerIdentity(background, nil))
	if len(regions.Regions) != 2 || w.cloud.Account(testAccount).ARN("iam", "", "x") != "arn:aws-us-gov:iam::"+testAccount+":x" {
		t.Errorf("got %d regions, caller %s", len(regions.Regions), *who.Arn)
	}
}

func TestCallerIdentity(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	got := must[*sts.GetCallerIdentityOutput](t)(w.sts().GetCallerIdentity(background, nil))
	complete(t, got)
	if *got.Account != testAccount || *got.Arn != "arn:aws:iam::"+testAccount+":user/auditor" {
		t.Errorf("caller is %s of %s", *got.Arn, *got.Account)
	}
}

func TestAssumeRole(t *testing.T) {
	const other = "000011112222"
	w := newWorld(t, fakeaws.Options{})
	arn := w.cloud.Account(other).AddRole("Auditor", fakeaws.Role{Trusted: []string{testAccount}, ExternalID: "ext", MFASerial: "arn:mfa", MFACode: "123456"})
	w.cloud.Account(other).Region(testRegion).Secrets = []*fakeaws.Secret{{Name: "theirs"}}
	ask := func(change func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
		in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("audit"), ExternalId: aws.String("ext"),
			SerialNumber: aws.String("arn:mfa"), TokenCode: aws.String("123456"), DurationSeconds: aws.Int32(900)}
		change(in)
		return w.sts().AssumeRole(background, in)
	}
	for name, change := range map[string]func(*sts.AssumeRoleInput){
		"external id": func(in *sts.AssumeRoleInput) { in.ExternalId = nil },
		"serial":      func(in *sts.AssumeRoleInput) { in.SerialNumber = nil },
		"code":        func(in *sts.AssumeRoleInput) { in.TokenCode = aws.String("654321") },
		"role":        func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String(arn + "x") },
		"account":     func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::999999999999:role/Auditor") },
	} {
		_, err := ask(change)
		t.Run(name, func(t *testing.T) { refused(t, err, "AccessDenied", 403) })
	}
	_, err := ask(func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7200) })
	refused(t, err, "ValidationError", 400)

	got := must[*sts.AssumeRoleOutput](t)(ask(func(*sts.AssumeRoleInput) {}))
	if *got.AssumedRoleUser.Arn != "arn:aws:sts::"+other+":assumed-role/Auditor/audit" || time.Until(*got.Credentials.Expiration).Round(time.Minute) != 15*time.Minute {
		t.Errorf("got %s until %s", *got.AssumedRoleUser.Arn, got.Credentials.Expiration)
	}
	session := fakeaws.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken}
	w.config = w.caller(session, testRegion)
	list := must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, nil))
	if len(list.SecretList) != 1 || *list.SecretList[0].Name != "theirs" {
		t.Errorf("the session sees %d secrets", len(list.SecretList))
	}
	w.cloud.Clock.Advance(15 * time.Minute)
	_, err = w.secrets().ListSecrets(background, nil)
	refused(t, err, "ExpiredTokenException", 400)
	_, err = w.sts().GetCallerIdentity(background, nil)
	refused(t, err, "ExpiredToken", 403)

	session.SessionToken = "wrong"
	w.config = w.caller(session, testRegion)
	_, err = w.secrets().ListSecrets(background, nil)
	refused(t, err, "UnrecognizedClientException", 400)
}

// ask calls one operation of each service.
func (w *world) askAll() map[string]error {
	_, err1 := w.secrets().ListSecrets(background, nil)
	_, err2 := w.kms().ListAliases(background, nil)
	_, err3 := w.trail().DescribeTrails(background, &cloudtrail.DescribeTrailsInput{})
	_, err4 := w.lambda().GetPolicy(background, &lambda.GetPolicyInput{FunctionName: aws.String("f")})
	_, err5 := w.account().ListRegions(background, nil)
	_, err6 := w.sts().GetCallerIdentity(background, nil)
	return map[string]error{"secretsmanager": err1, "kms": err2, "cloudtrail": err3, "lambda": err4, "account": err5, "sts": err6}
}

// refusals are what the services call one and the same thing.
var refusals = map[string][2]string{ // unknown key, bad signature
	"secretsmanager": {"UnrecognizedClientException 400", "InvalidSignatureException 400"},
	"kms":            {"UnrecognizedClientException 400", "InvalidSignatureException 400"},
	"cloudtrail":     {"UnrecognizedClientException 400", "InvalidSignatureException 400"},
	"lambda":         {"UnrecognizedClientException 403", "InvalidSignatureException 403"},
	"account":        {"UnrecognizedClientException 403", "InvalidSignatureException 403"},
	"sts":            {"InvalidClientTokenId 403", "SignatureDoesNotMatch 403"},
}

// allRefused asks all services and compares what they answer.
func (w *world) allRefused(t *testing.T, which int) {
	t.Helper()
	for service, err := range w.askAll() {
		var code string
		var status int
		fmt.Sscan(refusals[service][which], &code, &status)
		refused(t, err, code, status)
	}
}

func TestWrongKeysAreRefused(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	keys := w.cloud.Account(testAccount).User("auditor")
	t.Run("secret key", func(t *testing.T) {
		w.config = w.caller(fakeaws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: "another"}, testRegion)
		w.allRefused(t, 1)
	})
	t.Run("access key", func(t *testing.T) {
		w.config = w.caller(fakeaws.Credentials{AccessKeyID: "nobody", SecretAccessKey: keys.SecretAccessKey}, testRegion)
		w.allRefused(t, 0)
	})
	for _, region := range []string{"af-south-1", "nowhere-1"} {
		t.Run(region, func(t *testing.T) {
			w.config = w.caller(keys, region)
			w.allRefused(t, 0)
		})
	}
	t.Run("switched on", func(t *testing.T) {
		w.cloud.Account(testAccount).Region("af-south-1").Status = fakeaws.Enabled
		w.config = w.caller(keys, "af-south-1")
		must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, nil))
	})
}

func TestSkewIsRefusedAndCanBeCorrected(t *testing.T) {
	for _, skew := range []time.Duration{20 * time.Minute, -20 * time.Minute, 6 * time.Minute} {
		w := newWorld(t, fakeaws.Options{})
		w.cloud.Clock.SetSkew(skew)
		w.allRefused(t, 1)

		w.config.Retryer = func() aws.Retryer { // the SDK's own corrects its clock
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		}
		must[*kms.ListAliasesOutput](t)(w.kms().ListAliases(background, nil))
		calls := w.cloud.Calls()
		if last := calls[len(calls)-1]; last.Attempt != 2 || last.Status != 200 {
			t.Errorf("skew %s: the last call is %+v", skew, last)
		}
	}
	w := newWorld(t, fakeaws.Options{})
	w.cloud.Clock.SetSkew(4 * time.Minute)
	must[*kms.ListAliasesOutput](t)(w.kms().ListAliases(background, nil))
}

// signed makes a request by hand, as the audit does for EC2.
func (w *world) signed(t *testing.T, service, region, body string, change func(*http.Request)) *http.Response {
	t.Helper()
	request := must[*http.Request](t)(http.NewRequest(http.MethodPost, w.server.URL+"/", strings.NewReader(body)))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	hash := sha256.Sum256([]byte(body))
	keys := must[aws.Credentials](t)(w.config.Credentials.Retrieve(background))
	if err := v4.NewSigner().SignHTTP(background, keys, request, hex.EncodeToString(hash[:]), service, region, time.Now()); err != nil {
		t.Fatal(err)
	}
	change(request)
	response := must[*http.Response](t)(http.DefaultClient.Do(request))
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func unchanged(*http.Request) {}

func TestDescribeVPCEndpoints(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	for i := range 5 {
		w.region.VPCEndpoints = append(w.region.VPCEndpoints, &fakeaws.VPCEndpoint{ID: fmt.Sprintf("vpce-%d", i), VPC: fmt.Sprintf("vpc-%d", i%2), Type: "Interface",
			Service: "com.amazonaws.eu-west-1.secretsmanager", State: "available", PrivateDNS: true, Subnets: []string{"s<1>"}, Groups: []string{"g"}, Created: day(1),
			Policy: `{"a":"&"}`, Tags: []fakeaws.Tag{{Key: "k", Value: "v"}}})
	}
	type answer struct {
		XMLName xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeVpcEndpointsResponse"`
		Items   []struct {
			ID      string   `xml:"vpcEndpointId"`
			VPC     string   `xml:"vpcId"`
			DNS     bool     `xml:"privateDnsEnabled"`
			Created string   `xml:"creationTimestamp"`
			Policy  string   `xml:"policyDocument"`
			Subnets []string `xml:"subnetIdSet>item"`
			Groups  []string `xml:"groupSet>item>groupId"`
		} `xml:"vpcEndpointSet>item"`
		Next string `xml:"nextToken"`
	}
	var ids []string
	next := ""
	for range 3 {
		body := "Action=DescribeVpcEndpoints&Version=2016-11-15&MaxResults=2&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0&NextToken=" + strings.ReplaceAll(next, "=", "%3D")
		var got answer
		if err := xml.NewDecoder(w.signed(t, "ec2", testRegion, body, unchanged).Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		for _, item := range got.Items {
			ids = append(ids, item.ID)
			if item.VPC != "vpc-0" || !item.DNS || item.Created != "2026-01-01T03:04:05.678Z" || item.Policy != `{"a":"&"}` || item.Subnets[0] != "s<1>" || item.Groups[0] != "g" {
				t.Errorf("got %+v", item)
			}
		}
		if next = got.Next; next == "" {
			break
		}
	}
	if !slices.Equal(ids, []string{"vpce-0", "vpce-2", "vpce-4"}) {
		t.Errorf("got %v", ids)
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	const form = "Action=DescribeVpcEndpoints"
	for _, test := range []struct {
		name, service, body, want string
		change                    func(*http.Request)
	}{
		{"no header", "ec2", form, "MissingAuthenticationToken", func(r *http.Request) { r.Header.Del("Authorization") }},
		{"other scheme", "ec2", form, "IncompleteSignature", func(r *http.Request) { r.Header.Set("Authorization", "Basic eA==") }},
		{"half a header", "ec2", form, "IncompleteSignature", func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b") }},
		{"no date", "ec2", form, "IncompleteSignature", func(r *http.Request) { r.Header.Del("X-Amz-Date") }},
		{"other date", "ec2", form, "IncompleteSignature", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") }},
		{"other body", "ec2", form, "AuthFailure", func(r *http.Request) {
			r.Body = io.NopCloser(bytes.NewReader([]byte(strings.Replace(form, "D", "d", 1))))
		}},
		{"host of another service", "ec2", form, "scoped to correct service", func(r *http.Request) { r.Host = "kms.eu-west-1.amazonaws.com" }},
		{"host of another region", "ec2", form, "scoped to a valid region", func(r *http.Request) { r.Host = "ec2.us-east-1.amazonaws.com" }},
		{"host unsigned", "ec2", form, "must be a 'SignedHeader'", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;", "", 1))
		}},
		{"unknown action", "ec2", "Action=TerminateInstances", "InvalidAction", unchanged},
		{"no action", "sts", "", "InvalidAction", unchanged},
		{"target of another service", "kms", "{}", "UnknownOperation", func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.ListSecrets") }},
		{"broken JSON", "kms", "{", "SerializationException", func(r *http.Request) { r.Header.Set("X-Amz-Target", "TrentService.ListAliases") }},
	} {
		response := w.signed(t, test.service, testRegion, test.body, test.change)
		text := must[[]byte](t)(io.ReadAll(response.Body))
		if response.StatusCode < 400 || response.StatusCode >= 500 || !strings.Contains(string(text), test.want) {
			t.Errorf("%s: got %d %s, want %s", test.name, response.StatusCode, text, test.want)
		}
	}
}

// signedCall makes a signed call of Secrets Manager.
func signedCall(t testing.TB, keys fakeaws.Credentials, url, operation string, body []byte) *http.Request {
	t.Helper()
	request := must[*http.Request](t)(http.NewRequest(http.MethodPost, url, bytes.NewReader(body)))
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "secretsmanager."+operation)
	hash := sha256.Sum256(body)
	signer := aws.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(background, signer, request, hex.EncodeToString(hash[:]), "secretsmanager", fakeaws.LoadRegion, time.Now()); err != nil {
		t.Fatal(err)
	}
	return request
}
