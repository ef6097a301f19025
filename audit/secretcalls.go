package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// completeSecret puts DescribeSecret's answer in the place of ListSecrets': it
// knows the replicas, and is newer. There is false if Secrets Manager does not
// know the secret.
func (r *regionRun) completeSecret(ctx context.Context, id string, s *Secret) (gap *Gap, there bool) {
	if !r.asks(DescribeSecret) {
		return nil, true
	}
	one, gap := r.describe(ctx, id)
	switch {
	case gap != nil:
		return gap, true
	case one == nil:
		return r.vanished(DescribeSecret, id), false
	case one.Secret.ARN != s.ARN:
		return r.c.gap(DescribeSecret, id, Invalid, "the answer is about another secret"), true
	}
	*s = *one.Secret
	if one.Wrong != "" {
		gap = r.c.gap(DescribeSecret, id, Invalid, one.Wrong)
	}
	return gap, true
}

// describe asks DescribeSecret. It returns nil twice for a secret that is not
// there.
func (r *regionRun) describe(ctx context.Context, id string) (one *listedSecret, gap *Gap) {
	gap = r.ask(ctx, r.c, DescribeSecret, id, func(ctx context.Context) error {
		out, err := r.c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(id)})
		if err != nil {
			return unlessNotFound(err)
		}
		if aws.ToString(out.ARN) == "" {
			return lacks("ARN")
		}
		one = r.readSecret(out)
		return nil
	})
	return one, gap
}

// lacks says that an answer does not have what every answer of its kind has. The SDK
// takes an answer of another service, or of a proxy, for an empty one.
func lacks(member string) error { return &answerError{"the answer has no " + member} }

// unlessNotFound returns nil for an error that says that something is not there,
// which is an answer.
func unlessNotFound(err error) error {
	if notFound(err) {
		return nil
	}
	return err
}

// beingDeleted reports whether err says no more of s than its record does: that it
// waits for its deletion. No check looks at the versions or the policy of such a
// secret.
func beingDeleted(s *Secret, err error) bool {
	return s.Deleted != nil && hasCode(err, "InvalidRequestException")
}

func (r *regionRun) vanished(op Operation, id string) *Gap {
	return r.c.gap(op, id, Vanished, "the secret was listed and cannot be found")
}

// askVersions asks ListSecretVersionIds, also for versions without a label.
func (r *regionRun) askVersions(ctx context.Context, id string, s *Secret) (gap *Gap, there bool) {
	if !r.asks(ListSecretVersionIds) {
		return nil, true
	}
	there = true
	read := answer{texts: r.texts, mentions: &r.mentions}
	seen := map[string]bool{}
	gap = r.askPages(ctx, r.c, ListSecretVersionIds, id, func(ctx context.Context, token *string) (*string, int, error) {
		out, err := r.c.secrets.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{
			SecretId: aws.String(id), IncludeDeprecated: aws.Bool(true), MaxResults: aws.Int32(secretsPerPage), NextToken: token,
		})
		if beingDeleted(s, err) {
			return nil, 0, nil
		}
		if err != nil {
			there = !notFound(err)
			return nil, 0, unlessNotFound(err)
		}
		if out.Versions == nil {
			return nil, 0, lacks("Versions")
		}
		for _, v := range out.Versions {
			if version := read.version(v); !seen[version.ID] {
				seen[version.ID] = true
				s.Versions = append(s.Versions, version)
			}
		}
		return out.NextToken, len(out.Versions), nil
	})
	slices.SortFunc(s.Versions, func(a, b Version) int {
		return cmp.Or(compareTimes(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
	})
	if !there {
		gap = r.vanished(ListSecretVersionIds, id)
	}
	return cmp.Or(gap, read.gap(r.c, ListSecretVersionIds, id)), there
}

func compareTimes(a, b *time.Time) int { return aws.ToTime(a).Compare(aws.ToTime(b)) }

// askSecretPolicy asks GetResourcePolicy.
func (r *regionRun) askSecretPolicy(ctx context.Context, id string, s *Secret) (gap *Gap, there bool) {
	if !r.asks(GetResourcePolicy) {
		return nil, true
	}
	there = true
	read := answer{texts: r.texts, mentions: &r.mentions}
	gap = r.ask(ctx, r.c, GetResourcePolicy, id, func(ctx context.Context) error {
		out, err := r.c.secrets.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: aws.String(id)})
		if beingDeleted(s, err) {
			return nil
		}
		if err != nil {
			there = !notFound(err)
			return unlessNotFound(err)
		}
		if out.ARN == nil {
			return lacks("ARN")
		}
		policy, found := read.document(out.ResourcePolicy)
		s.Policy = policy
		s.expose(r.texts, "policy", found)
		return nil
	})
	if gap == nil && read.wrong == "" {
		s.Opinion = r.askOpinion(ctx, s.Policy)
	}
	if !there {
		gap = r.vanished(GetResourcePolicy, id)
	}
	return cmp.Or(gap, read.gap(r.c, GetResourcePolicy, id)), there
}

