package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func noQuestions() *atomic.Int32 { return new(atomic.Int32) }

func TestHangingSourceEnds(t *testing.T) {
	for _, heedsContext := range []bool{true, false} {
		hang := make(chan struct{})
		s := newCredentialSource(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			if heedsContext {
				<-ctx.Done()
			} else {
				<-hang
			}
			return aws.Credentials{}, errors.New("late")
		}), 10*time.Millisecond, noQuestions())
		_, err := s.Retrieve(t.Context())
		if _, ok := errors.AsType[*sourceTimeout](err); !ok {
			t.Errorf("error %v", err)
		}
		if reason, _ := reasonOf(err, nil); reason != TimedOut {
			t.Errorf("reason %s", reason)
		}
		close(hang)
	}
}

// Whoever looks for a telephone to read a code from is not hurried.
func TestQuestionsHaveTime(t *testing.T) {
	asking := noQuestions()
	asking.Add(1)
	s := newCredentialSource(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		time.Sleep(100 * time.Millisecond)
		asking.Add(-1)
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "key"}, nil
	}), 40*time.Millisecond, asking)
	if c, err := s.Retrieve(t.Context()); err != nil || c.AccessKeyID != "id" {
		t.Errorf("%v, %v", c.AccessKeyID, err)
	}
}

func TestRenewedDropsOnlyWhatFailed(t *testing.T) {
	n := 0
	s := newCredentialSource(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		n++
		return aws.Credentials{AccessKeyID: []string{"one", "two", "three"}[n-1], SecretAccessKey: "key"}, nil
	}), time.Minute, noQuestions())
	get := func() string {
		c, err := s.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.AccessKeyID
	}
	get()
	s.renewed("one")
	s.renewed("one")
	if got := get(); got != "two" {
		t.Errorf("after a renewal: %s", got)
	}
	s.renewed("one") // a late failure of the first key
	if got := get(); got != "two" {
		t.Errorf("after a late failure: %s", got)
	}
}
