package audit

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// secretsPerPage is the most that ListSecrets, ListSecretVersionIds allow.
const secretsPerPage = 100

// collectSecrets lists the secrets of the region and asks about each, then about
// the keys and the functions that they name. No secret is held longer than it is
// asked about: what is listed waits in a backlog.
func (r *regionRun) collectSecrets(ctx context.Context) {
	r.shared.shares.regions.Add(1)
	defer r.shared.shares.regions.Add(-1)
	waiting := newBacklog(&r.shared.packer)
	var asking sync.WaitGroup
	asking.Go(func() { r.workOff(ctx, waiting) })
	gap := r.listSecrets(ctx, waiting)
	waiting.close()
	if gap != nil && !r.disabled {
		r.save(r.c.cell, *gap)
	}
	r.start()
	asking.Wait()
	if r.disabled {
		return
	}
	var next sync.WaitGroup
	next.Go(func() { r.collectKeys(ctx) })
	next.Go(func() { r.collectFunctions(ctx) })
	next.Wait()
}

// workOff asks about what is listed, as much at a time as is the region's share.
func (r *regionRun) workOff(ctx context.Context, waiting *backlog) {
	asking, done := 0, make(chan struct{}, r.Concurrency)
	for one, ok := waiting.take(); ok; one, ok = waiting.take() {
		for ; asking >= r.workers(); asking-- {
			<-done
		}
		asking++
		go func() {
			r.collectSecret(ctx, one)
			done <- struct{}{}
		}()
	}
	for range asking {
		<-done
	}
}

// A listedSecret is a secret as ListSecrets gave it, and the ARN by which it is
// asked about, which no mask has touched.
type listedSecret struct {
	ID     string
	Secret *Secret
	Wrong  string // what made no sense in the answer
}

// listSecrets fills the backlog. Its first page tells whether the region is
// enabled.
func (r *regionRun) listSecrets(ctx context.Context, waiting *backlog) *Gap {
	seen := map[[16]byte]bool{}
	unnamed := false
	gap := r.askPages(ctx, r.c, ListSecrets, "", func(ctx context.Context, token *string) (*string, int, error) {
		out, err := r.c.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{
			NextToken: token, MaxResults: aws.Int32(secretsPerPage), IncludePlannedDeletion: aws.Bool(true), Filters: r.nameFilter(),
		})
		if err != nil {
			if !r.listed { // from then on the other stages read it
				r.disabled = r.unsure && regionDisabled(err)
			}
			return nil, 0, err
		}
		if out.SecretList == nil {
			return nil, 0, lacks("SecretList")
		}
		r.listed = true
		r.c.heard.Store(true)
		r.start()
		var page []listedSecret
		for i := range out.SecretList {
			e := &out.SecretList[i]
			id := aws.ToString(e.ARN)
			if id == "" || len(id) > maxText {
				unnamed = true
				continue
			}
			if hash := shortHash(id); !seen[hash] && r.wanted(id, aws.ToString(e.Name)) {
				seen[hash] = true
				page = append(page, r.readListed(e))
			}
		}
		waiting.put(page)
		return out.NextToken, len(out.SecretList), nil
	})
	if gap == nil && unnamed {
		gap = r.c.gap(ListSecrets, "", Invalid, "there are secrets without an ARN, or with one longer than AWS gives")
	}
	if gap != nil && r.Secret != "" && !r.disabled && r.askAnyway(ctx, waiting) {
		return nil
	}
	return gap
}

// shortHash is half of SHA-256, which is plenty against accidents.
func shortHash(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

// nameFilter narrows the listing to names that begin like the one secret that is
// asked for.
func (o *Options) nameFilter() []types.Filter {
	if o.Secret == "" {
		return nil
	}
	name := o.Secret
	if tail := arnTail(o.Secret); tail != "" {
		name = tail
		if short, ok := cutSuffix6(tail); ok { // full ARNs and names that look like one
			name = short
		}
	}
	return []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{name}}}
}

// wanted reports whether a secret is the one that is asked for, or a copy of it
// in another region.
func (o *Options) wanted(arn, name string) bool {
	return o.Secret == "" || slices.Contains(secretIDs(arn, name), activityID(o.Secret))
}

