package audit

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/assayhq/assay/report"
)

func smACC04() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-04",
			Title: "Secret read from where it should not be",
			Text: "The value of the secret was read from an address outside the allowed networks, or by a person in the console although machines use it. " +
				"Either is how stolen credentials show, and a value that a person has seen is one that can be passed on.",
			Remedy: "Ask the owner of the principal whether the read was theirs. If it was not, disable its credentials and rotate the secret. " +
				"If it was, add the network to allowed-networks in .assay.toml, or give the person a secret of their own.",
			Severity:   report.SeverityMedium,
			Confidence: report.ConfidenceMedium,
			Tags:       []string{"access", "cloudtrail", "network"},
			Controls:   []string{"ISO-27001-2022/A.8.16", "NIST-800-53-r5/SI-4"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
				"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
			},
		},
		CLI: `aws cloudtrail lookup-events --region <region> --lookup-attributes AttributeKey=EventName,AttributeValue=GetSecretValue
aws secretsmanager rotate-secret --region <region> --secret-id <secret>`,
		Terraform: `data "aws_iam_policy_document" "<secret>" {
  statement {
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "NotIpAddressIfExists"
      variable = "aws:SourceIp"
      values   = ["<network>"]
    }
    condition { # what comes by a VPC endpoint, functions too
      test     = "StringNotEqualsIfExists"
      variable = "aws:SourceVpc"
      values   = ["<vpc>"]
    }
    condition {
      test     = "BoolIfExists"
      variable = "aws:ViaAWSService"
      values   = ["false"]
    }
  }
}
resource "aws_secretsmanager_secret_policy" "<secret>" {
  secret_arn = aws_secretsmanager_secret.<secret>.arn
  policy     = data.aws_iam_policy_document.<secret>.json
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgeReadPlaces,
		Region: judgeStrayReadPlaces,
	}
}

func judgeReadPlaces(s *Secret, r *Region) Result {
	t, _ := r.Settings.For(s)
	reads := filterActivity(r.Activity(s), isGoodRead)
	if outside := deedsOf(filterActivity(reads, outsideOf(r)), eventOf); len(outside) > 0 {
		return Fail("read from outside the allowed networks: %s (events %s)", tellAll(outside, (*deed).tell), r.Interval()).As(report.SeverityHigh)
	}
	people := deedsOf(filterActivity(reads, func(a *Activity) bool { return a.Console && !r.breakGlass(a.Principal) }), eventOf)
	rotates := rotators(r.Activity(s)) // a rotation reads the secret too, and does not use it
	machines := deedsOf(filterActivity(reads, func(a *Activity) bool { return byMachine(a) && !rotates(a) }), eventOf)
	if len(people) > 0 && len(machines) > 0 && !isLower(environmentsOf(s)) { // developers look at what is for development
		return Fail("read in the console: %s; machines read it too: %s (events %s)",
			tellAll(people, (*deed).tell), tellAll(machines, (*deed).tell), r.Interval())
	}
	what := "read in the console of a secret that machines read"
	if len(r.Settings.AllowedNetworks) > 0 {
		what = "read from outside the allowed networks, and no " + what
	}
	return r.QuietReads(what, t)
}

// judgeStrayReadPlaces judges reads that name no secret of the inventory.
func judgeStrayReadPlaces(r *Region) Result {
	if r.Narrowed || len(r.Settings.AllowedNetworks) == 0 {
		return NotApplicable()
	}
	reads := filterActivity(r.Strays(), isGoodRead)
	outside := deedsOf(filterActivity(reads, outsideOf(r)), eventOf)
	if len(outside) == 0 {
		return r.QuietReads("read of other secrets than those listed from outside the allowed networks", r.Settings.Thresholds)
	}
	return Fail("read from outside the allowed networks: %s (events %s)", tellAll(outside, (*deed).tellWith), r.Interval()).As(report.SeverityHigh)
}

func isGoodRead(a *Activity) bool { return isRead(a) && a.Error == "" }

func eventOf(a *Activity) string { return shown(a.Event) }

// outsideOf returns what tells whether an activity came from outside the allowed
// networks. A source that is no address is an AWS service.
func outsideOf(r *Region) func(*Activity) bool {
	var allowed []netip.Prefix
	for _, n := range r.Settings.AllowedNetworks {
		if p, err := parseNetwork(n); err == nil {
			allowed = append(allowed, p)
		}
	}
	return func(a *Activity) bool {
		source, err := netip.ParseAddr(a.Source)
		if err != nil || len(r.Settings.AllowedNetworks) == 0 {
			return false
		}
		source = source.Unmap().WithZone("")
		return !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(source) })
	}
}

// parseNetwork reads a prefix; one of IPv4 addresses written as IPv6 is one of
// IPv4.
func parseNetwork(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("no network: %w", err)
	}
	const mapped = 96 // bits before the IPv4 address
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped), nil
	}
	return p, nil
}
