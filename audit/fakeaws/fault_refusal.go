package fakeaws

import (
	"fmt"
	"net/http"
	"time"
)

// refuse is the strike of a fault that answers with an error of the service.
func refuse(reason func(*Request) error) func(*hit) bool {
	return func(h *hit) bool {
		h.cloud.fail(h.w, h.r, reason(h.r))
		return true
	}
}

// refuseChosen does so for the chosen third of the resources.
func refuseChosen(reason func(*Request) error) func(*hit) bool {
	strike := refuse(reason)
	return func(h *hit) bool { return h.chosen(h.r.Resource) && strike(h) }
}

// rateExceeded answers as above the service's rate.
func rateExceeded(h *hit) bool {
	h.cloud.throttle(h.w, h.r)
	return true
}

// denied is the answer to a caller without the permission. Services that
// speak JSON 1.1 say 400 even then.
func denied(r *Request) error {
	action, on := r.Service+":"+r.Operation, r.Resource
	if on == "" {
		on = "*"
	}
	text := fmt.Sprintf("User: arn:aws:sts::%s:assumed-role/auditor/session is not authorized to perform: %s on resource: %s "+
		"because no identity-based policy allows the %s action", r.Account, action, on, action)
	switch r.Service {
	case "sts", "cloudformation", "iam":
		return &apiError{http.StatusForbidden, "AccessDenied", text}
	case "ec2":
		return &apiError{http.StatusForbidden, "UnauthorizedOperation", text}
	case "lambda", "account", "apigateway":
		return &apiError{http.StatusForbidden, "AccessDeniedException", text}
	}
	return &apiError{http.StatusBadRequest, "AccessDeniedException", text}
}

func sessionEnded(r *Request) error { return expired(r.Service) }

func wrongSignature(r *Request) error {
	return badSignature(r.Service, "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// foreignKey is what a region that is switched off answers to every key.
func foreignKey(r *Request) error { return unknownKey(r.Service) }

// brokenService is the service's own failure, under the name it gives it.
func brokenService(r *Request) error {
	code := "InternalFailure"
	switch r.Service {
	case "secretsmanager":
		code = "InternalServiceError"
	case "kms":
		code = "KMSInternalException"
	case "lambda":
		code = "ServiceException"
	case "account":
		code = "InternalServerException"
	case "ec2":
		code = "InternalError"
	}
	return &apiError{http.StatusInternalServerError, code, "An error occurred on the server side."}
}

// staleToken refuses a page token.
func staleToken(r *Request) error { return badToken(r.Service) }

// gone is the answer to a question about a secret that does not exist.
func gone(*Request) error { return errNoSecret }

// come returns a strike that throttles with status and says in a header when
// to come back.
func come(status int, header string, value func(*hit) string) func(*hit) bool {
	return func(h *hit) bool {
		h.w.Header().Set(header, value(h))
		code := "TooManyRequestsException"
		if status == http.StatusServiceUnavailable {
			code = "ServiceUnavailable"
		}
		writeError(h.w, h.r, status, code, "Please come back later.")
		return true
	}
}

func always(text string) func(*hit) string { return func(*hit) string { return text } }

// nextSecond is the Retry-After of who speaks in dates, by the server's clock.
func nextSecond(h *hit) string {
	return h.cloud.Clock.wall().Add(time.Second).UTC().Format(http.TimeFormat)
}

// absurdDelays are values that cannot be read or that nobody should wait for.
var absurdDelays = []string{
	"99999999999999999999", "86400000", "-1", "1e9", "NaN", "0x10", "soon", "", "1, 2",
	"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 32 Jan 2026 25:61:61 GMT",
}

// comeAbsurdly goes through absurdDelays, in both headers that callers read.
func comeAbsurdly(h *hit) bool {
	value := absurdDelays[(h.n-1)%len(absurdDelays)]
	h.w.Header().Set("X-Amz-Retry-After", value)
	status := http.StatusTooManyRequests
	if h.n%2 == 0 {
		status = http.StatusServiceUnavailable
	}
	return come(status, "Retry-After", always(value))(h)
}

// say returns a strike whose answer is not the service's.
func say(status int, contentType, body string) func(*hit) bool {
	return func(h *hit) bool {
		h.w.Header().Set("Content-Type", contentType)
		writeBody(h.w, status, []byte(body))
		return true
	}
}

const (
	deniedXML = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>0</RequestId></Error>`
	deniedHTML = `<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1>` +
		`<p>This request was blocked by the network's policy.</p><script>alert(1)</script></body></html>`
	captivePortal = `<!DOCTYPE html><html><head><title>Welcome</title></head><body><form>Please sign in to use this network.</form></body></html>`
)

// denySome denies the chosen third of the resources, in a form that depends
// on the resource.
func denySome(h *hit) bool {
	if !h.chosen(h.r.Resource) {
		return false
	}
	forms := []func(*hit) bool{
		refuse(denied),
		say(http.StatusForbidden, "text/xml", deniedXML),
		say(http.StatusForbidden, "text/html", deniedHTML),
	}
	return forms[mix(hashOf(secretName(h.r.Resource)))%uint64(len(forms))](h)
}

// skewBy moves the wall clock of the whole cloud. A caller who reads the Date
// header can sign anew.
func skewBy(d time.Duration) func(*Injection) error {
	return func(i *Injection) error {
		i.cloud.Clock.SetSkew(d)
		i.atEnd(func() { i.cloud.Clock.SetSkew(0) })
		return nil
	}
}

// countSkewed lets the call through to be judged by the moved clock, and
// meets only those that were refused.
func countSkewed(h *hit) bool {
	signed, err := time.Parse("20060102T150405Z", h.r.HTTP.Header.Get("X-Amz-Date"))
	now := h.cloud.Clock.wall()
	if err == nil && !signed.Before(now.Add(-window)) && !signed.After(now.Add(window)) {
		return false
	}
	h.next(h.w)
	return true
}

// refuseDate refuses every date and tells none.
func refuseDate(h *hit) bool {
	h.w.Header()["Date"] = nil
	now := h.cloud.Clock.wall().UTC()
	h.cloud.fail(h.w, h.r, skewed(h.r.Service, now.Add(-4*window), now))
	return true
}
