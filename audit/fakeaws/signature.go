package fakeaws

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// window is how far a signature's date may be from the server's clock.
const window = 5 * time.Minute

// verify checks who asks: the key and its session, the region, the scope, the
// date and the signature. The error is the one that the service would give.
func (c *Cloud) verify(r *Request) error {
	key := c.credential(r.accessKey)
	if key == nil {
		return unknownKey(r.Service)
	}
	token := r.HTTP.Header.Get("X-Amz-Security-Token")
	if subtle.ConstantTimeCompare([]byte(token), []byte(key.SessionToken)) != 1 {
		return unknownKey(r.Service)
	}
	if !key.ends.IsZero() && !c.Clock.aging().Before(key.ends) {
		return expired(r.Service)
	}
	if !c.enabled(r) {
		return unknownKey(r.Service)
	}
	if err := c.verifyScope(r); err != nil {
		return err
	}
	if c.options.TrustSignatures {
		return nil
	}
	want := hex.EncodeToString(mac(key.signingKey(r), stringToSign(r)))
	if subtle.ConstantTimeCompare([]byte(want), []byte(r.signature)) != 1 {
		return badSignature(r.Service, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// enabled reports whether the account has switched the region on. The
// services do not know a key in a region that is off.
func (c *Cloud) enabled(r *Request) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	account := c.accounts[r.Account]
	if account == nil {
		return false
	}
	region := account.Regions[r.Region]
	return region != nil && region.on()
}

// verifyScope checks date, host and region against what was signed.
func (c *Cloud) verifyScope(r *Request) error {
	signed, err := time.Parse("20060102T150405Z", r.HTTP.Header.Get("X-Amz-Date"))
	if err != nil || !strings.HasPrefix(r.HTTP.Header.Get("X-Amz-Date"), r.scopeDate) {
		return &apiError{http.StatusBadRequest, "IncompleteSignatureException", "Date must be in ISO-8601 'basic format' and match the credential's scope"}
	}
	if now := c.Clock.wall(); signed.Before(now.Add(-window)) || signed.After(now.Add(window)) {
		return skewed(r.Service, signed, now.UTC())
	}
	names := strings.Split(r.signedHeaders, ";")
	if !slices.Contains(names, "host") {
		return badSignature(r.Service, "'Host' must be a 'SignedHeader' in the AWS Authorization.")
	}
	service, region, ok := serviceHost(r.HTTP.Host)
	if ok && service != r.Service {
		return badSignature(r.Service, "Credential should be scoped to correct service: '"+service+"'.")
	}
	if ok && region != "" && region != r.Region {
		return badSignature(r.Service, "Credential should be scoped to a valid region.")
	}
	return nil
}

// serviceHost reads service and region from a host of AWS's own form; ok is
// false for any other, such as a loopback address.
func serviceHost(host string) (service, region string, ok bool) {
	host, _, _ = strings.Cut(host, ":")
	rest, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		return "", "", false
	}
	service, region, _ = strings.Cut(rest, ".")
	return strings.TrimSuffix(service, "-fips"), region, true
}

// signingKey derives the key of the request's scope, once per scope.
func (k *credential) signingKey(r *Request) []byte {
	scope := r.scopeDate + "/" + r.Region + "/" + r.Service
	if key, ok := k.signing.Load(scope); ok {
		return key.([]byte)
	}
	key := mac([]byte("AWS4"+k.SecretAccessKey), r.scopeDate)
	for _, part := range []string{r.Region, r.Service, "aws4_request"} {
		key = mac(key, part)
	}
	k.signing.Store(scope, key)
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// stringToSign builds what Signature Version 4 signs.
func stringToSign(r *Request) string {
	hash := sha256.Sum256([]byte(canonicalRequest(r)))
	return "AWS4-HMAC-SHA256\n" + r.HTTP.Header.Get("X-Amz-Date") + "\n" +
		r.scopeDate + "/" + r.Region + "/" + r.Service + "/aws4_request\n" + hex.EncodeToString(hash[:])
}

func canonicalRequest(r *Request) string {
	var b strings.Builder
	b.WriteString(r.HTTP.Method + "\n")
	b.WriteString(canonicalPath(r.HTTP.URL, r.Service == "s3") + "\n")
	b.WriteString(strings.ReplaceAll(r.HTTP.URL.Query().Encode(), "+", "%20") + "\n")
	for name := range strings.SplitSeq(r.signedHeaders, ";") {
		b.WriteString(name + ":" + headerValue(r.HTTP, name) + "\n")
	}
	b.WriteString("\n" + r.signedHeaders + "\n")
	hash := sha256.Sum256(r.Body)
	b.WriteString(hex.EncodeToString(hash[:]))
	return b.String()
}

// canonicalPath escapes the escaped path once more, as all services but S3
// want it.
func canonicalPath(u *url.URL, once bool) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	if once {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func headerValue(h *http.Request, name string) string {
	switch name {
	case "host":
		return h.Host
	case "content-length":
		return strconv.FormatInt(h.ContentLength, 10)
	}
	values := h.Header.Values(name)
	trimmed := make([]string, len(values))
	for i, value := range values {
		trimmed[i] = strings.Join(strings.Fields(value), " ")
	}
	return strings.Join(trimmed, ",")
}

// unknownKey is the answer to a key that does not exist, whose session token
// is wrong, or in a region that is switched off.
func unknownKey(service string) error {
	switch service {
	case "sts", "cloudformation", "iam", "monitoring":
		return &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	case "s3":
		return &apiError{http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}
	case "ec2":
		return &apiError{http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case "lambda", "account", "apigateway":
		return &apiError{http.StatusForbidden, "UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	return &apiError{http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid."}
}

// expired is the answer to a session that has ended.
func expired(service string) error {
	const text = "The security token included in the request is expired"
	switch service {
	case "sts", "cloudformation", "iam", "s3", "monitoring":
		return &apiError{http.StatusForbidden, "ExpiredToken", text}
	case "ec2":
		return &apiError{http.StatusBadRequest, "RequestExpired", text}
	case "lambda", "account", "apigateway":
		return &apiError{http.StatusForbidden, "ExpiredTokenException", text}
	}
	return &apiError{http.StatusBadRequest, "ExpiredTokenException", text}
}

// badSignature is the answer to a signature that is not the key's.
func badSignature(service, text string) error {
	switch service {
	case "sts", "cloudformation", "iam", "s3", "monitoring":
		return &apiError{http.StatusForbidden, "SignatureDoesNotMatch", text}
	case "ec2":
		return &apiError{http.StatusUnauthorized, "AuthFailure", text}
	case "lambda", "account", "apigateway":
		return &apiError{http.StatusForbidden, "InvalidSignatureException", text}
	}
	return &apiError{http.StatusBadRequest, "InvalidSignatureException", text}
}

// skewed is the answer to a signature from another time. It says the same as
// a bad signature; the Date header tells the caller what the time is.
func skewed(service string, signed, now time.Time) error {
	const form = "20060102T150405Z"
	if signed.Before(now) {
		return badSignature(service, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)",
			signed.Format(form), now.Add(-window).Format(form), now.Format(form)))
	}
	return badSignature(service, fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)",
		signed.Format(form), now.Add(window).Format(form), now.Format(form)))
}
