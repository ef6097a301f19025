package send

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/assayhq/assay/audit"
	"github.com/assayhq/assay/report"
)

const (
	attempts      = 5
	timeout       = 30 * time.Second // of one request
	longestWait   = 20 * time.Second // between two of them
	longestAnswer = 1 << 20          // bytes that are read of one
)

// A Client makes requests, one after the other.
type Client struct {
	version string
	sleep   func(context.Context, time.Duration) error
	now     func() time.Time
}

// NewClient returns a client whose user agent names the program's version.
func NewClient(version string) *Client { return &Client{version: version, sleep: sleep, now: time.Now} }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// A request is what is sent, before it is signed.
type request struct {
	address     string
	contentType string
	target      string // X-Amz-Target, "" for none
	body        []byte
	service     string      // that it is signed for, "" for no signature
	cfg         *aws.Config // whose credentials and region sign it
	transport   http.RoundTripper
}

// A refusal is an answer that is none. Its text holds nothing of the request.
type refusal struct {
	status        int
	code, message string
	wait          time.Duration // that the answer asks for
}

func (r *refusal) Error() string {
	text := "the answer was HTTP " + strconv.Itoa(r.status)
	if r.code != "" {
		text += " " + report.Inert(r.code)
	}
	if r.message != "" {
		text += ": " + report.Inert(r.message[:min(len(r.message), 300)])
	}
	return text
}

// again reports whether another try makes sense.
func (r *refusal) again() bool {
	return r.status == http.StatusTooManyRequests || r.status >= 500 || strings.Contains(r.code, "Throttl") || r.code == "TooManyRequestsException" || r.code == "LimitExceededException"
}

// do sends a request until it is answered, at most attempts times.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	if err := secure(r.address); err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: timeout, Transport: r.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, client, r)
		if err == nil {
			return answer, nil
		}
		var refused *refusal
		isRefused := errors.As(err, &refused)
		if ctx.Err() != nil || attempt == attempts || isRefused && !refused.again() || errors.Is(err, errForGood) {
			return nil, err
		}
		wait := time.Duration(float64(500*time.Millisecond<<(attempt-1)) * (0.5 + rand.Float64()/2))
		if isRefused {
			wait = max(wait, refused.wait)
		}
		if err := c.sleep(ctx, min(wait, longestWait)); err != nil {
			return nil, err
		}
	}
}

// errForGood is wrapped by errors that another try meets too.
var errForGood = errors.New("no request could be made")

func (c *Client) once(ctx context.Context, client *http.Client, r request) ([]byte, error) {
	h, err := http.NewRequestWithContext(ctx, http.MethodPost, r.address, bytes.NewReader(r.body))
	if err != nil {
		return nil, errForGood // what it says may quote the address
	}
	h.Header.Set("User-Agent", "assay/"+c.version)
	h.Header.Set("Content-Type", r.contentType)
	if r.target != "" {
		h.Header.Set("X-Amz-Target", r.target)
	}
	if r.service != "" {
		if err := c.sign(ctx, h, r); err != nil {
			return nil, err
		}
	}
	answer, err := client.Do(h)
	if err != nil {
		return nil, unreachable(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return nil, refusalOf(answer, body, r.service != "")
	}
	if err != nil {
		return nil, unreachable(err)
	}
	return body, nil
}

func (c *Client) sign(ctx context.Context, h *http.Request, r request) error {
	credentials, err := r.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errForGood, err)
	}
	sum := sha256.Sum256(r.body)
	return v4.NewSigner().SignHTTP(ctx, credentials, h, hex.EncodeToString(sum[:]), r.service, r.cfg.Region, c.now())
}

// unreachable takes the address off an error: it may hold a secret.
func unreachable(err error) error {
	if of, ok := errors.AsType[*url.Error](err); ok {
		if of.Timeout() {
			return fmt.Errorf("no answer within %s", timeout)
		}
		err = of.Err
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the host cannot be found: " + dns.Err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return errors.New("no connection: " + op.Err.Error())
	}
	return err
}

// refusalOf reads what AWS says. What somebody else says may be anything, and is not
// shown.
func refusalOf(answer *http.Response, body []byte, aws bool) *refusal {
	r := &refusal{status: answer.StatusCode}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
		r.wait = time.Duration(min(seconds, 3600)) * time.Second
	}
	if !aws {
		return r
	}
	var said struct {
		Type    string `json:"__type"`
		Code    string
		Message string
	}
	var form struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(body, &said) != nil && xml.Unmarshal(body, &form) == nil {
		said.Code, said.Message = form.Error.Code, form.Error.Message
	}
	code, _, _ := strings.Cut(cmp.Or(answer.Header.Get("X-Amzn-Errortype"), said.Type, said.Code), ":")
	r.code, r.message = code[strings.LastIndexByte(code, '#')+1:], said.Message
	return r
}

// secure refuses an address that others on the way could read.
func secure(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%w: the address is no URL", errForGood)
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("%w: %s is neither https nor on this machine", errForGood, shown(u))
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

// shown is as much of an address as is no secret: the rest of a webhook's is its
// password.
func shown(u *url.URL) string {
	return report.Inert(u.Scheme + "://" + u.Host)
}

// transportOf returns the connections, proxy and trusted authorities of a session.
func transportOf(cfg aws.Config) http.RoundTripper {
	switch b := cfg.HTTPClient.(type) {
	case *awshttp.BuildableClient:
		return b.GetTransport()
	case nil:
		return awshttp.NewBuildableClient().GetTransport()
	default:
		return roundTrip(b.Do)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// aws sends a request to a service of AWS in the region of cfg. path has no slash
// before it.
func (c *Client) aws(ctx context.Context, cfg aws.Config, name, id string, r request, path string) ([]byte, error) {
	endpoint, err := audit.Endpoint(ctx, cfg, name, id)
	if err != nil {
		return nil, err
	}
	r.address, r.service, r.cfg, r.transport = endpoint+path, name, &cfg, transportOf(cfg)
	return c.do(ctx, r)
}
