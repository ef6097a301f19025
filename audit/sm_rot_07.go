package audit

import (
	"fmt"
	"strings"

	"github.com/assayhq/assay/report"
)

func smROT07() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ROT-07",
			Title: "Rotation function likely to fail",
			Text: "The function that rotates the secret has a runtime that Lambda has deprecated, too little time for the four steps of a rotation, " +
				"or stands in a VPC without an endpoint for Secrets Manager and has not shown yet that it gets there by another way. Such functions stop a rotation half-way.",
			Remedy: "Open the function in the Lambda console: under Code, Runtime settings, choose a supported runtime; under Configuration, General configuration, " +
				"set a timeout of at least 30 seconds. Create an interface endpoint for Secrets Manager in the VPC console.",
			Severity: report.SeverityLow,
			// A NAT gateway or a shared endpoint leads to Secrets Manager too, and a fast
			// function needs less time.
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"lambda", "rotation"},
			References: []string{
				"https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html",
				"https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
			},
		},
		CLI: `aws lambda update-function-configuration --region <region> --function-name <function> --runtime python3.13 --timeout 60
aws ec2 create-vpc-endpoint --region <region> --vpc-id <vpc> --vpc-endpoint-type Interface --private-dns-enabled \
  --service-name com.amazonaws.<region>.secretsmanager --subnet-ids <subnets> --security-group-ids <security-group>`,
		Terraform: `resource "aws_lambda_function" "<rotation>" {
  runtime = "python3.13"
  timeout = 60
  # ...
}

resource "aws_vpc_endpoint" "secretsmanager" {
  vpc_id              = "<vpc>"
  service_name        = "com.amazonaws.<region>.secretsmanager"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = ["<subnet>"]
  security_group_ids  = ["<security-group>"]
}`,
		Needs:  []Operation{ListSecrets, GetFunctionConfiguration},
		Uses:   []Operation{DescribeVpcEndpoints},
		Secret: judgeFunctionSetup,
	}
}

// minTimeout is the least time for a function, in seconds: AWS's templates take
// 30, and a database that is slow to answer takes the default of 3 by itself.
const minTimeout = 30

func judgeFunctionSetup(s *Secret, r *Region) Result {
	if !usesFunction(s) || s.RotationLambdaARN == "" {
		return NotApplicable()
	}
	f := r.Function(s.RotationLambdaARN)
	if f == nil {
		return NotEvaluated("nothing is known of the function %s", shown(s.RotationLambdaARN))
	}
	if f.NotFound {
		return NotApplicable()
	}
	var c conclusion
	c.runtime(f, r)
	c.timeout(f)
	c.network(f, s, r)
	return c.result("the function " + shown(f.ARN))
}

// A conclusion gathers what several tests of one check say.
type conclusion struct{ good, bad, unknown []string }

// result fails if anything is bad, says nothing if anything is unknown, and else
// passes.
func (c *conclusion) result(subject string) Result {
	switch {
	case len(c.bad) > 0:
		return Fail("%s %s", subject, strings.Join(c.bad, "; it "))
	case len(c.unknown) > 0:
		return NotEvaluated("of %s, %s", subject, strings.Join(c.unknown, " and "))
	}
	return Pass("%s %s", subject, strings.Join(c.good, ", "))
}

func (c *conclusion) runtime(f *Function, r *Region) {
	if f.Runtime == "" {
		c.good = append(c.good, "names no runtime, as container images do")
		return
	}
	name := shown(f.Runtime)
	switch since, is, known := deprecated(f.Runtime, r.Now); {
	case is:
		c.bad = append(c.bad, "has the runtime "+name+", deprecated since "+since)
	case known:
		c.good = append(c.good, "has the supported runtime "+name)
	default:
		c.unknown = append(c.unknown, "whether the runtime "+name+" is deprecated is not known to this version of assay")
	}
}

func (c *conclusion) timeout(f *Function) {
	switch {
	case f.TimeoutSeconds == nil || *f.TimeoutSeconds < 1:
		c.unknown = append(c.unknown, "the timeout is not known")
	case *f.TimeoutSeconds < minTimeout:
		c.bad = append(c.bad, fmt.Sprintf("has a timeout of %s, less than %d", plural(int64(*f.TimeoutSeconds), "second"), minTimeout))
	default:
		c.good = append(c.good, "has a timeout of "+plural(int64(*f.TimeoutSeconds), "second"))
	}
}

// network takes a rotation that is not overdue for proof that the function gets
// to Secrets Manager: by a NAT gateway, or by an endpoint of another VPC.
func (c *conclusion) network(f *Function, s *Secret, r *Region) {
	switch {
	case f.VPC == "":
		c.good = append(c.good, "is in no VPC")
	case f.VPCEndpoint != nil && *f.VPCEndpoint:
		c.good = append(c.good, "is in "+shown(f.VPC)+", which has an endpoint for Secrets Manager")
	case rotatedInTime(s, r):
		c.good = append(c.good, "is in "+shown(f.VPC)+", from where it rotated the secret on "+onDay(*s.LastRotated))
	case f.VPCEndpoint == nil:
		c.unknown = append(c.unknown, "the endpoints of "+shown(f.VPC)+" are not known")
	default:
		c.bad = append(c.bad, "is in "+shown(f.VPC)+", which has no endpoint for Secrets Manager")
	}
}

// rotatedInTime reports whether the last rotation is no longer ago than the
// schedule wants.
func rotatedInTime(s *Secret, r *Region) bool {
	last, ok := past(s.LastRotated, r.Now)
	hours, _, err := s.RotationRules.interval()
	return ok && err == nil && hoursSince(last, r.Now) <= hours+overdueSlack
}
