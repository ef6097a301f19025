package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// SessionOptions say whose account is asked, and where the credentials come from:
// the SDK's default chain (environment, shared files, SSO, web identity, the
// metadata of a container or machine), and a role on top.
type SessionOptions struct {
	// Profile is one of the shared configuration, "" for AWS_PROFILE or the
	// default one.
	Profile string
	// RoleARN is a role to assume with these credentials, "" for none.
	RoleARN     string
	ExternalID  string // that the role's trust policy asks for
	SessionName string // of the assumed role, "assay" by default
	// MFASerial is the ARN or serial number of the device that RoleARN asks for.
	MFASerial string
	// MFAToken asks the user for the code of the device, for RoleARN or a profile's
	// own role; nil if there is nobody to ask. It is called again when a long run
	// has to renew its credentials.
	MFAToken func(ctx context.Context) (string, error)
	// Regions are those that will be asked, nil for all. They decide where the
	// account's own services are asked, see homeRegion.
	Regions []string
	// Timeout bounds the wait for a source of credentials, 20 seconds by default.
	// The user may think longer over MFAToken.
	Timeout time.Duration
	Version string // of the program, for the user agent
}

// NewSession finds the configuration and credentials for Collect and gets the
// credentials once. Its error is a *SessionError.
func NewSession(ctx context.Context, o SessionOptions) (aws.Config, error) {
	cfg, err := newSession(ctx, o)
	if err != nil {
		return aws.Config{}, sessionError(err, o, cfg)
	}
	return cfg, nil
}

func newSession(ctx context.Context, o SessionOptions) (aws.Config, error) {
	if o.MFASerial != "" && o.RoleARN == "" {
		return aws.Config{}, errors.New("a device for MFA was named, but no role to assume with it")
	}
	if o.Timeout <= 0 {
		o.Timeout = credentialTimeout
	}
	asking := new(atomic.Int32)
	cfg, err := loadConfig(ctx, o, asking)
	if err != nil {
		return cfg, err
	}
	cfg.Region = homeRegion(cfg.Region, o.Regions)
	if !validRegion(cfg.Region) {
		return cfg, fmt.Errorf("%q is no region", cfg.Region)
	}
	cfg.Credentials = newCredentialSource(cfg.Credentials, o.Timeout, asking)
	if o.RoleARN != "" {
		cfg.Credentials = newCredentialSource(assumedRole(ctx, cfg, o, asking), o.Timeout, asking)
	}
	_, err = cfg.Credentials.Retrieve(ctx)
	return cfg, err
}

// loadConfig reads the configuration twice: first for the CA bundle and the
// endpoint that it asks for, and then so that the requests of the SDK for
// credentials obey them too and pass the guard. With a CA bundle they do not pass
// it, because the SDK takes no client but its own then.
func loadConfig(ctx context.Context, o SessionOptions, asking *atomic.Int32) (aws.Config, error) {
	options := loadOptions(ctx, o, asking)
	first, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return first, err
	}
	metadata := imds.NewFromConfig(first) // before the guard, whose timeouts are longer
	options = append(options,
		config.WithAPIOptions([]func(*middleware.Stack) error{stamped(o.Version), stsEndpoint(ctx, first)}),
		config.WithEC2RoleCredentialOptions(func(r *ec2rolecreds.Options) { r.Client = metadata }))
	if first.HTTPClient == nil {
		options = append(options, config.WithHTTPClient(guardedClient(nil, callOptions{Timeout: o.Timeout}.orDefaults())))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	cfg.HTTPClient = first.HTTPClient // Collect puts a guard of its own in front
	return cfg, err
}

func loadOptions(ctx context.Context, o SessionOptions, asking *atomic.Int32) []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{
		config.WithSharedConfigProfile(o.Profile),
		config.WithLogger(logging.Nop{}),
		config.WithRetryer(newSourceRetryer),
		config.WithCredentialsCacheOptions(func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = credentialWindow }),
		config.WithProcessCredentialOptions(func(p *processcreds.Options) { p.Timeout = 2 * o.Timeout }), // credentialSource gives up first, and says so
	}
	if o.MFAToken != nil {
		options = append(options, config.WithAssumeRoleCredentialOptions(func(r *stscreds.AssumeRoleOptions) {
			r.TokenProvider = askToken(ctx, o, asking)
		}))
	}
	return options
}

