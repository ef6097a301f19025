package audit

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/assayhq/assay/audit/fakeaws"
)

// askEndpoints asks EC2 something.
func askEndpoints(ctx context.Context, c *caller) (answer string, gap *Gap) {
	gap = c.call(ctx, DescribeVpcEndpoints, "", func(ctx context.Context) error {
		form := url.Values{"Action": {"DescribeVpcEndpoints"}, "Version": {wireEC2.version}}
		text, err := c.wire(ctx, &wireRequest{service: wireEC2, method: http.MethodPost, body: form.Encode()})
		answer = string(text)
		return err
	})
	return answer, gap
}

// What is signed here behaves like what the SDK signs, under every fault.
func TestEC2UnderEveryFault(t *testing.T) {
	for _, kind := range fakeaws.Faults {
		if len(kind.Operations) > 0 && !slices.Contains(kind.Operations, "DescribeVpcEndpoints") || strings.HasPrefix(kind.Name, "page-") {
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if slices.Contains(reasonsFor(kind.Name), TimedOut) {
				timeout = 300 * time.Millisecond
			}
			cloud := testCloud()
			cs, server := faulty(t, cloud, kind.Name, fakeaws.Scope{}, timeout)
			answer, gap := askEndpoints(t.Context(), cs.at(callRegion))
			checkGap(t, cloud, gap)
			if n := len(cloud.Calls()); n > callAttempts {
				t.Errorf("%d requests", n)
			}
			for _, s := range server.Strays() {
				t.Errorf("a request followed the redirect: %+v", s)
			}
			switch want := reasonsFor(kind.Name); {
			case kind.Effect == fakeaws.Recovers && (gap != nil || !strings.Contains(answer, "DescribeVpcEndpointsResponse")):
				t.Errorf("answer %q, gap %+v", answer, gap)
			case gap != nil && kind.Effect == fakeaws.Gaps && !slices.Contains(want, gap.Reason):
				t.Errorf("gap %+v, want %q", gap, want)
			case gap == nil && kind.Effect == fakeaws.Gaps && want != nil && !xmlTrouble(kind.Name):
				t.Errorf("no gap, answer %q", answer)
			}
		})
	}
}

// xmlTrouble names faults that whoever reads the XML notices, or that come later
// than at the first call.
func xmlTrouble(fault string) bool {
	return strings.HasPrefix(fault, "body-") || strings.HasPrefix(fault, "shape-") || fault == "token-expired" || fault == "denied-some"
}

// Where the services are for FIPS 140 and IPv6, as the SDK's packages for them have it.
func TestWireEndpointVariants(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	tests := []struct {
		service    *wireService
		region     string
		fips, dual string
		want       string
	}{
		{wireStacks, "us-gov-east-1", "true", "", "cloudformation.us-gov-east-1.amazonaws.com"},
		{wireSSM, "us-gov-west-1", "true", "", "ssm.us-gov-west-1.amazonaws.com"},
		{wireStates, "us-gov-west-1", "true", "", "states.us-gov-west-1.amazonaws.com"},
		{wireStates, "us-gov-east-1", "true", "", "states-fips.us-gov-east-1.amazonaws.com"},
		{wireStates, "us-gov-west-1", "true", "true", "states-fips.us-gov-west-1.api.aws"},
		{wireStates, "us-gov-east-1", "", "true", "states-fips.us-gov-east-1.api.aws"},
		{wireStates, "us-gov-east-1", "", "", "states.us-gov-east-1.amazonaws.com"},
		{wireStates, "us-east-1", "", "true", "states.us-east-1.api.aws"},
		{wireGlue, "us-gov-west-1", "true", "", "glue-fips.us-gov-west-1.amazonaws.com"},
		{wireECS, "us-gov-west-1", "true", "", "ecs-fips.us-gov-west-1.amazonaws.com"},
		{wireRESTAPIs, "us-gov-west-1", "true", "", "apigateway-fips.us-gov-west-1.amazonaws.com"},
		{wireCodeBuild, "eusc-de-east-1", "", "true", "codebuild.eusc-de-east-1.api.amazonwebservices.eu"},
	}
	for _, test := range tests {
		t.Setenv("AWS_USE_FIPS_ENDPOINT", test.fips)
		t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", test.dual)
		cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(test.region))
		if err != nil {
			t.Fatal(err)
		}
		got, err := test.service.endpoint(t.Context(), cfg)
		if err != nil || got != "https://"+test.want+"/" {
			t.Errorf("%s in %s, FIPS %q, IPv6 %q: %q, %v, want %s", test.service.name, test.region, test.fips, test.dual, got, err, test.want)
		}
	}
}

// Where KMS, Lambda and the account service are, and for which region a request is
// signed, is what the SDK's packages for them say, in every region.
func TestWireEndpointsOfTheSDK(t *testing.T) {
	resolvers := map[*wireService]func(region string, fips, dual bool) (smithyendpoints.Endpoint, error){
		wireKMS: func(region string, fips, dual bool) (smithyendpoints.Endpoint, error) {
			return kms.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), kms.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
		},
		wireLambda: func(region string, fips, dual bool) (smithyendpoints.Endpoint, error) {
			return lambda.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), lambda.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
		},
		wireAccount: func(region string, fips, dual bool) (smithyendpoints.Endpoint, error) {
			return account.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), account.EndpointParameters{Region: &region, UseFIPS: &fips, UseDualStack: &dual})
		},
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	for _, variant := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Setenv("AWS_USE_FIPS_ENDPOINT", strconv.FormatBool(variant[0]))
		t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", strconv.FormatBool(variant[1]))
		cfg, err := config.LoadDefaultConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range partitionRegions {
			for _, cfg.Region = range strings.Fields(p.regions) {
				for s, resolve := range resolvers {
					want, err := resolve(cfg.Region, variant[0], variant[1])
					if err != nil {
						t.Fatal(err)
					}
					got, err := s.endpoint(t.Context(), cfg)
					if err != nil || got != want.URI.String()+"/" {
						t.Errorf("%s in %s, %v: %q, %v, want %q", s.name, cfg.Region, variant, got, err, want.URI.String())
					}
					if region := s.region(t.Context(), cfg); region != signedFor(&want, cfg.Region) {
						t.Errorf("%s in %s: signed for %s", s.name, cfg.Region, region)
					}
				}
			}
		}
	}
}

