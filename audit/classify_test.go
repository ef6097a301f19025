package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answered is the error that the SDK makes of an answer.
func answered(status int, err error, header ...string) error {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	resp := &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: h}}
	return &smithy.OperationError{ServiceID: "KMS", OperationName: "DescribeKey", Err: &smithyhttp.ResponseError{Response: resp, Err: err}}
}

func coded(code string) error { return &smithy.GenericAPIError{Code: code, Message: "so it is"} }

func TestClassify(t *testing.T) {
	undecodable := &smithy.DeserializationError{Err: errors.New("invalid character '<'")}
	tests := []struct {
		err  error
		want Reason
	}{
		{answered(400, coded("AccessDeniedException")), Denied},
		{answered(403, coded("AccessDenied")), Denied},
		{answered(403, coded("UnauthorizedOperation")), Denied},
		{answered(403, coded("UnauthorizedException")), Denied},
		{answered(400, coded("NotAuthorizedException")), Denied},
		{answered(400, coded("ClientNotAuthorizedForThis")), Denied},
		{answered(403, undecodable), Denied},
		{answered(401, undecodable), Denied},
		{answered(403, coded("UnknownError")), Denied},
		{answered(403, coded("SomethingElse")), Denied},
		{answered(403, coded("SignatureDoesNotMatch")), Failed},
		{answered(403, coded("InvalidClientTokenId")), Failed},
		{answered(400, coded("UnrecognizedClientException")), Failed},
		{answered(403, coded("RequestTimeTooSkewed")), Failed},
		{answered(400, coded("ThrottlingException")), Throttled},
		{answered(503, coded("Throttling")), Throttled},
		{answered(400, coded("RequestLimitExceeded")), Throttled},
		{answered(429, coded("TooManyRequestsException")), Throttled},
		{answered(429, undecodable), Throttled},
		{answered(503, coded("SlowDown")), Throttled},
		{answered(503, undecodable, "Retry-After", "1"), Throttled},
		{answered(503, coded("ServiceUnavailable")), Failed},
		{answered(503, undecodable), Failed},
		{answered(500, undecodable), Failed},
		{answered(400, coded("ExpiredTokenException")), Expired},
		{answered(403, coded("ExpiredToken")), Expired},
		{answered(400, coded("RequestExpired")), Expired},
		{answered(400, coded("UnsupportedOperationException")), Unsupported},
		{answered(400, coded("ResourceNotFoundException")), Vanished},
		{answered(400, coded("NotFoundException")), Vanished},
		{answered(404, coded("TrailNotFoundException")), Vanished},
		{answered(400, coded("ValidationException")), Failed},
		{answered(200, undecodable), Invalid},
		{fmt.Errorf("send: %w", &answerError{"it is a poem"}), Invalid},
		{&cutError{answerError{"it ended"}}, Invalid},
		{io.ErrUnexpectedEOF, Invalid},
		{context.DeadlineExceeded, TimedOut},
		{&url.Error{Op: "Post", URL: "https://example.com", Err: &net.DNSError{IsTimeout: true}}, TimedOut},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, Failed},
		{&credentialError{errors.New("the session has ended")}, Expired},
		{&credentialError{&sourceTimeout{1}}, TimedOut},
		{&brokenError{Throttled, "given up"}, Throttled},
		{errors.Join(answered(400, coded("ThrottlingException")), errNoBudget), Throttled},
		{errors.New("anything"), Failed},
	}
	for _, test := range tests {
		if got, text := classify(context.Background(), test.err, nil); got != test.want || text == "" {
			t.Errorf("%v is %s (%q), want %s", test.err, got, text, test.want)
		}
	}
}