func assumedRole(ctx context.Context, cfg aws.Config, o SessionOptions, asking *atomic.Int32) aws.CredentialsProvider {
	cfg.HTTPClient = guardedClient(cfg.HTTPClient, callOptions{Timeout: o.Timeout}.orDefaults())
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.RoleARN, func(r *stscreds.AssumeRoleOptions) {
		r.RoleSessionName = cmp.Or(o.SessionName, "assay")
		if o.ExternalID != "" {
			r.ExternalID = &o.ExternalID
		}
		if o.MFASerial != "" {
			r.SerialNumber = &o.MFASerial
			r.TokenProvider = askToken(ctx, o, asking)
		}
	})
	return aws.NewCredentialsCache(&assumed{role, cfg.Credentials}, func(c *aws.CredentialsCacheOptions) { c.ExpiryWindow = credentialWindow })
}

// askToken asks the user, for as long as it takes.
func askToken(ctx context.Context, o SessionOptions, asking *atomic.Int32) func() (string, error) {
	return func() (string, error) {
		if o.MFAToken == nil {
			return "", config.AssumeRoleTokenProviderNotSetError{}
		}
		asking.Add(1)
		defer asking.Add(-1)
		return o.MFAToken(ctx)
	}
}

// homeRegion is where the account's own services are asked: in the one region that
// will be asked, or else where the environment or the profile says, if that is in
// the same partition, or else in the first region of the partition, which is
// enabled in every account. The first of several regions will not do: where that
// is disabled or misspelt, nothing could be asked at all.
func homeRegion(configured string, asked []string) string {
	if len(asked) == 1 {
		return asked[0]
	}
	if len(asked) == 0 {
		return cmp.Or(configured, firstRegion("aws"))
	}
	partition, _ := partitionOf(asked[0])
	if own, _ := partitionOf(configured); configured != "" && own == partition {
		return configured
	}
	return firstRegion(partition)
}

func firstRegion(partition string) string { return regionsOf(partition)[0] }

// connect finds out whose account it is. Its error is a *SessionError.
func connect(ctx context.Context, cfg aws.Config, o callOptions) (*callers, error) {
	cs := newCallers(cfg, o)
	if cs.cfg.Credentials == nil {
		return nil, sessionError(errNoCredentials, SessionOptions{}, cfg)
	}
	c := cs.at(cs.home)
	var failure error
	gap := c.call(ctx, GetCallerIdentity, "", func(ctx context.Context) error {
		var out *sts.GetCallerIdentityOutput
		out, failure = c.identity.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if failure == nil {
			cs.identity, failure = readIdentity(aws.ToString(out.Account), aws.ToString(out.Arn))
		}
		return failure
	})
	switch {
	case gap != nil && gap.Reason == Stopped:
		return nil, &SessionError{What: gap.Detail, Err: failure}
	case failure != nil:
		return nil, sessionError(failure, SessionOptions{}, cfg)
	case gap != nil:
		return nil, &SessionError{What: gap.Detail}
	}
	c.account, c.partition = cs.identity.Account, cs.identity.Partition
	return cs, nil
}

// readIdentity checks what becomes a part of every record.
func readIdentity(account, name string) (identity, error) {
	parsed, err := arn.Parse(name)
	digits := len(account) == 12 && strings.Trim(account, "0123456789") == ""
	known := slices.ContainsFunc(partitionRegions, func(p partitionRow) bool { return p.partition == parsed.Partition })
	if err != nil || !digits || !known {
		return identity{}, &answerError{fmt.Sprintf("account %q and ARN %q are none", shorten(account, 40), shorten(name, 100))}
	}
	return identity{Account: account, ARN: name, Partition: parsed.Partition}, nil
}
