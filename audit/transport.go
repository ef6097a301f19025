package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// longestAnswer bounds the body of an answer to op, decompressed, in bytes. The
// longest real ones are a page of LookupEvents, 50 events of at most 256 kB, one
// of ListSecrets, of which a region has one on its way at a time, and templates and
// definitions, which are rare; of all others many are, and the longest is a policy of
// 64 kB.
func longestAnswer(op Operation) int {
	switch op {
	case LookupEvents, GetAccountAuthorizationDetails:
		return 16 << 20
	case GetObject: // CloudTrail's own are packed and have a few megabytes
		return 128 << 20
	case ListSecrets, GetTemplate: // a template of 1 MB in the escapes of XML
		return 8 << 20
	case DescribeStacks, DescribeStateMachine:
		return 4 << 20
	}
	return 2 << 20
}

// guardedClient returns a client with the connections, proxy and trusted
// authorities of base (nil for the SDK's default ones) behind a guard.
func guardedClient(base aws.HTTPClient, o callOptions) *http.Client {
	var transport http.RoundTripper
	switch b := base.(type) {
	case nil:
		transport = ownTransport(awshttp.NewBuildableClient(), o)
	case *awshttp.BuildableClient:
		transport = ownTransport(b, o)
	case *http.Client:
		c := *b
		c.CheckRedirect = noRedirect
		transport = roundTrip(c.Do)
	default:
		transport = roundTrip(b.Do)
	}
	return &http.Client{Timeout: o.Timeout, Transport: &guard{transport, o.Clock, make(places, longAnswers)}, CheckRedirect: noRedirect}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// A roundTrip is a client that was handed in ready to use.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ownTransport keeps as many connections as there are calls at the same time,
// and waits for no stage longer than for the whole.
func ownTransport(b *awshttp.BuildableClient, o callOptions) *http.Transport {
	t := b.WithDialerOptions(func(d *net.Dialer) { d.Timeout = min(10*time.Second, o.Timeout) }).GetTransport()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, o.Connections
	t.TLSHandshakeTimeout = min(t.TLSHandshakeTimeout, o.Timeout)
	t.ResponseHeaderTimeout = o.Timeout
	return t
}

// A guard stands between the SDK and the network. It lets no signed request go
// to another host than it was signed for, follows no redirect, and hands on an
// answer only when it is there as a whole, not too long, and of the right form:
// the SDK takes an empty body for an empty list.
type guard struct {
	base    http.RoundTripper
	clock   clock
	reading places // for answers that may be long
}

// longAnswers is how many long answers are in memory at the same time. As a page of a
// hundred secrets is read it takes a megabyte, and hundreds of regions may list theirs.
const longAnswers = 16

// places returns those that an answer to op needs, nil for none.
func (g *guard) places(op Operation) places {
	if longestAnswer(op) > longestAnswer("") {
		return g.reading
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	f := flightOf(r.Context())
	if err := sameHost(r); err != nil {
		return nil, err
	}
	longest := longestAnswer("")
	if f != nil {
		longest = longestAnswer(f.operation)
		f.sent(signedWith(r.Header.Get("Authorization")), signature(r.Header.Get("Authorization")), r.Header.Get("X-Amz-Security-Token"))
	}
	r, err := fromMemory(r)
	if err != nil {
		return nil, err
	}
	f.leave() // what an earlier attempt took
	resp, err := g.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if f != nil {
		f.take(g.places(f.operation))
	}
	body, err := take(resp, longest)
	if err == nil && f != nil {
		g.pause(f.group, resp)
		if f.operation != GetObject {
			err = wellFormed(resp, body, f.operation.Service())
		}
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// CloseIdleConnections is called by the method of http.Client of that name.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// fromMemory returns r with a body that is there as a whole. The SDK closes the
// body that it hands in as soon as the header of the answer is there, and the
// transport, if it was not done with writing, drops the connection and with it
// the answer: one long answer in fifteen on a fast network.
func fromMemory(r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err = errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	own := *r
	own.Body = io.NopCloser(bytes.NewReader(body))
	return &own, nil
}

// take reads the whole body, of at most that many bytes.
func take(resp *http.Response, longest int) ([]byte, error) {
	defer resp.Body.Close()
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, &redirectError{redirected(resp), resp.Header.Get("X-Amz-Bucket-Region")}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(longest)+1))
	switch {
	case len(body) > longest:
		return nil, &answerError{fmt.Sprintf("the answer is longer than %d MiB", longest>>20)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &cutError{answerError{fmt.Sprintf("the answer ended after %d bytes, before its end", len(body))}}
	case err != nil:
		return nil, &readError{err}
	}
	return body, nil
}

// A redirectError is a redirect that was not followed, with the region where S3 says
// that the bucket is.
type redirectError struct {
	error
	region string
}

func (e *redirectError) Unwrap() error { return e.error }

func redirected(resp *http.Response) error {
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Hostname() == "" {
		return &answerError{fmt.Sprintf("HTTP status %d, a redirect to nowhere", resp.StatusCode)}
	}
	return &answerError{"a redirect to the host " + to.Hostname() + " was not followed"}
}

// pause obeys a server that says when to come back.
func (g *guard) pause(group *group, resp *http.Response) {
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return
	}
	now, err := http.ParseTime(resp.Header.Get("Date")) // the server's clock if it shows it
	if err != nil {
		now = g.clock.Now()
	}
	group.pause(waitOf(resp.Header, now))
}

// waitOf reads Retry-After, in seconds or as a date, and AWS's own header in
// milliseconds; 0 for what makes no sense.
func waitOf(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(n) * time.Second
	}
	if until, err := http.ParseTime(value); err == nil {
		return max(0, until.Sub(now))
	}
	if n, err := strconv.ParseUint(strings.TrimSpace(h.Get("X-Amz-Retry-After")), 10, 32); err == nil {
		return time.Duration(n) * time.Millisecond
	}
	return 0
}

// retryAfter returns that header of the answer that err is about.
func retryAfter(err error) string {
	if e, ok := errors.AsType[interface {
		error
		HTTPResponse() *smithyhttp.Response
	}](err); ok && e.HTTPResponse() != nil && e.HTTPResponse().Response != nil {
		return e.HTTPResponse().Header.Get("Retry-After")
	}
	return ""
}

// wellFormed checks that an answer is one JSON object, or begins like the XML of
// the services that send that, which their readers check to the end.
func wellFormed(resp *http.Response, body []byte, service string) error {
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return nil
	}
	text := bytes.TrimLeft(body, " \t\r\n")
	xml := slices.Contains([]string{"sts", "ec2", "cloudformation", "cloudwatch", "iam", "s3"}, service)
	switch {
	case len(text) == 0:
		return &answerError{"the answer is empty"}
	case xml && text[0] == '<' && !isHTML(text), !xml && text[0] == '{' && json.Valid(text):
		return nil
	case resp.Header.Get("Content-Encoding") != "":
		return &answerError{fmt.Sprintf("the answer is in an encoding that was not asked for: %q", resp.Header.Get("Content-Encoding"))}
	}
	return &answerError{fmt.Sprintf("the answer is malformed (content type %q)", resp.Header.Get("Content-Type"))}
}

