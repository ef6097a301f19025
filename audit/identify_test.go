package audit

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestIdentifyWithoutCredentials(t *testing.T) {
	_, _, err := Identify(t.Context(), aws.Config{Region: "eu-west-1"})
	var session *SessionError
	if !errors.As(err, &session) || session.Hint == "" {
		t.Errorf("the error is %v, want a *SessionError with a hint", err)
	}
}
