package audit

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// fetch asks the provider and does not wait for ever. The cache hands in a
// context that does not end with the one call that happens to need credentials.
func (s *credentialSource) fetch(ctx context.Context) (aws.Credentials, error) {
	type result struct {
		aws.Credentials
		error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		c, err := s.provider.Retrieve(ctx)
		done <- result{c, err}
	}()
	t := time.NewTimer(s.timeout)
	defer t.Stop()
	for {
		select {
		case r := <-done:
			return r.Credentials, r.error
		case <-t.C:
			if s.asking.Load() == 0 {
				return aws.Credentials{}, &sourceTimeout{s.timeout}
			}
			t.Reset(s.timeout)
		}
	}
}

// A sourceTimeout says that a source of credentials did not answer.
type sourceTimeout struct{ after time.Duration }

func (e *sourceTimeout) Error() string {
	return fmt.Sprintf("the source of the credentials gave none within %s", e.after)
}

func (e *sourceTimeout) Timeout() bool { return true }
