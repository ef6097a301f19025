package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The packages of the SDK for the services whose configuration is searched would
// make the program twice as large, and those for keys, functions and the account let
// every start of it wait for their tables of regions. This file is what the SDK does
// for the others: endpoint, signature, retries, errors.

// A wireService is a service that is asked without a package of the SDK.
type wireService struct {
	name        string // under which it signs and has its hosts
	id          string // the SDK's name for it, for AWS_ENDPOINT_URL_...
	contentType string // of requests, "" for one that is asked by addresses alone
	target      string // before the operation in X-Amz-Target, "" for none
	version     string // of the API, which forms name
	// homes says where a service is that a partition has but one of, nil for others.
	homes map[string]serviceHome
}

const (
	jsonType    = "application/x-amz-json-1.1"
	oldJSONType = "application/x-amz-json-1.0"
	restType    = "application/json"
	formType    = "application/x-www-form-urlencoded; charset=utf-8"
)

// The services, with the names of their APIs.
var (
	wireEC2       = &wireService{name: "ec2", id: "EC2", contentType: formType, version: "2016-11-15"}
	wireStacks    = &wireService{name: "cloudformation", id: "CloudFormation", contentType: formType, version: "2010-05-15"}
	wireSSM       = &wireService{name: "ssm", id: "SSM", contentType: jsonType, target: "AmazonSSM."}
	wireECS       = &wireService{name: "ecs", id: "ECS", contentType: jsonType, target: "AmazonEC2ContainerServiceV20141113."}
	wireCodeBuild = &wireService{name: "codebuild", id: "CodeBuild", contentType: jsonType, target: "CodeBuild_20161006."}
	wireGlue      = &wireService{name: "glue", id: "Glue", contentType: jsonType, target: "AWSGlue."}
	wireStates    = &wireService{name: "states", id: "SFN", contentType: oldJSONType, target: "AWSStepFunctions."}
	wireLogs      = &wireService{name: "logs", id: "CloudWatch Logs", contentType: jsonType, target: "Logs_20140328."}
	wireAlarms    = &wireService{name: "monitoring", id: "CloudWatch", contentType: formType, version: "2010-08-01"}
	wireRules     = &wireService{name: "events", id: "EventBridge", contentType: jsonType, target: "AWSEvents."}
	wireS3        = &wireService{name: "s3", id: "S3"}
	wireRESTAPIs  = &wireService{name: "apigateway", id: "API Gateway"}
	wireHTTPAPIs  = &wireService{name: "apigateway", id: "ApiGatewayV2"}
	wireKMS       = &wireService{name: "kms", id: "KMS", contentType: jsonType, target: "TrentService."}
	wireLambda    = &wireService{name: "lambda", id: "Lambda"}
	wireAccount   = &wireService{name: "account", id: "Account", contentType: restType}
	wireIAM       = &wireService{name: "iam", id: "IAM", contentType: formType, version: "2010-05-08", homes: iamHomes}
	wireOrgs      = &wireService{name: "organizations", id: "Organizations", contentType: jsonType, target: "AWSOrganizationsV20161128.", homes: organizationHomes}
)

// A wireRequest is what is asked of a service, before it is signed.
type wireRequest struct {
	service *wireService
	method  string
	path    string // without the slash before it, escaped
	query   url.Values
	target  string // the operation, where the service wants it in X-Amz-Target
	bucket  string // of S3
	body    string
}

// askXML asks an operation of a service that takes forms and sends XML, and reads
// the answer into out. It is called inside of call, whose limits hold.
func (c *caller) askXML(ctx context.Context, s *wireService, op Operation, form url.Values, out any) error {
	_, name, _ := strings.Cut(string(op), ":")
	form.Set("Action", name)
	form.Set("Version", s.version)
	text, err := c.wire(ctx, &wireRequest{service: s, method: http.MethodPost, body: form.Encode()})
	if err != nil {
		return err
	}
	if xml.Unmarshal(text, out) != nil { // what it says may quote the answer
		return &answerError{"the answer is not what " + s.id + " sends"}
	}
	return nil
}

// askREST asks for what stands at a path of a service that sends JSON, and reads it
// into out.
func (c *caller) askREST(ctx context.Context, s *wireService, path string, query url.Values, out any) error {
	answer, err := c.wire(ctx, &wireRequest{service: s, method: http.MethodGet, path: path, query: query})
	return readJSON(s, answer, err, out)
}

// askJSON asks an operation of a service that speaks JSON, and reads the answer
// into out. It is called inside of call.
func (c *caller) askJSON(ctx context.Context, s *wireService, op Operation, in map[string]any, out any) error {
	_, name, _ := strings.Cut(string(op), ":")
	return c.post(ctx, &wireRequest{service: s, target: name}, in, out)
}

// post sends a request with in as its body, and reads the answer into out.
func (c *caller) post(ctx context.Context, r *wireRequest, in map[string]any, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r.method, r.body = http.MethodPost, string(body)
	answer, err := c.wire(ctx, r)
	return readJSON(r.service, answer, err, out)
}

