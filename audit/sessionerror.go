package audit

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
)

// A SessionError says why an account cannot be asked at all. Both texts are one
// line and hold nothing of the credentials; Err may.
type SessionError struct {
	What string
	Hint string // how to mend it, "" if that is not known
	Err  error
}

func (e *SessionError) Error() string { return e.What }
func (e *SessionError) Unwrap() error { return e.Err }

var errNoCredentials = errors.New("no credentials")

const getCredentials = "set AWS_PROFILE or give --profile, or run `aws configure` or `aws sso login`; on AWS, give the machine or container a role"

// sessionError tells the causes apart that a user can do something about.
func sessionError(err error, o SessionOptions, cfg aws.Config) error {
	what, hint := configProblem(err, o)
	if what == "" {
		what, hint = sourceProblem(err, o, providerSources(cfg.Credentials))
	}
	if what == "" {
		what, hint = networkProblem(err)
	}
	if what == "" {
		what, hint = refusal(err, o, providerSources(cfg.Credentials))
	}
	if what == "" {
		what = rootText(err)
	}
	return &SessionError{What: oneLine(what), Hint: hint, Err: err}
}

func configProblem(err error, o SessionOptions) (what, hint string) {
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return fmt.Sprintf("there is no profile %q in the AWS configuration", e.Profile), "`aws configure list-profiles` lists them"
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return "the role asks for a code of an MFA device, and there is nobody to ask for it",
			"run it in a terminal, or get credentials first with `aws sts get-session-token --serial-number ... --token-code ...`"
	}
	if e, ok := errors.AsType[config.SharedConfigLoadError](err); ok {
		return "the AWS configuration " + e.Filename + " cannot be read: " + rootText(e.Err), ""
	}
	return "", ""
}

// sourceProblem is for sources that gave no credentials.
func sourceProblem(err error, o SessionOptions, sources []aws.CredentialSource) (what, hint string) {
	if errors.Is(err, errNoCredentials) {
		return "no AWS credentials were found", getCredentials
	}
	if e, ok := errors.AsType[*sourceTimeout](err); ok {
		return e.Error() + sourceName(sources), "check that program or service, or use another profile"
	}
	if e, ok := errors.AsType[*smithy.OperationError](err); ok && e.Service() == imdsService {
		return "no AWS credentials were found: neither in the environment, nor in a profile, nor from the metadata of the machine", getCredentials
	}
	if noSSOSession(err, sources) {
		return "the SSO session has expired, or there is none: " + rootText(err), ssoLogin(o)
	}
	if e, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return "the credential_process of the profile failed: " + rootText(e), "run its command in a shell and look at what it says"
	}
	return "", ""
}

// noSSOSession tells that from a role that the user does not have, or a network
// that is down.
func noSSOSession(err error, sources []aws.CredentialSource) bool {
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*credentialError](err); !ok || !isSSO(sources) || isNetwork(err) || isTimeout(err) {
		return false
	}
	code, _ := codeOf(err)
	return code == "" || code == "Unauthorized" || code == "InvalidGrant"
}

// imdsService is how the SDK calls the metadata service in its errors.
const imdsService = "ec2imds"

func ssoLogin(o SessionOptions) string {
	if o.Profile == "" {
		return "run `aws sso login`"
	}
	return "run `aws sso login --profile " + o.Profile + "`"
}

func isSSO(sources []aws.CredentialSource) bool {
	return slices.ContainsFunc(sources, func(s aws.CredentialSource) bool {
		switch s {
		case aws.CredentialSourceSSO, aws.CredentialSourceSSOLegacy, aws.CredentialSourceProfileSSO, aws.CredentialSourceProfileSSOLegacy:
			return true
		}
		return false
	})
}

func sourceName(sources []aws.CredentialSource) string {
	for _, s := range sources {
		switch s {
		case aws.CredentialSourceProcess, aws.CredentialSourceProfileProcess:
			return " (the credential_process of the profile)"
		case aws.CredentialSourceIMDS:
			return " (the metadata service of the machine)"
		case aws.CredentialSourceHTTP:
			return " (the credential service of the container)"
		}
	}
	return ""
}

// refusal is for credentials that AWS does not take.
func refusal(err error, o SessionOptions, sources []aws.CredentialSource) (what, hint string) {
	code, text := codeOf(err)
	operation := ""
	if e, ok := errors.AsType[*smithy.OperationError](err); ok {
		operation = e.Operation()
	}
	switch {
	case code == "RequestTimeTooSkewed", strings.Contains(text, "Signature expired"), strings.Contains(text, "Signature not yet current"):
		return "the clock of this machine is wrong: " + text, "set the clock; AWS tolerates five minutes"
	case codeReasons[code] == Expired:
		if isSSO(sources) {
			return "the credentials have expired", ssoLogin(o)
		}
		return "the credentials have expired", "get new ones from where they came from"
	case slices.Contains(notDenied, code):
		return "AWS does not accept the credentials: " + text,
			"check access key, secret key and session token; those of another partition or of a region that is not enabled need --region"
	case operation == "AssumeRole":
		return "the role " + o.RoleARN + " may not be assumed: " + rootText(err), "check its trust policy, and whether it asks for --external-id or --mfa-serial"
	case code != "":
		return operation + ": " + text, ""
	}
	return "", ""
}

func networkProblem(err error) (what, hint string) {
	if errors.Is(err, context.Canceled) {
		return "interrupted", ""
	}
	if isNetwork(err) || isTimeout(err) {
		return "AWS cannot be reached: " + rootText(err), "check the network, HTTPS_PROXY, AWS_ENDPOINT_URL and the region"
	}
	if e, ok := errors.AsType[*answerError](err); ok {
		return "what answers is not AWS: " + e.text, "check HTTPS_PROXY and AWS_ENDPOINT_URL; networks with a login page answer in the place of others"
	}
	return "", ""
}

func isNetwork(err error) bool {
	_, op := errors.AsType[*net.OpError](err)
	_, dns := errors.AsType[*net.DNSError](err)
	return op || dns
}