// readListed reads an entry of ListSecrets, which has the same members as the
// answer of DescribeSecret but for the replicas.
func (r *regionRun) readListed(e *types.SecretListEntry) listedSecret {
	return *r.readSecret(&secretsmanager.DescribeSecretOutput{
		ARN: e.ARN, Name: e.Name, KmsKeyId: e.KmsKeyId, OwningService: e.OwningService, PrimaryRegion: e.PrimaryRegion, Type: e.Type,
		RotationEnabled: e.RotationEnabled, RotationLambdaARN: e.RotationLambdaARN, RotationRules: e.RotationRules,
		CreatedDate: e.CreatedDate, LastChangedDate: e.LastChangedDate, LastRotatedDate: e.LastRotatedDate,
		NextRotationDate: e.NextRotationDate, LastAccessedDate: e.LastAccessedDate, DeletedDate: e.DeletedDate, Description: e.Description,
		VersionIdsToStages: e.SecretVersionsToStages, Tags: e.Tags,
	})
}

func (r *regionRun) readSecret(o *secretsmanager.DescribeSecretOutput) *listedSecret {
	a := answer{texts: r.texts, mentions: &r.mentions}
	s := &Secret{
		Type: "secret", Account: r.c.cell.account, Region: r.c.region,
		ARN: a.of(o.ARN), Name: a.of(o.Name), KMSKeyID: a.reference(aws.ToString(o.KmsKeyId)), OwningService: a.of(o.OwningService),
		PrimaryRegion: a.of(o.PrimaryRegion), ManagedType: a.of(o.Type),
		RotationEnabled: o.RotationEnabled, RotationLambdaARN: a.reference(aws.ToString(o.RotationLambdaARN)), RotationRules: a.rules(o.RotationRules),
		Created: a.moment(o.CreatedDate), LastChanged: a.moment(o.LastChangedDate), LastRotated: a.moment(o.LastRotatedDate),
		NextRotation: a.moment(o.NextRotationDate), LastAccessed: a.moment(o.LastAccessedDate), Deleted: a.moment(o.DeletedDate),
		PartnerRole: a.reference(aws.ToString(o.ExternalSecretRotationRoleArn)), PartnerFields: len(o.ExternalSecretRotationMetadata),
		Replicas: a.replicas(o.ReplicationStatus), Stages: a.stages(o.VersionIdsToStages), Tags: r.tags(o.Tags),
	}
	r.searchSecret(s, o)
	return &listedSecret{ID: aws.ToString(o.ARN), Secret: s, Wrong: a.wrong}
}