// askAnyway asks about the one secret by the name that the user gave, where the
// listing is refused: nothing else of the listing is missed.
func (r *regionRun) askAnyway(ctx context.Context, waiting *backlog) bool {
	if !r.asks(DescribeSecret) {
		return false
	}
	id := regionalID(r.Secret, r.c.region)
	one, gap := r.describe(ctx, id)
	if gap != nil {
		return false
	}
	r.listed = true
	if one != nil {
		waiting.put([]listedSecret{*one})
	}
	return true
}

// regionalID puts a region into an ARN: copies of a secret differ in that alone.
func regionalID(id, region string) string {
	parts := strings.SplitN(id, ":", 5)
	if len(parts) != 5 || parts[0] != "arn" {
		return id
	}
	parts[3] = region
	return strings.Join(parts, ":")
}

// collectSecret completes one secret and hands it on.
func (r *regionRun) collectSecret(ctx context.Context, one listedSecret) {
	s := one.Secret
	if known := r.recorded(s); known != nil {
		r.recount(ctx, known)
		r.keep(known)
		return
	}
	if one.Wrong != "" {
		s.Gaps = append(s.Gaps, *r.c.gap(ListSecrets, one.ID, Invalid, one.Wrong))
	}
	for _, ask := range []func(context.Context, string, *Secret) (*Gap, bool){r.completeSecret, r.askVersions, r.askSecretPolicy} {
		gap, there := ask(ctx, one.ID, s)
		s.Gaps = addGap(s.Gaps, gap)
		if !there && !r.stillListed(ctx, one.ID) {
			return
		}
	}
	r.keep(s)
}

// recorded returns what the journal holds of a secret that has not changed since.
func (r *regionRun) recorded(s *Secret) *Secret {
	if r.Journal == nil {
		return nil
	}
	known := r.Journal.secret(r.c.cell, s.ARN)
	if known == nil || (known.LastChanged == nil) != (s.LastChanged == nil) {
		return nil
	}
	if s.LastChanged != nil && !s.LastChanged.Equal(*known.LastChanged) {
		return nil
	}
	return known
}

// recount counts the calls that an earlier run made about a secret: the record of the
// region is that of a run in one go.
func (r *regionRun) recount(ctx context.Context, s *Secret) {
	for op, n := range map[Operation]int{
		DescribeSecret: 1, GetResourcePolicy: 1, ListSecretVersionIds: max(1, (len(s.Versions)+secretsPerPage-1)/secretsPerPage),
	} {
		for range n {
			if r.asks(op) {
				r.c.count(op, "")
			}
		}
	}
	if s.Policy == "" || !r.asks(ValidateResourcePolicy) {
		return
	}
	if s.Opinion == nil { // because it was refused, which the first one of each run finds out
		s.Opinion = r.askOpinion(ctx, s.Policy)
	} else if r.opinions.adopt(s.Policy, s.Opinion) {
		r.c.count(ValidateResourcePolicy, "")
	}
}

// keep hands a secret on and remembers what it names.
func (r *regionRun) keep(s *Secret) {
	for i := range s.Gaps {
		s.Gaps[i].Resource = s.ARN
	}
	r.mentions.secret(s)
	r.save(r.c.cell, s)
	r.Progress.secrets.Add(1)
}

// stillListed says what a secret is that one call did not find. Most often it was
// deleted since it was listed: then it is no longer a secret, and nothing is said
// of it. If ListSecrets, asked again, still has it, or gives no answer, it is
// kept with a gap.
func (r *regionRun) stillListed(ctx context.Context, id string) bool {
	there := false
	gap := r.ask(ctx, r.c, ListSecrets, id, func(ctx context.Context) error {
		out, err := r.c.secrets.ListSecrets(ctx, &secretsmanager.ListSecretsInput{
			MaxResults: aws.Int32(secretsPerPage), IncludePlannedDeletion: aws.Bool(true),
			Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{nameOf(id)}}},
			// The filter takes every name that begins so; the name itself comes first.
			SortBy: types.SortByTypeName, SortOrder: types.SortOrderTypeAsc,
		})
		if err != nil {
			return err
		}
		if out.SecretList == nil {
			return lacks("SecretList")
		}
		there = slices.ContainsFunc(out.SecretList, func(e types.SecretListEntry) bool { return aws.ToString(e.ARN) == id })
		return nil
	})
	return there || gap != nil
}