// signedFor returns the region that an endpoint of the SDK names for signatures.
func signedFor(e *smithyendpoints.Endpoint, region string) string {
	options, _ := smithyauth.GetAuthOptions(&e.Properties)
	for _, o := range options {
		if own, ok := smithyhttp.GetSigV4SigningRegion(&o.SignerProperties); ok {
			region = own
		}
	}
	return region
}

// A configured endpoint is signed for in the region at hand, also of the account
// service; those of the environment go before those of a profile.
func TestWireConfiguredEndpoints(t *testing.T) {
	file := t.TempDir() + "/config"
	text := "[default]\nservices = own\nendpoint_url = http://127.0.0.1:1\n[services own]\nkms =\n  endpoint_url = http://127.0.0.1:2\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file+"-none")
	t.Setenv("AWS_PROFILE", "")
	tests := []struct {
		service  *wireService
		all, own string // AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_KMS
		want     string
	}{
		{wireKMS, "", "", "http://127.0.0.1:2/"},
		{wireKMS, "http://127.0.0.1:3", "", "http://127.0.0.1:3/"},
		{wireKMS, "http://127.0.0.1:3", "http://127.0.0.1:4", "http://127.0.0.1:4/"},
		{wireAccount, "", "http://127.0.0.1:4", "http://127.0.0.1:1/"},
		{wireAccount, "http://127.0.0.1:3", "", "http://127.0.0.1:3/"},
	}
	for _, test := range tests {
		t.Setenv("AWS_ENDPOINT_URL", test.all)
		t.Setenv("AWS_ENDPOINT_URL_KMS", test.own)
		cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-west-1"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := test.service.endpoint(t.Context(), cfg)
		if region := test.service.region(t.Context(), cfg); got != test.want || err != nil || region != "eu-west-1" {
			t.Errorf("%s with %q, %q: %q, %v, for %s", test.service.name, test.all, test.own, got, err, region)
		}
	}
}

// What is no error of the service is said to be none.
func TestJSONErrors(t *testing.T) {
	tests := []struct{ header, body, code, message string }{
		{"", `{"__type":"com.amazonaws.kms#NotFoundException","message":"gone"}`, "NotFoundException", "gone"},
		{"ResourceNotFoundException:http://internal.amazon.com/", `{"Message":"gone","Type":"User"}`, "ResourceNotFoundException", "gone"},
		{"", `{"code":"ValidationException"}`, "ValidationException", ""},
		{"", `{"code":7}`, "UnknownError", ""},
		{"", "", "UnknownError", ""},
		{"", "<html>", "", ""},
		{"AccessDeniedException", "[]", "", ""},
	}
	for _, test := range tests {
		err := jsonErrorOf(http.Header{"X-Amzn-Errortype": {test.header}}, []byte(test.body))
		code, message := "", ""
		if e, ok := errors.AsType[smithy.APIError](err); ok {
			code, message = e.ErrorCode(), e.ErrorMessage()
		}
		if code != test.code || message != test.message {
			t.Errorf("%q, %q: %q, %q", test.header, test.body, code, message)
		}
	}
}

func TestWireEndpoint(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	tests := []struct {
		region string
		env    map[string]string
		want   string
	}{
		{"eu-west-1", nil, "https://ec2.eu-west-1.amazonaws.com/"},
		{"cn-north-1", nil, "https://ec2.cn-north-1.amazonaws.com.cn/"},
		{"us-gov-west-1", map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "https://ec2.us-gov-west-1.amazonaws.com/"},
		{"us-east-1", map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "https://ec2-fips.us-east-1.amazonaws.com/"},
		{"us-east-1", map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "https://ec2.us-east-1.api.aws/"},
		{"us-gov-west-1", map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_USE_FIPS_ENDPOINT": "true"}, "https://ec2-fips.us-gov-west-1.api.aws/"},
		{"cn-north-1", map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "https://ec2.cn-north-1.api.amazonwebservices.com.cn/"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1/"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:2/"}, "http://127.0.0.1:2/"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "https://ec2.eu-west-1.amazonaws.com/"},
		{"eu-west-1", map[string]string{"AWS_ENDPOINT_URL": "nonsense"}, ""},
		{"x.example.com/", nil, ""},
	}
	for _, test := range tests {
		for name, value := range test.env {
			t.Setenv(name, value)
		}
		cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-west-1"))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Region = test.region
		if got, err := wireEC2.endpoint(t.Context(), cfg); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s with %v: %q, %v, want %q", test.region, test.env, got, err, test.want)
		}
		for name := range test.env {
			t.Setenv(name, "")
		}
	}
	if got, _ := wireEC2.endpoint(t.Context(), aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:3")}); got != "http://127.0.0.1:3/" {
		t.Errorf("with a base endpoint: %q", got)
	}
}
