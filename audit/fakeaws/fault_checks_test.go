package fakeaws

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// faultChecks show for each fault that it does what its name says.
var faultChecks = map[string]func(*lab){
	"body-empty":              emptyAnswer(""),
	"body-empty-object":       emptyAnswer("{}"),
	"body-html":               unreadable(http.StatusOK, "text/html"),
	"body-malformed":          unreadable(http.StatusOK, "application/x-amz-json-1.1"),
	"body-null":               emptyAnswer("null"),
	"body-truncated":          unreadable(http.StatusOK, "application/x-amz-json-1.1"),
	"body-truncated-length":   brokenOff(io.ErrUnexpectedEOF),
	"bomb-endless":            checkEndless,
	"bomb-gzip":               checkZeros,
	"conn-hang":               (*lab).timesOut,
	"conn-reset":              brokenOff(syscall.ECONNRESET),
	"content-type-wrong":      checkMislabelled,
	"denied-empty":            unreadable(http.StatusForbidden, "text/plain"),
	"denied-html":             unreadable(http.StatusForbidden, "text/html"),
	"denied-json":             func(l *lab) { l.codes("AccessDeniedException", map[string]string{"sts": "AccessDenied"}) },
	"denied-some":             checkDeniedSome,
	"denied-xml":              unreadable(http.StatusForbidden, "text/xml"),
	"hang-answer":             (*lab).timesOut,
	"hang-body":               hangsAfter(0.3, 0.7),
	"hang-drip":               hangsAfter(0, 0.1),
	"hang-headers":            hangsAfter(0, 0),
	"hostile-ansi":            hostile(ansiText),
	"hostile-bidi":            hostile(bidiText),
	"hostile-controls":        hostile(controlText),
	"hostile-formulas":        hostile(formulaText),
	"hostile-html":            hostile(htmlText),
	"hostile-invalid-utf8":    hostile(brokenText),
	"hostile-lines":           hostile(lineText),
	"hostile-links":           hostile(linkText),
	"hostile-long":            checkLongNames,
	"internal-endless":        checkInternal,
	"internal-sometimes":      sometimes(http.StatusInternalServerError),
	"key-unknown":             func(l *lab) { l.codes("UnrecognizedClientException", map[string]string{"sts": "InvalidClientTokenId"}) },
	"page-duplicates":         checkDuplicates,
	"page-empty-500":          checkEmptyPages,
	"page-empty-endless":      endlessPages(51),
	"page-loop-aa":            endlessPages(2),
	"page-loop-aba":           endlessPages(3),
	"page-token-expired":      checkStaleToken,
	"policy-broken-json":      policyOf(func(p string) bool { return !json.Valid([]byte(p)) && p != "" }),
	"policy-deep":             policyOf(func(p string) bool { return strings.Count(p, "{") > 50_000 }),
	"policy-duplicate-keys":   policyOf(func(p string) bool { return strings.Count(p, `"Version"`) == 2 && json.Valid([]byte(p)) }),
	"policy-empty":            policyOf(func(p string) bool { return p == "" }),
	"policy-huge":             policyOf(func(p string) bool { return len(p) > 1<<20 && json.Valid([]byte(p)) }),
	"policy-not-principal":    policyOf(func(p string) bool { return strings.Contains(p, `"NotPrincipal"`) && json.Valid([]byte(p)) }),
	"policy-unknown-version":  policyOf(func(p string) bool { return strings.Contains(p, "2099-01-01") && json.Valid([]byte(p)) }),
	"policy-wrong-shape":      policyOf(func(p string) bool { return p == "[1,2,3]" }),
	"redirect-301":            redirects(http.StatusMovedPermanently, 0),
	"redirect-302":            redirects(http.StatusFound, 0),
	"redirect-307":            redirects(http.StatusTemporaryRedirect, 1),
	"redirect-307-port":       checkSignedStray,
	"redirect-308":            redirects(http.StatusPermanentRedirect, 1),
	"redirect-loop":           checkRedirectLoop,
	"reset-answer":            brokenOff(syscall.ECONNRESET),
	"reset-body":              brokenOff(syscall.ECONNRESET),
	"reset-sometimes":         sometimes(0),
	"retry-after-absurd":      checkAbsurdDelays,
	"retry-after-amz":         comesBack(http.StatusServiceUnavailable, "X-Amz-Retry-After", `^20$`),
	"retry-after-date-429":    comesBack(http.StatusTooManyRequests, "Retry-After", ` GMT$`),
	"retry-after-date-503":    comesBack(http.StatusServiceUnavailable, "Retry-After", ` GMT$`),
	"retry-after-seconds-429": comesBack(http.StatusTooManyRequests, "Retry-After", `^1$`),
	"retry-after-seconds-503": comesBack(http.StatusServiceUnavailable, "Retry-After", `^1$`),
	"secret-bare": described(func(_ *lab, d *secretsmanager.DescribeSecretOutput) bool {
		return d.ARN != nil && d.Name != nil && d.RotationEnabled == nil && d.CreatedDate == nil && d.VersionIdsToStages == nil
	}),
	"secret-dates-9999":        checkLastYear,
	"secret-dates-before-1970": datedIn(func(*lab) int { return 1907 }),
	"secret-dates-future":      datedIn(func(l *lab) int { return l.cloud.Clock.Now().Year() + 10 }),
	"secret-nameless": described(func(_ *lab, d *secretsmanager.DescribeSecretOutput) bool {
		return d.ARN == nil && d.Name == nil
	}),
	"secret-negative": described(func(_ *lab, d *secretsmanager.DescribeSecretOutput) bool {
		return aws.ToInt64(d.RotationRules.AutomaticallyAfterDays) < 0
	}),
	"secret-no-stages": described(func(_ *lab, d *secretsmanager.DescribeSecretOutput) bool {
		return len(d.VersionIdsToStages) == 2 && countStages(d, "") == 0
	}),
	"secret-two-current": described(func(_ *lab, d *secretsmanager.DescribeSecretOutput) bool {
		return countStages(d, "AWSCURRENT") >= 2
	}),
	"secrets-appear":          checkAppear,
	"secrets-vanish":          checkVanish,
	"shape-deep":              unreadable(http.StatusOK, "application/x-amz-json-1.1"),
	"shape-duplicate-members": readsRight,
	"shape-huge-numbers":      checkHugeNumbers,
	"shape-null-lists":        checkNullLists,
	"shape-object-lists":      unreadable(http.StatusOK, "application/x-amz-json-1.1"),
	"shape-swapped-types":     unreadable(http.StatusOK, "application/x-amz-json-1.1"),
	"signature-invalid":       func(l *lab) { l.codes("InvalidSignatureException", map[string]string{"sts": "SignatureDoesNotMatch"}) },
	"skew-ahead":              checkSkew,
	"skew-behind":             checkSkew,
	"skew-dateless":           checkDateless,
	"throttle-endless":        checkThrottled,
	"throttle-storm":          checkStorm,
	"tls-expired":             refusedTLS("expired"),
	"tls-self-signed":         refusedTLS("unknown authority"),
	"tls-wrong-host":          refusedTLS("127.0.0.1"),
	"token-expired":           checkSessionEnds,
}

