package fakeaws_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/assayhq/assay/audit/fakeaws"
)

// day returns a date with a fraction of a second, which JSON has to carry.
func day(n int) time.Time { return time.Date(2026, 1, n, 3, 4, 5, 678e6, time.UTC) }

// fullSecret has every field.
func fullSecret(g *fakeaws.Region) *fakeaws.Secret {
	return &fakeaws.Secret{
		Name: "prod/full", ARN: g.ARN("secretsmanager", "secret:prod/full-aBcDeF"), Description: "tab\tquote\" slash\\ ü \u2028",
		KmsKeyID: "alias/main", Type: "SomeProvider", OwningService: "rds", PrimaryRegion: testRegion,
		Tags:            []fakeaws.Tag{{Key: "Environment", Value: "prod"}, {Key: "Empty", Value: ""}},
		RotationEnabled: aws.Bool(true), RotationLambdaARN: g.ARN("lambda", "function:rotate"),
		RotationRules:   &fakeaws.RotationRules{AutomaticallyAfterDays: new(int64(30)), Duration: "3h", ScheduleExpression: "rate(30 days)"},
		ExternalRoleARN: "arn:aws:iam::210987654321:role/external", ExternalMetadata: []fakeaws.Tag{{Key: "tenant", Value: "1"}},
		Created: day(1), LastChanged: day(2), LastRotated: day(3), NextRotation: day(4), LastAccessed: day(5), Deleted: day(6),
		Versions: []fakeaws.Version{
			{ID: "v3", Stages: []string{"AWSCURRENT", "AWSPENDING"}, Created: day(7), LastAccessed: day(8), KmsKeyIDs: []string{"alias/main", "DefaultEncryptionKey"}},
			{ID: "v2", Stages: []string{"AWSPREVIOUS"}, Created: day(9)},
			{ID: "v1", Created: time.Date(1969, 12, 31, 23, 59, 58, 250e6, time.UTC)},
		},
		Replication: []fakeaws.Replica{{Region: "us-east-1", KmsKeyID: "alias/there", Status: "Failed", StatusMessage: "no key", LastAccessed: day(10)}},
		Policy:      `{"Version":"2012-10-17"}`,
	}
}

func TestDescribeSecretTellsEveryField(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	w.region.Secrets = append(w.region.Secrets, s)
	for _, id := range []string{s.Name, s.ARN, s.ARN[:len(s.ARN)-7]} {
		got := must[*secretsmanager.DescribeSecretOutput](t)(w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: &id}))
		complete(t, got)
		same(t, got, &secretsmanager.DescribeSecretOutput{
			ARN: &s.ARN, Name: &s.Name, Description: &s.Description, KmsKeyId: &s.KmsKeyID, Type: &s.Type, OwningService: &s.OwningService,
			PrimaryRegion: &s.PrimaryRegion, RotationEnabled: aws.Bool(true), RotationLambdaARN: &s.RotationLambdaARN,
			Tags:                           []types.Tag{{Key: aws.String("Environment"), Value: aws.String("prod")}, {Key: aws.String("Empty"), Value: aws.String("")}},
			RotationRules:                  &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30), Duration: aws.String("3h"), ScheduleExpression: aws.String("rate(30 days)")},
			ExternalSecretRotationRoleArn:  &s.ExternalRoleARN,
			ExternalSecretRotationMetadata: []types.ExternalSecretRotationMetadataItem{{Key: aws.String("tenant"), Value: aws.String("1")}},
			CreatedDate:                    aws.Time(day(1)), LastChangedDate: aws.Time(day(2)), LastRotatedDate: aws.Time(day(3)),
			NextRotationDate: aws.Time(day(4)), LastAccessedDate: aws.Time(day(5)), DeletedDate: aws.Time(day(6)),
			VersionIdsToStages: map[string][]string{"v3": {"AWSCURRENT", "AWSPENDING"}, "v2": {"AWSPREVIOUS"}},
			ReplicationStatus: []types.ReplicationStatusType{{Region: aws.String("us-east-1"), KmsKeyId: aws.String("alias/there"),
				Status: types.StatusTypeFailed, StatusMessage: aws.String("no key"), LastAccessedDate: aws.Time(day(10))}},
		})
	}
}

func TestListSecretsTellsEveryField(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	w.region.Secrets = append(w.region.Secrets, s)
	hidden := must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, &secretsmanager.ListSecretsInput{}))
	if len(hidden.SecretList) != 0 {
		t.Error("a secret that is to be deleted is listed unasked")
	}
	got := must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, &secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)}))
	complete(t, &got.SecretList[0])
	same(t, got.SecretList[0].SecretVersionsToStages, map[string][]string{"v3": {"AWSCURRENT", "AWSPENDING"}, "v2": {"AWSPREVIOUS"}})
	same(t, got.SecretList[0].LastRotatedDate, aws.Time(day(3)))
}

