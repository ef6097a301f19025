package audit

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// An Objection says what ValidateResourcePolicy has against a policy, of three kinds.
type Objection string

// The objections. AWS documents three checks and not the names that it gives them,
// so that they are told apart by their words; what none of these is about is access.
const (
	ObjectsAccess  Objection = "access"  // it opens the secret to too many
	ObjectsLockout Objection = "lockout" // it keeps the caller out who asked
	ObjectsSyntax  Objection = "syntax"
)

// opinions are what ValidateResourcePolicy says of the policies of a region. AWS
// wants whoever asks to be allowed to change policies too, which an auditor is not, so
// that the first answer is most often a refusal; then nothing more is asked. The same
// policy is asked about once.
type opinions struct {
	first   sync.Once
	refused bool

	mu    sync.Mutex
	known map[[16]byte]func() (*PolicyOpinion, *Gap)
}

// of returns the answer about a policy, which ask gets if nobody has asked before.
func (o *opinions) of(policy string, ask func() (*PolicyOpinion, *Gap)) *PolicyOpinion {
	o.mu.Lock()
	if o.known == nil {
		o.known = map[[16]byte]func() (*PolicyOpinion, *Gap){}
	}
	hash := shortHash(policy)
	once := o.known[hash]
	if once == nil {
		once = sync.OnceValues(ask)
		o.known[hash] = once
	}
	o.mu.Unlock()
	o.first.Do(func() {
		_, gap := once()
		o.refused = gap != nil && gap.Reason == Denied
	})
	if o.refused {
		return nil
	}
	opinion, _ := once() // that it could not be had is counted among the calls
	return opinion
}

// adopt takes over what an earlier run learned of a policy, and reports whether that is
// new.
func (o *opinions) adopt(policy string, opinion *PolicyOpinion) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	hash := shortHash(policy)
	if o.known[hash] != nil {
		return false
	}
	if o.known == nil {
		o.known = map[[16]byte]func() (*PolicyOpinion, *Gap){}
	}
	o.known[hash] = func() (*PolicyOpinion, *Gap) { return opinion, nil }
	return true
}

// askOpinion asks what AWS makes of a policy.
func (r *regionRun) askOpinion(ctx context.Context, policy string) *PolicyOpinion {
	if policy == "" || !r.asks(ValidateResourcePolicy) {
		return nil
	}
	return r.opinions.of(policy, func() (opinion *PolicyOpinion, gap *Gap) {
		gap = r.ask(ctx, r.c, ValidateResourcePolicy, "", func(ctx context.Context) error {
			out, err := r.c.secrets.ValidateResourcePolicy(ctx, &secretsmanager.ValidateResourcePolicyInput{ResourcePolicy: aws.String(policy)})
			if err != nil {
				return err
			}
			if !out.PolicyValidationPassed && len(out.ValidationErrors) == 0 {
				return lacks("ValidationErrors") // or of all members, which is no opinion
			}
			opinion = readOpinion(out.ValidationErrors)
			return nil
		})
		return opinion, gap
	})
}

// readOpinion keeps what kinds of objections there are, not what is said of them: it
// may quote the policy.
func readOpinion(list []types.ValidationErrorsEntry) *PolicyOpinion {
	o := &PolicyOpinion{}
	for _, e := range list {
		kind := objectionOf(strings.ToLower(aws.ToString(e.CheckName) + " " + aws.ToString(e.ErrorMessage)))
		if !slices.Contains(o.Objections, kind) {
			o.Objections = append(o.Objections, kind)
		}
	}
	slices.Sort(o.Objections)
	return o
}

func objectionOf(words string) Objection {
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(word string) bool { return strings.Contains(words, word) })
	}
	switch {
	case has("public", "broad", "wide"):
		return ObjectsAccess
	case has("lock"):
		return ObjectsLockout
	case has("syntax", "malformed", "json", "grammar"):
		return ObjectsSyntax
	}
	return ObjectsAccess
}