func readJSON(s *wireService, answer []byte, err error, out any) error {
	if err == nil && json.Unmarshal(answer, out) != nil { // what it says may quote the answer
		err = &answerError{"the answer is not what " + s.id + " sends"}
	}
	return err
}

// wire sends a request and what has to be repeated of it.
func (c *caller) wire(ctx context.Context, r *wireRequest) ([]byte, error) {
	again := &retryer{limits: c.limits, credentials: c.cfg.Credentials}
	for attempt := 1; ; attempt++ {
		if _, err := again.GetAttemptToken(ctx); err != nil {
			return nil, err
		}
		answer, err := c.send(ctx, r)
		if err == nil || attempt == callAttempts || !again.IsErrorRetryable(err) {
			return answer, err
		}
		if _, stop := again.GetRetryToken(ctx, err); stop != nil {
			return nil, errors.Join(err, stop)
		}
	}
}

// send makes one request.
func (c *caller) send(ctx context.Context, r *wireRequest) ([]byte, error) {
	skew := time.Duration(c.skew.Load())
	signed, err := c.signed(ctx, r, skew)
	if err != nil {
		return nil, err
	}
	resp, err := c.cfg.HTTPClient.Do(signed)
	if err != nil {
		if hostless(err, signed.URL.Hostname()) && r.service.atHome(ctx, c.cfg) {
			err = &absentError{err}
		}
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode/100 == 2 {
		return answer, err
	}
	said := apiErrorOf(answer)
	if r.service.contentType != formType && r.service != wireS3 {
		said = jsonErrorOf(resp.Header, answer)
	}
	err = &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: said}
	return nil, c.corrected(err, resp, skew)
}

// signed is a request as it goes over the wire.
func (c *caller) signed(ctx context.Context, r *wireRequest, skew time.Duration) (*http.Request, error) {
	s := r.service
	endpoint, err := s.endpoint(ctx, c.cfg)
	if err != nil {
		return nil, err
	}
	if r.bucket != "" {
		endpoint = inBucket(endpoint, r.bucket)
	}
	address := endpoint + r.path
	if len(r.query) > 0 {
		address += "?" + strings.ReplaceAll(r.query.Encode(), "+", "%20")
	}
	h, err := http.NewRequestWithContext(ctx, r.method, address, strings.NewReader(r.body))
	if err != nil {
		return nil, &answerError{"the endpoint of " + s.id + " is no URL"}
	}
	h.Header.Set("User-Agent", "assay/"+c.options.Version)
	switch {
	case s.contentType != "":
		h.Header.Set("Content-Type", s.contentType)
	case s.name == "apigateway":
		h.Header.Set("Accept", restType) // its own choice has another form
	case s == wireS3:
		h.Header.Set("Accept-Encoding", "identity") // objects come as they are stored
	}
	if s.target != "" {
		h.Header.Set("X-Amz-Target", s.target+r.target)
	}
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(r.body))
	now := time.Now().Add(skew)
	signer := v4.NewSigner()
	if s == wireS3 { // which signs paths as they are, and the hash of the body in a header
		signer = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		h.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(hash[:]))
	}
	if err := signer.SignHTTP(ctx, credentials, h, hex.EncodeToString(hash[:]), s.name, s.region(ctx, c.cfg), now); err != nil {
		return nil, err
	}
	return h.WithContext(withHost(ctx, h.URL.Host)), nil
}

// jsonErrorOf reads an error as the services send it that speak JSON: its code
// stands in a header or in the body, with a namespace before and an address after.
func jsonErrorOf(header http.Header, body []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Code    any    // text, or a number that means nothing here
		Message string
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&said); err != nil && err != io.EOF {
		return &smithy.DeserializationError{Err: err} // something else answers
	}
	inBody, _ := said.Code.(string)
	code := cmp.Or(header.Get("X-Amzn-Errortype"), said.Type, inBody)
	code, _, _ = strings.Cut(code, ":")
	code = code[strings.LastIndexByte(code, '#')+1:]
	return &smithy.GenericAPIError{Code: cmp.Or(code, unknownCode), Message: said.Message}
}

// A skewError says that the clock here is wrong; what is signed from now on is
// corrected.
type skewError struct{ error }

func (e *skewError) Unwrap() error { return e.error }
func (e *skewError) again() bool   { return true }

// corrected learns from a refusal how wrong the clock is beyond what was known when
// the request was signed. Four minutes are the
// SDK's threshold: AWS tolerates five.
func (c *caller) corrected(err error, resp *http.Response, used time.Duration) error {
	theirs, bad := http.ParseTime(resp.Header.Get("Date"))
	if bad != nil || !hasCode(err, "RequestExpired", "AuthFailure", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "InvalidSignatureException") {
		return err
	}
	skew := time.Until(theirs)
	if (skew - used).Abs() < 4*time.Minute {
		return err
	}
	c.skew.Store(int64(skew))
	return &skewError{err}
}
