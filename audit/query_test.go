package audit

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/assayhq/assay/audit/fakeaws"
)

// askEndpoints asks EC2 something.
func askEndpoints(ctx context.Context, c *caller) (answer string, gap *Gap) {
	gap = c.call(ctx, DescribeVpcEndpoints, "", func(ctx context.Context) error {
		text, err := c.ec2(ctx, url.Values{"Action": {"DescribeVpcEndpoints"}, "Version": {"2016-11-15"}})
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

func TestQueryEndpoint(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_PROFILE"} {
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
		{"us-gov-west-1", map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "https://ec2-fips.us-gov-west-1.amazonaws.com/"},
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
		if got, err := queryEndpoint(t.Context(), cfg); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s with %v: %q, %v, want %q", test.region, test.env, got, err, test.want)
		}
		for name := range test.env {
			t.Setenv(name, "")
		}
	}
	if got, _ := queryEndpoint(t.Context(), aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:3")}); got != "http://127.0.0.1:3/" {
		t.Errorf("with a base endpoint: %q", got)
	}
}
