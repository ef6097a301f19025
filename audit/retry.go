package audit

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// A retryer decides for the SDK when a request of a call may start and whether
// there is another one. It replaces the SDK's own, so that no setting of the
// environment (AWS_MAX_ATTEMPTS, AWS_RETRY_MODE) adds requests, every request
// passes the limit of its group, and every wait is on a clock that tests can
// replace.
type retryer struct {
	limits      *rates
	credentials aws.CredentialsProvider
}

var _ aws.RetryerV2 = (*retryer)(nil)

var errOutsideCall = errors.New("a request outside of a call")

// MaxAttempts implements aws.Retryer.
func (r *retryer) MaxAttempts() int { return callAttempts }

// RetryDelay implements aws.Retryer. GetRetryToken has waited already.
func (r *retryer) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// GetInitialToken implements aws.Retryer.
func (r *retryer) GetInitialToken() func(error) error { return ignore }

// GetAttemptToken waits until a request may start.
func (r *retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	f := flightOf(ctx)
	if f == nil {
		return nil, errOutsideCall
	}
	return ignore, f.group.wait(ctx)
}

// IsErrorRetryable implements aws.Retryer.
func (r *retryer) IsErrorRetryable(err error) bool { return worthRetrying(err) }

func worthRetrying(err error) bool {
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return false
	}
	if v, decided := errors.AsType[interface {
		error
		again() bool
	}](err); decided {
		return v.again()
	}
	switch reason, _ := reasonOf(err, nil); reason {
	case Throttled, Expired:
		return true
	}
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// GetRetryToken waits before another request, or refuses it with err's like.
func (r *retryer) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	f := flightOf(ctx)
	if f == nil {
		return nil, errOutsideCall
	}
	reason, detail := reasonOf(err, f)
	f.group.failed(reason, detail)
	n, allowed := f.another(reason)
	switch {
	case !allowed:
		return nil, errNoRetry
	case !r.limits.retry():
		return nil, errNoBudget
	case reason == Expired:
		r.renew(f)
		return ignore, nil
	}
	return ignore, r.limits.clock.Sleep(ctx, backoff(n, reason))
}

var (
	errNoRetry  = errors.New("trying once more has no prospects")
	errNoBudget = errors.New("the budget of retries is used up")
)

// renew drops the credentials that the request was signed with. Calls that fail
// side by side drop them once.
func (r *retryer) renew(f *flight) {
	cache, ok := r.credentials.(interface{ renewed(key string) })
	if ok {
		cache.renewed(f.key())
	}
}

func ignore(error) error { return nil }

// A sourceRetryer is for the SDK's requests for credentials, which belong to no
// call and have no limit of ours.
type sourceRetryer struct{ *retry.Standard }

func newSourceRetryer() aws.Retryer {
	return sourceRetryer{retry.NewStandard(func(s *retry.StandardOptions) { s.MaxAttempts, s.MaxBackoff = 3, 2*time.Second })}
}

// IsErrorRetryable implements aws.Retryer.
func (r sourceRetryer) IsErrorRetryable(err error) bool {
	reason, _ := reasonOf(err, nil)
	return reason != Expired && worthRetrying(err)
}

// another counts a retry and says how many there were before it, and whether one
// more makes sense after a failure for that reason.
func (f *flight) another(reason Reason) (n int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = f.retries
	f.retries++
	switch reason {
	case TimedOut:
		f.timeouts++
		return n, f.timeouts < callTimeouts
	case Expired:
		again := f.renewals < callRenewals && f.accessKey != f.expired // which others cannot replace
		f.renewals, f.expired = f.renewals+1, f.accessKey
		return n, again
	}
	return n, true
}

// sent notes what a request was signed with: which credentials, and the texts
// that must not stand in an error.
func (f *flight) sent(accessKey string, secrets ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accessKey = accessKey
	for _, s := range secrets {
		if s != "" && len(f.secrets) < 4*callAttempts {
			f.secrets = append(f.secrets, s)
		}
	}
}

func (f *flight) key() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.accessKey
}

// renewed reports whether the call has asked for new credentials.
func (f *flight) renewed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.renewals > 0
}
