package audit

import (
	"fmt"
	"time"

	"github.com/assayhq/assay/report"
)

func smACC09() *Check {
	return &Check{
		Rule: report.Rule{
			ID:    "SM-ACC-09",
			Title: "Secret read again and again without a cache",
			Text: "One principal asks for the value of the secret more often than once a minute, day after day. " +
				"Every request costs money and time, and a principal that asks all day hides a thief who asks once.",
			Remedy: "Keep the value in memory: with the caching client of AWS for the language, or the parameters and secrets extension for Lambda functions. " +
				"An hour is AWS's own default; after a failed sign-in the value is fetched anew.",
			Severity:   report.SeverityLow,
			Confidence: report.ConfidenceHigh,
			Tags:       []string{"access", "cloudtrail", "cost"},
			References: []string{
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets.html",
				"https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html",
			},
		},
		CLI: `aws lambda update-function-configuration --region <region> --function-name <function> \
  --layers <arn-of-AWS-Parameters-and-Secrets-Lambda-Extension>`,
		Terraform: `resource "aws_lambda_function" "<function>" {
  layers = ["<arn-of-AWS-Parameters-and-Secrets-Lambda-Extension>"]
  environment {
    variables = { SECRETS_MANAGER_TTL = "300" } # seconds, the most that it takes
  }
}`,
		Needs:  []Operation{ListSecrets},
		Uses:   []Operation{LookupEvents},
		Events: true,
		Secret: judgePolling,
	}
}

func judgePolling(s *Secret, r *Region) Result {
	t, _ := r.Settings.For(s)
	var texts []string
	for _, d := range deedsOf(filterActivity(r.Activity(s), isRead), eventOf) {
		if daily := d.daily(); daily >= int64(t.MaxReadsPerDay) && d.last.Sub(d.first) >= 24*time.Hour {
			texts = append(texts, fmt.Sprintf("%s, %d times a day, which costs %s", d.tell(), daily, costOf(daily*daysOfMonth)))
		}
	}
	if len(texts) == 0 {
		return r.QuietReads(fmt.Sprintf("principal that asked for it %d times a day or more", t.MaxReadsPerDay), t)
	}
	return Fail("%s (events %s)", severalOf(texts), r.Interval())
}

const daysOfMonth = 30

// daily is how often a day it was done, on average from its first to its last time.
func (d *deed) daily() int64 {
	hours := max(24, hoursSince(d.first, d.last)+1)
	return d.count * 24 / hours
}

// costOf says what calls cost: "$2.16 a month". AWS charges $0.05 for 10,000.
func costOf(callsAMonth int64) string {
	const perCent = 2_000 // calls
	cents := (callsAMonth + perCent/2) / perCent
	return fmt.Sprintf("$%d.%02d a month", cents/100, cents%100)
}
