package audit

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
)

// An answerError is an answer, or a redirect in its place, that is none of the
// service's: too long, cut off, no JSON, in a circle.
type answerError struct{ text string }

func (e *answerError) Error() string { return e.text }
func (e *answerError) again() bool   { return false }

// cutError is an answer that ended before its end. Another request may get the
// whole of it.
type cutError struct{ answerError }

func (e *cutError) again() bool   { return true }
func (e *cutError) Unwrap() error { return &e.answerError }

// A readError says that the body of an answer could not be read to its end.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

// A credentialError says that there are no credentials to sign with.
type credentialError struct{ error }

func (e *credentialError) Unwrap() error { return e.error }
func (e *credentialError) again() bool   { return false }

func (e *brokenError) again() bool { return false }

// codeReasons maps the error codes of AWS to reasons. Codes of several services
// come with and without "Exception", which is cut off here.
var codeReasons = map[string]Reason{
	"AccessDenied": Denied, "UnauthorizedOperation": Denied, "NotAuthorized": Denied, "UnauthorizedAccess": Denied,
	"AuthorizationError": Denied, "Forbidden": Denied, "KMSAccessDenied": Denied, "OptInRequired": Denied,

	"Throttling": Throttled, "Throttled": Throttled, "RequestThrottled": Throttled, "TooManyRequests": Throttled,
	"ProvisionedThroughputExceeded": Throttled, "RequestLimitExceeded": Throttled, "BandwidthLimitExceeded": Throttled,
	"LimitExceeded": Throttled, "SlowDown": Throttled, "PriorRequestNotComplete": Throttled, "EC2Throttled": Throttled,
	"TransactionInProgress": Throttled,

	"ExpiredToken": Expired, "TokenRefreshRequired": Expired, "RequestExpired": Expired,

	"RequestTimeout": TimedOut,

	"UnsupportedOperation": Unsupported, "OperationNotPermitted": Unsupported, "UnknownOperation": Unsupported,
	"InvalidAction": Unsupported,

	"ResourceNotFound": Vanished, "NotFound": Vanished, "TrailNotFound": Vanished,
}

// notDenied are the codes that come with status 401 or 403 and say that the
// signature was not accepted, not that a permission is missing.
var notDenied = []string{
	"SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature", "MissingAuthenticationToken", "RequestTimeTooSkewed",
	"InvalidClientTokenId", "UnrecognizedClient", "AuthFailure", "InvalidAccessKeyId", "InvalidToken",
}

// classify says why a call has no answer, and in one line what the error was.
// The texts that the call was signed with are taken out of it.
func classify(ctx context.Context, err error, f *flight) (Reason, string) {
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return Stopped, outOfTime
		}
		return Stopped, interrupted
	}
	reason, detail := reasonOf(err, f)
	if f != nil {
		detail = f.without(detail)
	}
	return reason, oneLine(detail)
}

// Why calls are not made, or not waited for, at the end of a run.
const (
	outOfTime   = "the time of the run was up"
	interrupted = "the run was interrupted"
)

// without replaces what the call was signed with.
func (f *flight) without(text string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.secrets {
		text = strings.ReplaceAll(text, s, cutMark)
	}
	return text
}

// reasonOf tells the reason and the text of an error, which is not yet fit for a
// report.
func reasonOf(err error, f *flight) (Reason, string) {
	if e, ok := errors.AsType[*brokenError](err); ok {
		return e.reason, e.text
	}
	if e, ok := errors.AsType[*answerError](err); ok {
		return Invalid, e.text
	}
	if e, ok := errors.AsType[*credentialError](err); ok {
		if isTimeout(e) {
			return TimedOut, "getting credentials: " + rootText(e)
		}
		return Expired, "getting credentials: " + rootText(e)
	}
	code, text := codeOf(err)
	status := statusOf(err)
	if reason, ok := codeReasons[code]; ok {
		return reason, text
	}
	switch {
	case isDeniedCode(code), (status == http.StatusUnauthorized || status == http.StatusForbidden) && !slices.Contains(notDenied, code):
		return Denied, statusText(code, text, status)
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && retryAfter(err) != "":
		return Throttled, statusText(code, text, status)
	case code != "":
		return Failed, text
	}
	return transportReason(err, status, f)
}

// transportReason is for errors that are no answer of a service.
func transportReason(err error, status int, f *flight) (Reason, string) {
	_, undecodable := errors.AsType[*smithy.DeserializationError](err)
	switch {
	case isTimeout(err):
		return TimedOut, timeoutText(err)
	case undecodable && (status >= 400):
		return Failed, fmt.Sprintf("HTTP status %d with a body that is none of the service's", status)
	case undecodable && f != nil && f.operation.searched():
		return Invalid, "the answer cannot be read" // why would quote what it says
	case undecodable, errors.Is(err, io.ErrUnexpectedEOF):
		return Invalid, "the answer cannot be read: " + rootText(err)
	}
	return Failed, rootText(err)
}

// statusText is the text of an answer that may have no code.
func statusText(code, text string, status int) string {
	if code == "" || code == unknownCode {
		return fmt.Sprintf("HTTP status %d", status)
	}
	return text
}

// codeOf returns the code of an answered error without "Exception", and the
// whole code with its message; "" for an error that is no answer.
func codeOf(err error) (code, text string) {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return "", ""
	}
	code, text = bareCode(e.ErrorCode()), e.ErrorCode()
	if m := e.ErrorMessage(); m != "" && m != text {
		text += ": " + m
	}
	return code, text
}

func bareCode(code string) string {
	code = strings.TrimSuffix(code, "Exception")
	return strings.TrimSuffix(code, "Fault")
}

// hasCode reports whether err is an answer with one of the codes, which may be
// given with or without "Exception".
func hasCode(err error, codes ...string) bool {
	code, _ := codeOf(err)
	return code != "" && slices.ContainsFunc(codes, func(c string) bool { return bareCode(c) == code })
}

// notFound reports whether the service answered that it does not know what it
// was asked about.
func notFound(err error) bool {
	code, _ := codeOf(err)
	return codeReasons[code] == Vanished
}

// regionDisabled reports whether the service does not know the credentials, or
// says that the account has not opted in: what the first call in a region gets
// that is not enabled. It proves that only where the same credentials were good
// in another region.
func regionDisabled(err error) bool {
	code, text := codeOf(err)
	switch code {
	case "UnrecognizedClient", "InvalidClientTokenId", "OptInRequired", "AuthFailure":
		return true
	}
	text = strings.ToLower(text)
	says := func(words string) bool { return strings.Contains(text, words) }
	return says("region") && (says("is disabled") || says("not enabled") || says("opt in") || says("opted in"))
}

func statusOf(err error) int {
	if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// apiErrorOf reads the XML of an error as the query protocols send it.
func apiErrorOf(body []byte) error {
	var code, message string
	d := xml.NewDecoder(strings.NewReader(string(body)))
	for code == "" || message == "" {
		t, err := d.Token()
		if err != nil {
			break
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "Code":
			_ = d.DecodeElement(&code, &start) // what cannot be read stays ""
		case "Message":
			_ = d.DecodeElement(&message, &start)
		}
	}
	if code == "" {
		code = unknownCode
	}
	return &smithy.GenericAPIError{Code: code, Message: message}
}
