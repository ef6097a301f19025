package fakeaws_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/assayhq/assay/audit/fakeaws"
)

func TestLookupEventsTellsEveryField(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	e := &fakeaws.Event{ID: "1", Name: "GetSecretValue", Source: "secretsmanager.amazonaws.com", Username: "dana", AccessKeyID: "key", ReadOnly: "true",
		Time: testNow.Add(-time.Hour), Resources: []fakeaws.EventResource{{Type: "AWS::SecretsManager::Secret", Name: "prod/full"}}, Record: `{"a":"\u0001"}`}
	w.region.Events = []*fakeaws.Event{e}
	got := must[*cloudtrail.LookupEventsOutput](t)(w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{}))
	complete(t, &got.Events[0])
	same(t, got.Events, []types.Event{{EventId: &e.ID, EventName: &e.Name, EventSource: &e.Source, Username: &e.Username, AccessKeyId: &e.AccessKeyID,
		ReadOnly: &e.ReadOnly, EventTime: &e.Time, CloudTrailEvent: &e.Record,
		Resources: []types.Resource{{ResourceType: aws.String("AWS::SecretsManager::Secret"), ResourceName: aws.String("prod/full")}}}})
}

// eventIDs looks up all pages.
func eventIDs(t *testing.T, w *world, in *cloudtrail.LookupEventsInput) []string {
	t.Helper()
	var ids []string
	pages := cloudtrail.NewLookupEventsPaginator(w.trail(), in)
	for pages.HasMorePages() {
		page := must[*cloudtrail.LookupEventsOutput](t)(pages.NextPage(background))
		if len(page.Events) > 50 {
			t.Fatalf("a page has %d events", len(page.Events))
		}
		for _, e := range page.Events {
			ids = append(ids, *e.EventId)
		}
	}
	return ids
}

func TestLookupEventsIsNewestFirstWithinNinetyDays(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	var want []string
	for i := range 200 {
		id := fmt.Sprintf("%03d", i)
		w.region.Events = append(w.region.Events, &fakeaws.Event{ID: id, Time: testNow.Add(time.Duration(i-150) * 24 * time.Hour)})
		if i >= 60 && i <= 150 {
			want = append(want, id)
		}
	}
	slices.Reverse(want)
	if got := eventIDs(t, w, &cloudtrail.LookupEventsInput{}); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	w.cloud.Clock.Advance(24 * time.Hour)
	if got := eventIDs(t, w, &cloudtrail.LookupEventsInput{}); got[0] != "151" || len(got) != 91 {
		t.Errorf("a day later: first %s of %d", got[0], len(got))
	}
	between := eventIDs(t, w, &cloudtrail.LookupEventsInput{StartTime: aws.Time(testNow.Add(-48 * time.Hour)), EndTime: aws.Time(testNow)})
	if !slices.Equal(between, []string{"150", "149", "148"}) {
		t.Errorf("between two times: %v", between)
	}
}

func TestLookupEventsByAttribute(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	at := testNow.Add(-time.Hour)
	w.region.Events = []*fakeaws.Event{
		{ID: "a", Name: "GetSecretValue", Source: "secretsmanager.amazonaws.com", Username: "dana", ReadOnly: "true", Time: at, AccessKeyID: "k1"},
		{ID: "b", Name: "Decrypt", Source: "kms.amazonaws.com", Username: "app", ReadOnly: "false", Time: at, Resources: []fakeaws.EventResource{{Type: "T", Name: "N"}}},
	}
	for key, test := range map[types.LookupAttributeKey][2]string{
		"EventId": {"a", "a"}, "EventName": {"Decrypt", "b"}, "EventSource": {"secretsmanager.amazonaws.com", "a"}, "Username": {"app", "b"},
		"ReadOnly": {"true", "a"}, "AccessKeyId": {"k1", "a"}, "ResourceType": {"T", "b"}, "ResourceName": {"N", "b"},
	} {
		in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: aws.String(test[0])}}}
		if got := eventIDs(t, w, in); !slices.Equal(got, []string{test[1]}) {
			t.Errorf("%s=%s: got %v, want %s", key, test[0], got, test[1])
		}
	}
	two := []types.LookupAttribute{{AttributeKey: "EventId", AttributeValue: aws.String("a")}, {AttributeKey: "EventId", AttributeValue: aws.String("b")}}
	_, err := w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{LookupAttributes: two})
	typed[*types.InvalidLookupAttributesException](t, err)
	_, err = w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{StartTime: aws.Time(testNow), EndTime: aws.Time(at)})
	typed[*types.InvalidTimeRangeException](t, err)
	_, err = w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(51)})
	typed[*types.InvalidMaxResultsException](t, err)
	_, err = w.trail().LookupEvents(background, &cloudtrail.LookupEventsInput{NextToken: aws.String("made-up")})
	typed[*types.InvalidNextTokenException](t, err)
}

