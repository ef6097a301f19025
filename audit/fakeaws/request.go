package fakeaws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Request is one call as the endpoint understood it: who asked which
// operation of which service for what. Fields that the request did not tell
// are empty.
type Request struct {
	Account   string // twelve digits; the account that the access key belongs to
	Region    string // of the signature's scope
	Service   string // signing name: secretsmanager, cloudtrail, kms, lambda, account, sts, ec2
	Operation string // API name, such as ListSecrets
	Resource  string // as asked for: a secret's id, key id, function, trail or role; may be a name or an ARN
	Attempt   int    // from 1, as the SDK's amz-sdk-request header counts; 1 without the header
	Body      []byte // the whole body, at most maxBody bytes
	HTTP      *http.Request

	accessKey     string
	scopeDate     string // YYYYMMDD of the signature's scope
	signedHeaders string // names, separated by semicolons
	signature     string
	in            input // what the body, the path or the form asks
}

// name returns the operation as service:Operation.
func (r *Request) name() string { return r.Service + ":" + r.Operation }

// Fault stands in front of the services and may answer in their place.
// Serve reports whether it has dealt with the call. It may call next to let
// the services (and the faults behind it) answer, into w or into a writer of
// its own whose content it then changes; it then returns true.
type Fault interface {
	Serve(w http.ResponseWriter, r *Request, next func(http.ResponseWriter)) (handled bool)
}

// protocol is one of the ways in which a service frames its calls.
type protocol int

const (
	jsonRPC  protocol = iota // AWS JSON 1.1: X-Amz-Target, POST /
	restJSON                 // operation in the path
	queryXML                 // form with Action=, XML answers
	ec2XML                   // the same with EC2's own envelope
	restXML                  // S3: bucket and key in the path
)

// maxBody bounds what is read of a request. The largest real one (a batch of
// secret ids) is a few kilobytes.
const maxBody = 1 << 20

// protocolOf returns how the service of this signing name talks.
func protocolOf(service string) protocol {
	switch service {
	case "lambda", "account", "apigateway", "securityhub":
		return restJSON
	case "sts", "cloudformation", "iam", "monitoring", "sns":
		return queryXML
	case "ec2":
		return ec2XML
	case "s3":
		return restXML
	}
	return jsonRPC
}

// apiError is an error that the caller gets as an answer.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// identify reads who asks for what. The Request is never nil: on an error it
// holds what could be understood, so that the error can be told in the
// service's own protocol. The error is always an *apiError.
func (c *Cloud) identify(h *http.Request) (*Request, error) {
	r := &Request{HTTP: h, Attempt: attemptOf(h.Header.Get("Amz-Sdk-Request"))}
	authErr := r.readAuthorization(h.Header.Get("Authorization"))
	if key := c.credential(r.accessKey); key != nil {
		r.Account = key.account
	}
	body, err := io.ReadAll(io.LimitReader(h.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		r.guessService()
		return r, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "the request body cannot be read"}
	}
	r.Body = body
	if err := r.readOperation(); err != nil {
		return r, err
	}
	return r, authErr
}

// readAuthorization takes the Signature Version 4 header apart.
func (r *Request) readAuthorization(header string) error {
	if header == "" {
		return &apiError{http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return errIncompleteSignature
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return errIncompleteSignature
			}
			r.accessKey, r.scopeDate, r.Region, r.Service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			r.signedHeaders = value
		case "Signature":
			r.signature = value
		}
	}
	if r.accessKey == "" || r.signedHeaders == "" || r.signature == "" {
		return errIncompleteSignature
	}
	return nil
}

var errIncompleteSignature = &apiError{http.StatusBadRequest, "IncompleteSignatureException",
	"Authorization header requires 'Credential' parameter, 'Signature' parameter and 'SignedHeaders' parameter"}

// targets maps the prefix of X-Amz-Target to the signing name.
var targets = map[string]string{
	"secretsmanager":                     "secretsmanager",
	"TrentService":                       "kms",
	"CloudTrail_20131101":                "cloudtrail",
	"AmazonSSM":                          "ssm",
	"AWSGlue":                            "glue",
	"AWSOrganizationsV20161128":          "organizations",
	"Logs_20140328":                      "logs",
	"AWSStepFunctions":                   "states",
	"CodeBuild_20161006":                 "codebuild",
	"AWSEvents":                          "events",
	"AmazonEC2ContainerServiceV20141113": "ecs",
	"com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101": "cloudtrail",
}