// searchSecret looks for credentials where people should write none: in the
// description of a secret and its tags, also in their keys.
func (r *regionRun) searchSecret(s *Secret, o *secretsmanager.DescribeSecretOutput) {
	description := aws.ToString(o.Description)
	s.Described = description != ""
	if r.Match == nil {
		return
	}
	s.Searched = true
	s.expose(r.texts, "description", r.Match("", description))
	for _, tag := range o.Tags {
		key := r.texts.of(tag.Key)
		if found := r.Match("", aws.ToString(tag.Key)); len(found) > 0 {
			value := s.Tags[key]
			delete(s.Tags, key)
			key = r.texts.clean(found[0].Excerpt)
			s.Tags[key] = value
			s.expose(r.texts, "tags/"+key, found)
		}
		if found := r.Match(aws.ToString(tag.Key), aws.ToString(tag.Value)); len(found) > 0 {
			s.expose(r.texts, "tags/"+key, found)
			s.Tags[key] = found[0].Excerpt
		}
	}
}

// expose notes what was found in a field.
func (s *Secret) expose(t texts, field string, found []Exposure) {
	for _, e := range found {
		e.Field, e.Excerpt = t.clean(field), t.clean(e.Excerpt)
		s.Exposures = append(s.Exposures, e)
	}
	slices.SortFunc(s.Exposures, compareExposures)
	s.Exposures = slices.Compact(s.Exposures)
}

func (a *answer) rules(r *types.RotationRulesType) *RotationRules {
	if r == nil {
		return nil
	}
	return &RotationRules{
		AutomaticallyAfterDays: r.AutomaticallyAfterDays, ScheduleExpression: a.of(r.ScheduleExpression), Duration: a.of(r.Duration),
	}
}

func (a *answer) replicas(list []types.ReplicationStatusType) []Replica {
	var replicas []Replica
	for _, one := range list {
		replicas = append(replicas, Replica{
			Region: a.of(one.Region), KMSKeyID: a.of(one.KmsKeyId), Status: a.clean(string(one.Status)),
			StatusMessage: a.sentence(aws.ToString(one.StatusMessage)), LastAccessed: a.moment(one.LastAccessedDate),
		})
	}
	slices.SortStableFunc(replicas, func(x, y Replica) int { return cmp.Compare(x.Region, y.Region) })
	return replicas
}

func (a *answer) stages(versions map[string][]string) map[string][]string {
	if len(versions) == 0 {
		return nil
	}
	stages := make(map[string][]string, len(versions))
	for id, labels := range versions {
		stages[a.clean(id)] = a.sorted(labels)
	}
	return stages
}

// tags takes the later of two tags with the same key, which AWS does not allow. It
// keeps the values that checks look at: the others are whatever people write.
func (r *regionRun) tags(list []types.Tag) map[string]string {
	if len(list) == 0 {
		return nil
	}
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		tags[r.texts.of(tag.Key)] = r.tagValue(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return tags
}

// tagValue is the value of a tag as the inventory keeps it.
func (run *collection) tagValue(key, value string) string {
	kept := func(k string) bool { return strings.EqualFold(k, key) }
	switch {
	case strings.TrimSpace(value) == "":
		return ""
	case slices.ContainsFunc(run.TagValues, kept):
		return run.texts.clean(value)
	}
	return fmt.Sprintf("<%s>", plural(int64(utf8.RuneCountInString(value)), "character"))
}

func (a *answer) version(v types.SecretVersionsListEntry) Version {
	var keys []string
	for _, k := range v.KmsKeyIds {
		if k == defaultKey {
			k = managedAlias // under which it can be asked about
		}
		keys = append(keys, a.reference(k))
	}
	return Version{
		ID: a.of(v.VersionId), Stages: a.sorted(v.VersionStages), Created: a.moment(v.CreatedDate),
		LastAccessed: a.moment(v.LastAccessedDate), KMSKeyIDs: keys,
	}
}

// sorted cleans texts whose order means nothing.
func (a *answer) sorted(list []string) []string {
	cleaned := a.list(list)
	slices.Sort(cleaned)
	return cleaned
}