// fullTrail has every field.
func fullTrail(g *fakeaws.Region) *fakeaws.Trail {
	return &fakeaws.Trail{
		Name: "main", ARN: g.ARN("cloudtrail", "trail/main"), Bucket: "bucket", KmsKeyID: "arn:key", LogGroupARN: "arn:logs", MultiRegion: new(true),
		Organization: new(true), GlobalServices: new(true), Validation: new(true), Logging: new(true), Started: day(1), Stopped: day(2),
		LatestDelivery: day(3), DeliveryError: "AccessDenied",
		EventSelectors: []fakeaws.EventSelector{{ReadWriteType: "WriteOnly", IncludeManagementEvents: new(true), ExcludeSources: []string{"kms.amazonaws.com"},
			DataResources: []fakeaws.DataResource{{Type: "AWS::S3::Object", Values: []string{"arn:aws:s3"}}}}},
	}
}

func TestTrails(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	trail := fullTrail(w.region)
	there := w.cloud.Account(testAccount).Region("us-east-1")
	w.region.Trails = []*fakeaws.Trail{trail, {Name: "local", ARN: "arn:local"}}
	there.Trails = []*fakeaws.Trail{{Name: "shadow", ARN: "arn:shadow", MultiRegion: new(true)}, {Name: "hidden"}}

	got := must[*cloudtrail.DescribeTrailsOutput](t)(w.trail().DescribeTrails(background, &cloudtrail.DescribeTrailsInput{}))
	var names []string
	for _, shown := range got.TrailList {
		names = append(names, *shown.Name+"@"+*shown.HomeRegion)
	}
	if !slices.Equal(names, []string{"main@eu-west-1", "local@eu-west-1", "shadow@us-east-1"}) {
		t.Errorf("trails are %v", names)
	}
	same(t, got.TrailList[0], types.Trail{Name: &trail.Name, TrailARN: &trail.ARN, S3BucketName: &trail.Bucket, KmsKeyId: &trail.KmsKeyID,
		CloudWatchLogsLogGroupArn: &trail.LogGroupARN, IsMultiRegionTrail: aws.Bool(true), IsOrganizationTrail: aws.Bool(true), HomeRegion: aws.String(testRegion),
		IncludeGlobalServiceEvents: aws.Bool(true), LogFileValidationEnabled: aws.Bool(true), HasCustomEventSelectors: aws.Bool(true), HasInsightSelectors: aws.Bool(false)})
	own := must[*cloudtrail.DescribeTrailsOutput](t)(w.trail().DescribeTrails(background, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}))
	if len(own.TrailList) != 2 {
		t.Errorf("without shadows there are %d trails, want 2", len(own.TrailList))
	}
	status := must[*cloudtrail.GetTrailStatusOutput](t)(w.trail().GetTrailStatus(background, &cloudtrail.GetTrailStatusInput{Name: &trail.Name}))
	same(t, status, &cloudtrail.GetTrailStatusOutput{IsLogging: aws.Bool(true), StartLoggingTime: aws.Time(day(1)), StopLoggingTime: aws.Time(day(2)),
		LatestDeliveryTime: aws.Time(day(3)), LatestDeliveryError: &trail.DeliveryError})
	must[*cloudtrail.GetTrailStatusOutput](t)(w.trail().GetTrailStatus(background, &cloudtrail.GetTrailStatusInput{Name: aws.String("arn:shadow")}))
	for _, name := range []string{"shadow", "nowhere"} {
		_, err := w.trail().GetTrailStatus(background, &cloudtrail.GetTrailStatusInput{Name: &name})
		typed[*types.TrailNotFoundException](t, err)
	}
}

func TestEventSelectors(t *testing.T) {
	w := newWorld(t, fakeaws.Options{})
	trail := fullTrail(w.region)
	w.region.Trails = []*fakeaws.Trail{trail}
	ask := func() *cloudtrail.GetEventSelectorsOutput {
		return must[*cloudtrail.GetEventSelectorsOutput](t)(w.trail().GetEventSelectors(background, &cloudtrail.GetEventSelectorsInput{TrailName: &trail.ARN}))
	}
	same(t, ask(), &cloudtrail.GetEventSelectorsOutput{TrailARN: &trail.ARN, EventSelectors: []types.EventSelector{{ReadWriteType: types.ReadWriteTypeWriteOnly,
		IncludeManagementEvents: aws.Bool(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"},
		DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3"}}}}}})
	w.cloud.Update(func() {
		trail.AdvancedSelectors = []fakeaws.AdvancedEventSelector{{Name: "n", Fields: []fakeaws.FieldSelector{{Field: "eventCategory", Equals: []string{"1"},
			NotEquals: []string{"2"}, StartsWith: []string{"3"}, NotStartsWith: []string{"4"}, EndsWith: []string{"5"}, NotEndsWith: []string{"6"}}}}}
	})
	same(t, ask(), &cloudtrail.GetEventSelectorsOutput{TrailARN: &trail.ARN, AdvancedEventSelectors: []types.AdvancedEventSelector{{Name: aws.String("n"),
		FieldSelectors: []types.AdvancedFieldSelector{{Field: aws.String("eventCategory"), Equals: []string{"1"}, NotEquals: []string{"2"},
			StartsWith: []string{"3"}, NotStartsWith: []string{"4"}, EndsWith: []string{"5"}, NotEndsWith: []string{"6"}}}}}})
}