// guessService names the service of a request that carries no usable scope.
func (r *Request) guessService() {
	if r.Service != "" {
		return
	}
	target := r.HTTP.Header.Get("X-Amz-Target")
	if i := strings.LastIndexByte(target, '.'); i >= 0 {
		r.Service = targets[target[:i]]
		return
	}
	switch path := r.HTTP.URL.Path; {
	case strings.HasPrefix(path, "/2015-03-31/"):
		r.Service = "lambda"
	case strings.HasPrefix(path, "/restapis"), strings.HasPrefix(path, "/v2/apis"):
		r.Service = "apigateway"
	case path == "/":
		r.Service = "sts"
	default:
		r.Service = "account"
	}
}

// readOperation finds the operation and its parameters.
func (r *Request) readOperation() error {
	r.guessService()
	switch protocolOf(r.Service) {
	case jsonRPC:
		return r.readTarget()
	case restJSON:
		return r.readPath()
	case restXML:
		return r.readBucketPath()
	default:
		return r.readForm()
	}
}

func (r *Request) readTarget() error {
	target := r.HTTP.Header.Get("X-Amz-Target")
	i := strings.LastIndexByte(target, '.')
	if i < 0 || targets[target[:i]] != r.Service {
		return errUnknownOperation
	}
	r.Operation = target[i+1:]
	if err := decodeInput(r.Body, &r.in); err != nil {
		return err
	}
	r.Resource = firstOf(r.in.SecretId, r.in.KeyId, r.in.TrailName, r.in.Name, r.in.ChildId, r.in.TargetId, r.in.PolicyId, r.in.TaskDefinition, r.in.StateMachineARN, strings.Join(r.in.Names, ","))
	return nil
}

// readPath reads the operations of lambda (/2015-03-31/functions/NAME/...), of
// apigateway and of account (/listRegions).
func (r *Request) readPath() error {
	if r.Service == "apigateway" {
		return r.readAPIPath()
	}
	if r.Service == "securityhub" {
		return r.readHubPath()
	}
	if r.Service == "account" {
		name := strings.TrimPrefix(r.HTTP.URL.Path, "/")
		if name == "" {
			return errUnknownOperation
		}
		r.Operation = strings.ToUpper(name[:1]) + name[1:]
		return decodeInput(r.Body, &r.in)
	}
	if r.HTTP.URL.Path == "/2015-03-31/functions" && r.HTTP.Method == http.MethodGet {
		r.Operation, r.in.Marker = "ListFunctions", r.HTTP.URL.Query().Get("Marker")
		return nil
	}
	rest, ok := strings.CutPrefix(r.HTTP.URL.EscapedPath(), "/2015-03-31/functions/")
	name, leaf, found := strings.Cut(rest, "/")
	if !ok || !found || r.HTTP.Method != http.MethodGet {
		return errUnknownOperation
	}
	name, err := url.PathUnescape(name)
	if err != nil {
		return errUnknownOperation
	}
	r.Resource = name
	switch leaf {
	case "configuration":
		r.Operation = "GetFunctionConfiguration"
	case "policy":
		r.Operation = "GetPolicy"
	default:
		return errUnknownOperation
	}
	return nil
}

func (r *Request) readForm() error {
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return &apiError{http.StatusBadRequest, "MalformedQueryString", "the form cannot be read"}
	}
	if len(r.Body) == 0 {
		form = r.HTTP.URL.Query()
	}
	r.in.form = form
	r.Operation = form.Get("Action")
	r.Resource = firstOf(form.Get("RoleArn"), form.Get("StackName"), form.Get("UserName"))
	if r.Operation == "" {
		return errUnknownOperation
	}
	return nil
}

var errUnknownOperation = &apiError{http.StatusBadRequest, "UnknownOperationException", "the operation is not known"}

// decodeInput reads a JSON body; an empty one asks nothing.
func decodeInput(body []byte, in *input) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, in); err != nil {
		return &apiError{http.StatusBadRequest, "SerializationException", "the request body cannot be read: " + err.Error()}
	}
	return nil
}

// attemptOf reads "attempt=2; max=3".
func attemptOf(header string) int {
	for part := range strings.SplitSeq(header, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(part), "attempt="); ok {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				return n
			}
		}
	}
	return 1
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// fail answers with err, which may be any error; one that is not an
// *apiError is the fake's own fault and told as such.
func (c *Cloud) fail(w http.ResponseWriter, r *Request, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
	}
	code := e.code
	if p := protocolOf(r.Service); p == queryXML || p == ec2XML {
		code = queryCode(code)
	}
	writeError(w, r, e.status, code, e.message)
}

// queryCode is what the query services call an error that all services have.
func queryCode(code string) string {
	switch code {
	case "UnknownOperationException":
		return "InvalidAction"
	case "MissingAuthenticationTokenException", "IncompleteSignatureException":
		return strings.TrimSuffix(code, "Exception")
	}
	return code
}
