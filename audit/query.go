package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Three lines of XML are all that is needed of EC2, whose package in the SDK
// would make the program a third larger. This file is what the SDK does for the
// other services: endpoint, signature, retries, errors.

// ec2 asks an operation of EC2 and returns the XML of the answer. It is called
// inside of call, whose limits hold.
func (c *caller) ec2(ctx context.Context, form url.Values) ([]byte, error) {
	r := &retryer{limits: c.limits, credentials: c.cfg.Credentials}
	for attempt := 1; ; attempt++ {
		if _, err := r.GetAttemptToken(ctx); err != nil {
			return nil, err
		}
		answer, err := c.post(ctx, form)
		if err == nil || attempt == callAttempts || !r.IsErrorRetryable(err) {
			return answer, err
		}
		if _, stop := r.GetRetryToken(ctx, err); stop != nil {
			return nil, errors.Join(err, stop)
		}
	}
}

// post makes one request.
func (c *caller) post(ctx context.Context, form url.Values) ([]byte, error) {
	r, err := c.ec2Request(ctx, form)
	if err != nil {
		return nil, err
	}
	resp, err := c.cfg.HTTPClient.Do(r)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusOK {
		return answer, err
	}
	err = &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: apiErrorOf(answer)}
	return nil, c.corrected(err, resp)
}

func (c *caller) ec2Request(ctx context.Context, form url.Values) (*http.Request, error) {
	endpoint, err := queryEndpoint(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	body := form.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return nil, &answerError{"the endpoint of EC2 is no URL"}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("User-Agent", "assay/"+c.options.Version)
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(body))
	now := time.Now().Add(time.Duration(c.skew.Load()))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "ec2", c.region, now); err != nil {
		return nil, err
	}
	return r.WithContext(withHost(ctx, r.URL.Host)), nil
}

// A skewError says that the clock here is wrong; what is signed from now on is
// corrected.
type skewError struct{ error }

func (e *skewError) Unwrap() error { return e.error }
func (e *skewError) again() bool   { return true }

// corrected learns from a refusal how wrong the clock is. Four minutes are the
// SDK's threshold: AWS tolerates five.
func (c *caller) corrected(err error, resp *http.Response) error {
	theirs, bad := http.ParseTime(resp.Header.Get("Date"))
	if bad != nil || !hasCode(err, "RequestExpired", "AuthFailure", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "InvalidSignatureException") {
		return err
	}
	skew := time.Until(theirs)
	if (skew - time.Duration(c.skew.Load())).Abs() < 4*time.Minute {
		return err
	}
	c.skew.Store(int64(skew))
	return &skewError{err}
}

// queryEndpoint is where EC2 is: where AWS_ENDPOINT_URL_EC2 or AWS_ENDPOINT_URL or
// their like in the shared configuration say, or else at its own address.
func queryEndpoint(ctx context.Context, cfg aws.Config) (string, error) {
	if own := configuredEndpoint(ctx, cfg, "EC2"); own != "" {
		u, err := url.Parse(own)
		if err != nil || u.Host == "" {
			return "", &answerError{"the configured endpoint of EC2 is no URL"}
		}
		return strings.TrimSuffix(own, "/") + "/", nil
	}
	if !validRegion(cfg.Region) {
		return "", &answerError{fmt.Sprintf("%q is no region", cfg.Region)}
	}
	_, suffix := partitionOf(cfg.Region)
	name := "ec2"
	if wantsFIPS(ctx, cfg) {
		name = "ec2-fips"
	}
	return "https://" + name + "." + cfg.Region + "." + suffix + "/", nil
}

// configuredEndpoint returns where the configuration says that a service is, ""
// for its own address. service is the SDK's name for it.
func configuredEndpoint(ctx context.Context, cfg aws.Config, service string) string {
	if off, found, err := config.GetIgnoreConfiguredEndpoints(ctx, cfg.ConfigSources); err == nil && found && off {
		return ""
	}
	for _, source := range cfg.ConfigSources {
		p, ok := source.(interface {
			GetServiceBaseEndpoint(ctx context.Context, sdkID string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if own, found, err := p.GetServiceBaseEndpoint(ctx, service); err == nil && found {
			return own
		}
	}
	return aws.ToString(cfg.BaseEndpoint)
}

func wantsFIPS(ctx context.Context, cfg aws.Config) bool {
	for _, source := range cfg.ConfigSources {
		p, ok := source.(interface {
			GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
		})
		if !ok {
			continue
		}
		if state, found, err := p.GetUseFIPSEndpoint(ctx); err == nil && found {
			return state == aws.FIPSEndpointStateEnabled
		}
	}
	return false
}