func TestEmptySecretTellsNothing(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	w.region.Secrets = []*fakeaws.Secret{{Name: "bare"}}
	got := must[*secretsmanager.DescribeSecretOutput](t)(w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: aws.String("bare")}))
	same(t, got, &secretsmanager.DescribeSecretOutput{Name: aws.String("bare")})
}

func TestRawMembersReplaceFields(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	s.Raw = map[string]string{"RotationRules": `{"AutomaticallyAfterDays":-3}`, "Tags": "", "CreatedDate": "4102444800", "RotationEnabled": "null"}
	w.region.Secrets = append(w.region.Secrets, s)
	got := must[*secretsmanager.DescribeSecretOutput](t)(w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: &s.Name}))
	if got.Tags != nil || got.RotationEnabled != nil || *got.RotationRules.AutomaticallyAfterDays != -3 || got.CreatedDate.Year() != 2100 {
		t.Errorf("raw members are not what came: %v %v %v %v", got.Tags, got.RotationEnabled, *got.RotationRules.AutomaticallyAfterDays, got.CreatedDate)
	}
}

func TestListSecretsPages(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	var want []string
	for i := range 250 {
		name := fmt.Sprintf("secret-%03d", i)
		s := &fakeaws.Secret{Name: name}
		if i%5 == 0 {
			s.Deleted = day(1)
		} else {
			want = append(want, name)
		}
		w.region.Secrets = append(w.region.Secrets, s)
	}
	for _, size := range []int32{0, 1, 7, 100} {
		in := &secretsmanager.ListSecretsInput{}
		if size > 0 {
			in.MaxResults = &size
		}
		var got []string
		pages := secretsmanager.NewListSecretsPaginator(w.secrets(), in)
		for pages.HasMorePages() {
			page := must[*secretsmanager.ListSecretsOutput](t)(pages.NextPage(background))
			if size > 0 && len(page.SecretList) > int(size) {
				t.Fatalf("a page of %d has %d secrets", size, len(page.SecretList))
			}
			for _, s := range page.SecretList {
				got = append(got, *s.Name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: got %d secrets, want %d", size, len(got), len(want))
		}
	}
	_, err := w.secrets().ListSecrets(background, &secretsmanager.ListSecretsInput{NextToken: aws.String("made-up")})
	typed[*types.InvalidNextTokenException](t, err)
	_, err = w.secrets().ListSecrets(background, &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(101)})
	typed[*types.InvalidParameterException](t, err)
}

func TestListSecretsFiltersAndSorts(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	w.region.Secrets = []*fakeaws.Secret{
		{Name: "prod/b", Created: day(1), LastChanged: day(9), Tags: []fakeaws.Tag{{Key: "Owner", Value: "web"}}},
		{Name: "prod/a", Created: day(3), LastChanged: day(7), Description: "database"},
		{Name: "dev/a", Created: day(2), LastChanged: day(8), OwningService: "rds", PrimaryRegion: "us-east-1"},
	}
	filter := func(key types.FilterNameStringType, values ...string) []types.Filter {
		return []types.Filter{{Key: key, Values: values}}
	}
	for _, test := range []struct {
		name string
		in   secretsmanager.ListSecretsInput
		want []string
	}{
		{"state's order", secretsmanager.ListSecretsInput{}, []string{"prod/b", "prod/a", "dev/a"}},
		{"ascending", secretsmanager.ListSecretsInput{SortOrder: types.SortOrderTypeAsc}, []string{"prod/b", "dev/a", "prod/a"}},
		{"descending", secretsmanager.ListSecretsInput{SortOrder: types.SortOrderTypeDesc}, []string{"prod/a", "dev/a", "prod/b"}},
		{"by name", secretsmanager.ListSecretsInput{SortBy: types.SortByTypeName}, []string{"dev/a", "prod/a", "prod/b"}},
		{"by change", secretsmanager.ListSecretsInput{SortBy: types.SortByTypeLastChangedDate}, []string{"prod/a", "dev/a", "prod/b"}},
		{"name", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeName, "prod/", "none")}, []string{"prod/b", "prod/a"}},
		{"not name", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeName, "!prod/")}, []string{"dev/a"}},
		{"tag key", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeTagKey, "Own")}, []string{"prod/b"}},
		{"tag value", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeTagValue, "web")}, []string{"prod/b"}},
		{"description", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeDescription, "data")}, []string{"prod/a"}},
		{"owner", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeOwningService, "rds")}, []string{"dev/a"}},
		{"region", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypePrimaryRegion, "us-")}, []string{"dev/a"}},
		{"all", secretsmanager.ListSecretsInput{Filters: filter(types.FilterNameStringTypeAll, "web")}, []string{"prod/b"}},
	} {
		got := must[*secretsmanager.ListSecretsOutput](t)(w.secrets().ListSecrets(background, &test.in))
		var names []string
		for _, s := range got.SecretList {
			names = append(names, *s.Name)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, names, test.want)
		}
	}
}