func TestCodesOfThePredicates(t *testing.T) {
	for err, want := range map[error][2]bool{
		answered(400, coded("ResourceNotFoundException")):                                                          {true, false},
		answered(400, coded("UnrecognizedClientException")):                                                        {false, true},
		answered(403, coded("InvalidClientTokenId")):                                                               {false, true},
		answered(403, coded("OptInRequired")):                                                                      {false, true},
		answered(400, coded("AccessDeniedException")):                                                              {false, false},
		answered(400, &smithy.GenericAPIError{Code: "RegionDisabledException", Message: "The region is disabled"}): {false, true},
		errors.New("a network"):                                                                                    {false, false},
	} {
		if got := [2]bool{notFound(err), regionDisabled(err)}; got != want {
			t.Errorf("%v: not found, disabled: %v, want %v", err, got, want)
		}
	}
	if !hasCode(coded("InvalidNextTokenException"), "InvalidNextToken") || hasCode(nil, "") || hasCode(coded("A"), "B") {
		t.Error("hasCode is wrong")
	}
}

// fakeToken is what a session token looks like, made here so that none stands in the
// source.
func fakeToken(n int) string { return strings.Repeat("aB3/xY7+", n/8+1)[:n] }

func TestOneLine(t *testing.T) {
	long, hex := fakeToken(400), strings.Repeat("0f", 32)
	tests := map[string]string{
		"two\nlines\r\n\tand a tab":                          "two lines and a tab",
		"a \x1b[31mred\x1b[0m word":                          "a ?[31mred?[0m word",
		"right \u202eto left\u2066":                          "right ?to left?",
		"bad \xff utf-8":                                     "bad \uFFFD utf-8",
		"see https://user:pass@example.com/a?b=c#d now":      "see example.com now",
		"the message " + long + " was encoded":               "the message [...] was encoded",
		"got (" + hex + ")":                                  "got ([...])",
		"Authorization: AWS4-HMAC-SHA256 Credential=x":       "[...]",
		"it sent authorization=Basic abc":                    "it sent [...]",
		"X-Amz-Security-Token:" + long:                       "[...]",
		"you are not authorized to do it":                    "you are not authorized to do it",
		strings.Repeat("word ", 58) + "half-of-it is cut":    strings.Repeat("word ", 58) + "...",
		"no. The Canonical String for this request is\nPOST": "no. [...]",
	}
	for text, want := range tests {
		if got := oneLine(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	arn := "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/somebody@example.com"
	if got := oneLine("User: " + arn + " is not authorized"); !strings.Contains(got, arn) {
		t.Errorf("the ARN is gone: %q", got)
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("two\nlines " + fakeToken(90))
	f.Add("\xff://@/")
	f.Fuzz(func(t *testing.T, text string) {
		got := oneLine(text)
		if len(got) > maxDetail || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestErrorsDoNotTellWhatWasSigned(t *testing.T) {
	f := &flight{}
	f.sent("id", "short-signature", "a token")
	_, text := classify(context.Background(), &answerError{"you signed short-signature with a token"}, f)
	if text != "you signed [...] with [...]" {
		t.Errorf("%q", text)
	}
}

// The same fault has the same text in every run: no ports, times or addresses of
// resolvers.
func TestRootTextIsTheSameInEveryRun(t *testing.T) {
	inner := &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 40001}, Err: errors.New("connection reset by peer")}
	tests := map[string]error{
		"read: connection reset by peer":             &url.Error{Op: "Post", URL: "https://u:p@h", Err: inner},
		"dial: lookup nowhere.example: no such host": &net.OpError{Op: "dial", Err: &net.DNSError{Name: "nowhere.example", Server: "10.0.0.1:53", Err: "no such host"}},
		"one": errors.Join(errors.New("one"), errors.New("two")),
		"EOF": fmt.Errorf("printed %q: %w", "what nobody may see", io.EOF),
	}
	for want, err := range tests {
		if got := rootText(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestAPIErrorOf(t *testing.T) {
	for body, want := range map[string]string{
		`<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors></Response>`: "AuthFailure: no",
		`<ErrorResponse><Error><Message>no</Message><Code>Throttling</Code></Error></ErrorResponse>`:         "Throttling: no",
		`<Error><Code>SlowDown`: unknownCode,
		`<html>go away</html>`:  unknownCode,
		``:                      unknownCode,
		`{"Code":"x"}`:          unknownCode,
	} {
		if _, got := codeOf(apiErrorOf([]byte(body))); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
