package audit

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Endpoint returns where a service of AWS is in the region of cfg, with a slash at
// its end: where AWS_ENDPOINT_URL_... and their like say, or at its own address.
// name is the one that it signs under, id the SDK's for it: "securityhub" and
// "SecurityHub".
func Endpoint(ctx context.Context, cfg aws.Config, name, id string) (string, error) {
	return (&wireService{name: name, id: id}).endpoint(ctx, cfg)
}

// AccountOf asks whose credentials a session has. Its error is a *SessionError.
func AccountOf(ctx context.Context, cfg aws.Config, version string) (string, error) {
	cs, err := connect(ctx, cfg, callOptions{Version: version})
	if err != nil {
		return "", err
	}
	defer cs.close()
	return cs.identity.Account, nil
}