func TestListSecretVersionIDs(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	w.region.Secrets = append(w.region.Secrets, s)
	labelled := must[*secretsmanager.ListSecretVersionIdsOutput](t)(w.secrets().ListSecretVersionIds(background,
		&secretsmanager.ListSecretVersionIdsInput{SecretId: &s.Name}))
	if len(labelled.Versions) != 2 {
		t.Errorf("got %d versions with labels, want 2", len(labelled.Versions))
	}
	complete(t, &labelled.Versions[0])
	var all []types.SecretVersionsListEntry
	pages := secretsmanager.NewListSecretVersionIdsPaginator(w.secrets(), &secretsmanager.ListSecretVersionIdsInput{
		SecretId: &s.ARN, IncludeDeprecated: aws.Bool(true), MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		all = append(all, must[*secretsmanager.ListSecretVersionIdsOutput](t)(pages.NextPage(background)).Versions...)
	}
	same(t, all, []types.SecretVersionsListEntry{
		{VersionId: aws.String("v3"), VersionStages: []string{"AWSCURRENT", "AWSPENDING"}, CreatedDate: aws.Time(day(7)), LastAccessedDate: aws.Time(day(8)),
			KmsKeyIds: []string{"alias/main", "DefaultEncryptionKey"}},
		{VersionId: aws.String("v2"), VersionStages: []string{"AWSPREVIOUS"}, CreatedDate: aws.Time(day(9))},
		{VersionId: aws.String("v1"), CreatedDate: aws.Time(time.Date(1969, 12, 31, 23, 59, 58, 250e6, time.UTC))},
	})
}

func TestResourcePolicy(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	w.region.Secrets = []*fakeaws.Secret{s, {Name: "none"}}
	got := must[*secretsmanager.GetResourcePolicyOutput](t)(w.secrets().GetResourcePolicy(background, &secretsmanager.GetResourcePolicyInput{SecretId: &s.Name}))
	same(t, got, &secretsmanager.GetResourcePolicyOutput{ARN: &s.ARN, Name: &s.Name, ResourcePolicy: &s.Policy})
	none := must[*secretsmanager.GetResourcePolicyOutput](t)(w.secrets().GetResourcePolicy(background, &secretsmanager.GetResourcePolicyInput{SecretId: aws.String("none")}))
	if none.ResourcePolicy != nil {
		t.Error("a secret without a policy has one")
	}
}

func TestUnknownSecret(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	_, err := w.secrets().DescribeSecret(background, &secretsmanager.DescribeSecretInput{SecretId: aws.String("nowhere")})
	typed[*types.ResourceNotFoundException](t, err)
	refused(t, err, "ResourceNotFoundException", 400)
	_, err = w.secrets().DeleteSecret(background, &secretsmanager.DeleteSecretInput{SecretId: aws.String("nowhere")})
	refused(t, err, "UnknownOperationException", 400)
}

// Whoever asks for a value gets the marker, and is found out.
func TestValuesAreMarkers(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	s := fullSecret(w.region)
	w.region.Secrets = append(w.region.Secrets, s)
	got := must[*secretsmanager.GetSecretValueOutput](t)(w.secrets().GetSecretValue(background, &secretsmanager.GetSecretValueInput{SecretId: &s.Name}))
	batch := must[*secretsmanager.BatchGetSecretValueOutput](t)(w.secrets().BatchGetSecretValue(background,
		&secretsmanager.BatchGetSecretValueInput{SecretIdList: []string{s.Name, "nowhere"}}))
	if *got.SecretString != w.cloud.Marker() || *batch.SecretValues[0].SecretString != w.cloud.Marker() || *batch.Errors[0].SecretId != "nowhere" {
		t.Error("a value is not the marker")
	}
	for _, call := range w.cloud.Calls() {
		if !fakeaws.Forbidden(call.Name()) || call.Status != 200 {
			t.Errorf("the log holds %+v", call)
		}
	}
}
