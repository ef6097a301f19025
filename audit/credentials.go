package audit

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

const (
	// credentialTimeout bounds the wait for a source of credentials: a hanging
	// program or metadata service.
	credentialTimeout = 20 * time.Second
	// credentialWindow is how long before their end credentials are renewed.
	credentialWindow = 2 * time.Minute
)

// credentialSource gives credentials from a provider in bounded time, and
// renews them when they turn out to be expired.
type credentialSource struct {
	provider aws.CredentialsProvider
	cache    *aws.CredentialsCache
	timeout  time.Duration
	// asking counts the questions to the user that are open: for those there is
	// no deadline.
	asking *atomic.Int32

	mu  sync.Mutex
	key string // id of the access key that was given last
}

func newCredentialSource(provider aws.CredentialsProvider, timeout time.Duration, asking *atomic.Int32) *credentialSource {
	s := &credentialSource{provider: provider, timeout: timeout, asking: asking}
	s.cache = aws.NewCredentialsCache(aws.CredentialsProviderFunc(s.fetch))
	return s
}

// Retrieve implements aws.CredentialsProvider.
func (s *credentialSource) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := s.cache.Retrieve(ctx)
	if err != nil {
		return c, &credentialError{err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = c.AccessKeyID
	return c, nil
}

// ProviderSources implements aws.CredentialProviderSource, for the user agent.
func (s *credentialSource) ProviderSources() []aws.CredentialSource {
	return providerSources(s.provider)
}

func providerSources(p aws.CredentialsProvider) []aws.CredentialSource {
	if source, ok := p.(aws.CredentialProviderSource); ok {
		return source.ProviderSources()
	}
	return nil
}

// renewed drops the credentials with that key, unless others have already come
// in their place.
func (s *credentialSource) renewed(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key != s.key {
		return
	}
	s.key = ""
	s.cache.Invalidate()
	if p, ok := s.provider.(interface{ Invalidate() }); ok {
		p.Invalidate()
	}
}

// An assumed role is assumed once more, with new credentials, where AWS takes those no
// longer that it is assumed with: the chain may be as long as it likes.
type assumed struct {
	*stscreds.AssumeRoleProvider
	with aws.CredentialsProvider
}

// Retrieve implements aws.CredentialsProvider.
func (a *assumed) Retrieve(ctx context.Context) (aws.Credentials, error) {
	with, err := a.with.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	c, err := a.AssumeRoleProvider.Retrieve(ctx)
	code, _ := codeOf(err)
	source, ok := a.with.(*credentialSource)
	if err == nil || codeReasons[code] != Expired || !ok {
		return c, err
	}
	source.renewed(with.AccessKeyID)
	return a.AssumeRoleProvider.Retrieve(ctx)
}

// fetch asks the provider and does not wait for ever. The cache hands in a
// context that does not end with the one call that happens to need credentials.
func (s *credentialSource) fetch(ctx context.Context) (aws.Credentials, error) {
	type result struct {
		aws.Credentials
		error
	}
	// The call that needs the credentials is not the one that gets them.
	ctx, cancel := context.WithCancel(context.WithValue(ctx, flightKey{}, (*flight)(nil)))
	defer cancel()
	done := make(chan result, 1)
	go func() {
		c, err := s.provider.Retrieve(ctx)
		done <- result{c, err}
	}()
	const parts = 16 // of the timeout, which begins anew when a question is answered
	t := time.NewTicker(max(1, s.timeout/parts))
	defer t.Stop()
	for waited := 0; waited < parts; waited++ {
		select {
		case r := <-done:
			return r.Credentials, r.error
		case <-t.C:
			if s.asking.Load() > 0 {
				waited = 0
			}
		}
	}
	return aws.Credentials{}, &sourceTimeout{s.timeout}
}

// A sourceTimeout says that a source of credentials did not answer.
type sourceTimeout struct{ after time.Duration }

func (e *sourceTimeout) Error() string {
	return fmt.Sprintf("the source of the credentials gave none within %s", e.after)
}

func (e *sourceTimeout) Timeout() bool { return true }
