package audit

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Identify asks AWS whose credentials cfg holds: the account's twelve digits and
// the ARN of the user or role. It makes one request, sts:GetCallerIdentity, which
// needs no permission. Its error is a *SessionError.
func Identify(ctx context.Context, cfg aws.Config) (account, arn string, err error) {
	cs, err := connect(ctx, cfg, callOptions{}.orDefaults())
	if err != nil {
		return "", "", err
	}
	return cs.identity.Account, cs.identity.ARN, nil
}