func checkDeniedSome(l *lab) {
	forms := make(map[string]int)
	var denied []int
	for i := range labSecrets {
		if _, err := l.describe(i); err != nil {
			forms[codeOf(err)+http.StatusText(statusOf(err))]++
			denied = append(denied, i)
		}
	}
	if len(denied) == 0 || len(denied) > labSecrets/2 || len(forms) < 2 {
		l.t.Errorf("%d of %d secrets are denied, in the forms %v", len(denied), labSecrets, forms)
	}
	s := l.cloud.Account(LoadAccount).Region(LoadRegion).Source.Secret(denied[0])
	_, err := l.secrets().GetResourcePolicy(l.ctx(), &secretsmanager.GetResourcePolicyInput{SecretId: &s.ARN})
	if err == nil {
		l.t.Error("a denied secret is not denied to another operation that names it by ARN")
	}
}

func checkInternal(l *lab) {
	l.codes("InternalFailure", map[string]string{
		"secretsmanager": "InternalServiceError", "kms": "KMSInternalException", "lambda": "ServiceException", "account": "InternalServerException",
	})
	if calls := l.cloud.Calls(); calls[0].Status != http.StatusInternalServerError || calls[2].Attempt != 3 {
		l.t.Errorf("the SDK did not try three times: %+v", calls[:3])
	}
}

// sometimes: who tries again gets everything, and something was met.
func sometimes(status int) func(*lab) {
	return func(l *lab) {
		for i := range labSecrets {
			if _, err := l.describe(i); err != nil {
				l.t.Error(err)
			}
		}
		met := 0
		for _, call := range l.cloud.Calls() {
			if call.Status == status {
				met++
			}
		}
		if met == 0 || met > labSecrets/2 || met != l.s.Hits() {
			l.t.Errorf("%d calls were met, %d hits", met, l.s.Hits())
		}
	}
}

// checkSkew: the first call is refused and signed anew by the server's clock.
func checkSkew(l *lab) {
	client := l.secrets()
	for range 3 {
		if _, err := client.ListSecrets(l.ctx(), &secretsmanager.ListSecretsInput{}); err != nil {
			l.t.Error(err)
		}
	}
	calls := l.cloud.Calls()
	if len(calls) != 4 || calls[0].Status != http.StatusBadRequest || l.s.Hits() != 1 {
		l.t.Errorf("%d calls, the first answered %d, %d hits", len(calls), calls[0].Status, l.s.Hits())
	}
	if ahead := time.Until(calls[0].Time).Abs(); ahead < 19*time.Minute || ahead > 21*time.Minute {
		l.t.Errorf("the server's clock is %v away", ahead)
	}
}

func checkDateless(l *lab) {
	l.codes("InvalidSignatureException", map[string]string{"sts": "SignatureDoesNotMatch"})
	if resp, _, err := l.post("ListSecrets", "{}"); err != nil || resp.Header.Get("Date") != "" {
		l.t.Errorf("the answer is dated %v (%v)", resp.Header, err)
	}
}

func checkThrottled(l *lab) {
	l.codes("ThrottlingException", map[string]string{
		"lambda": "TooManyRequestsException", "account": "TooManyRequestsException", "sts": "Throttling",
	})
	if n := l.cloud.Counts()["secretsmanager:ListSecrets"]; n != 3 {
		l.t.Errorf("%d attempts, want 3", n)
	}
}

func checkStorm(l *lab) {
	readsRight(l)
	if n := l.s.Hits(); n != 2*6 {
		l.t.Errorf("%d calls were throttled, want 2 of each of 6 APIs", n)
	}
}

func checkSessionEnds(l *lab) {
	for i := range labSecrets {
		_, err := l.describe(i)
		want := ""
		if i >= 19 {
			want = "ExpiredTokenException"
		}
		if codeOf(err) != want {
			l.t.Errorf("call %d: %v, want %q", i+1, err, want)
		}
	}
}