func isHTML(text []byte) bool {
	start := strings.ToLower(string(text[:min(len(text), 16)]))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// A hostError says that a request would have gone to another host than the one
// that it was made for.
type hostError struct{ host string }

func (e *hostError) Error() string {
	return "no request for this endpoint may go to the host " + e.host
}
func (e *hostError) again() bool { return false }

// sameHost refuses requests with credentials in them that go elsewhere.
func sameHost(r *http.Request) error {
	if r.Header.Get("Authorization") == "" && r.Header.Get("X-Amz-Security-Token") == "" {
		return nil
	}
	signed, _ := r.Context().Value(hostKey{}).(string)
	if signed == "" || signed != r.URL.Host || r.Host != "" && r.Host != signed {
		return &hostError{r.URL.Hostname()}
	}
	return nil
}

// stampHost is a middleware that notes for which host a request was signed.
type stampHost struct{}

type hostKey struct{}

// ID implements middleware.FinalizeMiddleware.
func (stampHost) ID() string { return "AssayHost" }

// HandleFinalize implements middleware.FinalizeMiddleware.
func (stampHost) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	if r, ok := in.Request.(*smithyhttp.Request); ok {
		ctx = withHost(ctx, r.URL.Host)
	}
	return next.HandleFinalize(ctx, in)
}

func withHost(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, hostKey{}, host)
}

// stamped adds stampHost and the program's name to the requests of a client,
// unless they are there.
func stamped(version string) func(*middleware.Stack) error {
	return func(s *middleware.Stack) error {
		if _, ok := s.Finalize.Get(stampHost{}.ID()); ok {
			return nil
		}
		if err := awsmiddleware.AddUserAgentKeyValue("assay", version)(s); err != nil {
			return err
		}
		return s.Finalize.Add(stampHost{}, middleware.After)
	}
}

// stsEndpoint sends the requests for a profile's role to where the configuration
// says that STS is. The SDK knows AWS_ENDPOINT_URL only after it has made the
// client for these.
func stsEndpoint(ctx context.Context, cfg aws.Config) func(*middleware.Stack) error {
	base, err := url.Parse(configuredEndpoint(ctx, cfg, sts.ServiceID))
	return func(s *middleware.Stack) error {
		if err != nil || base.Host == "" {
			return nil
		}
		if _, ok := s.Finalize.Get("ResolveEndpointV2"); !ok {
			return nil
		}
		return s.Finalize.Insert(middleware.FinalizeMiddlewareFunc("AssayEndpoint", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if r, ok := in.Request.(*smithyhttp.Request); ok && awsmiddleware.GetServiceID(ctx) == sts.ServiceID {
				r.URL.Scheme, r.URL.Host = base.Scheme, base.Host
			}
			return next.HandleFinalize(ctx, in)
		}), "ResolveEndpointV2", middleware.After)
	}
}

// signedWith returns the id of the access key in a header of Signature Version 4.
func signedWith(header string) string {
	_, rest, _ := strings.Cut(header, "Credential=")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

func signature(header string) string {
	_, rest, _ := strings.Cut(header, "Signature=")
	s, _, _ := strings.Cut(rest, ",")
	return strings.TrimSpace(s)
}
