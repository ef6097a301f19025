package audit

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assayhq/assay/audit/fakeaws"
)

// at makes an event of the history at a time, n minutes ago.
func eventAt(id string, minutes int, over map[string]any) *fakeaws.Event {
	moment := collected.Add(-time.Duration(minutes) * time.Minute)
	members := map[string]any{"eventID": id, "eventTime": moment.Format(time.RFC3339)}
	for k, v := range over {
		members[k] = v
	}
	return &fakeaws.Event{ID: id, Name: "GetSecretValue", Source: secretsSource, Time: moment, Record: recordOf(members)}
}

// Events that differ in their time alone are one activity.
func TestCollectEvents(t *testing.T) {
	_, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		g.Events = []*fakeaws.Event{
			eventAt("1", 10, nil), eventAt("2", 30, nil), eventAt("3", 20, nil),
			eventAt("4", 5, map[string]any{"errorCode": "AccessDenied"}),
			eventAt("5", 4, map[string]any{"eventName": "BatchGetSecretValue", "requestParameters": map[string]any{"secretIdList": []string{"x", "y"}}}),
			eventAt("6", 60*24*91, nil), // older than what CloudTrail gives
		}
	})
	minutes := func(n int) time.Time { return collected.Add(-time.Duration(n) * time.Minute) }
	base := Activity{
		Type: "activity", Account: testAccount, Region: "eu-west-1", Event: "GetSecretValue", SecretID: "prod/db",
		Principal: "arn:aws:iam::111122223333:user/ada", PrincipalType: "IAMUser", Source: "198.51.100.7", UserAgent: "aws-cli",
	}
	with := func(change func(*Activity)) *Activity { a := base; change(&a); return &a }
	batch := func(id string) *Activity {
		return with(func(a *Activity) {
			a.Event, a.SecretID, a.Count, a.First, a.Last = "BatchGetSecretValue", id, 1, minutes(4), minutes(4)
		})
	}
	want := []*Activity{
		with(func(a *Activity) { a.Count, a.First, a.Last = 3, minutes(30), minutes(10) }),
		with(func(a *Activity) { a.Error, a.Count, a.First, a.Last = "AccessDenied", 1, minutes(5), minutes(5) }),
		batch("x"), batch("y"),
	}
	if diff := cmp.Diff(want, sortActivity(d.activities)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(&EventWindow{From: collected.Add(-maxSince), To: collected, Events: 5}, d.record.Events); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// minuteByMinute lays down n events, one a minute.
func minuteByMinute(g *fakeaws.Region, n int) {
	for i := range n {
		g.Events = append(g.Events, eventAt(fmt.Sprintf("e%04d", i), i, nil))
	}
}

// The budget ends the reading; the window reaches as far as was read.
func TestCollectEventsWithinTheBudget(t *testing.T) {
	o := quick()
	o.MaxEvents = 120
	_, d := one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) { minuteByMinute(g, 400) })
	want := &EventWindow{From: collected.Add(-149 * time.Minute), To: collected, Events: 150, Cut: true} // three pages
	if diff := cmp.Diff(want, d.record.Events); diff != "" || len(d.gaps) > 0 {
		t.Errorf("gaps %+v, -want +got:\n%s", d.gaps, diff)
	}
	o.MaxEvents = 100 // and that is all there is
	_, d = one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) { minuteByMinute(g, 100) })
	if d.record.Events.Cut || d.record.Events.Events != 100 || !d.record.Events.From.Equal(collected.Add(-maxSince)) {
		t.Errorf("%+v", d.record.Events)
	}
}

// Since bounds what is asked for.
func TestCollectEventsSince(t *testing.T) {
	o := quick()
	o.Since = time.Hour
	_, d := one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) { minuteByMinute(g, 100) })
	if n := d.record.Events.Events; n < 60 || n > 61 || !d.record.Events.From.Equal(collected.Add(-time.Hour)) {
		t.Errorf("%+v", d.record.Events)
	}
}

// Events that come twice count once, and an error in the middle leaves what was
// read, with the interval that it covers and a gap.
func TestCollectEventsThroughFaults(t *testing.T) {
	tests := []struct {
		fault  string
		where  fakeaws.Scope
		events int
		cut    bool
		reason Reason
	}{
		{"page-duplicates", fakeaws.Scope{}, 200, false, ""},
		{"page-token-expired", fakeaws.Scope{Count: 1}, 200, false, ""},
		{"denied-json", fakeaws.Scope{From: 3}, 100, true, Denied},
		{"page-loop-aa", fakeaws.Scope{}, 0, true, Invalid},
		{"body-malformed", fakeaws.Scope{From: 2}, 50, true, Invalid},
	}
	for _, test := range tests {
		_, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
			minuteByMinute(g, 200)
			test.where.Operation = "LookupEvents"
			inject(t, cloud, test.fault, test.where)
		})
		w := d.record.Events
		if w == nil || w.Cut != test.cut || test.events > 0 && w.Events != test.events {
			t.Errorf("%s: the window is %+v", test.fault, w)
			continue
		}
		if oldest := collected.Add(-time.Duration(w.Events-1) * time.Minute); test.cut && !w.From.Equal(oldest) {
			t.Errorf("%s: %d events cover from %v, want %v", test.fault, w.Events, w.From, oldest)
		}
		if test.reason == "" && len(d.gaps) > 0 || test.reason != "" && (len(d.gaps) != 1 || !hasGap(d.gaps, LookupEvents, test.reason)) {
			t.Errorf("%s: the gaps are %+v", test.fault, d.gaps)
		}
		total := 0
		for _, a := range d.activities {
			total += a.Count
		}
		if total != w.Events {
			t.Errorf("%s: %d events were read and %d counted", test.fault, w.Events, total)
		}
	}
}

func TestCollectEventsDenied(t *testing.T) {
	_, d := one(t, quick(), func(cloud *fakeaws.Cloud, g *fakeaws.Region) {
		minuteByMinute(g, 10)
		inject(t, cloud, "denied-json", fakeaws.Scope{Operation: "LookupEvents"})
	})
	if d.record.Events != nil || !hasGap(d.gaps, LookupEvents, Denied) || len(d.activities) > 0 {
		t.Errorf("%+v, gaps %+v", d.record.Events, d.gaps)
	}
}

// An event that makes no sense is read, leaves one gap, and costs itself only.
func TestCollectEventsThatMakeNoSense(t *testing.T) {
	_, d := one(t, quick(), func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		minuteByMinute(g, 3)
		for i, record := range []string{"", "{", "[]", `{"eventName":7}`} {
			g.Events = append(g.Events, &fakeaws.Event{ID: fmt.Sprint("odd", i), Source: secretsSource, Time: collected.Add(-time.Hour), Record: record})
		}
		g.Events = append(g.Events, eventAt("timeless", 70, map[string]any{"eventTime": "yesterday"}))
	})
	if d.record.Events.Events != 8 || len(d.gaps) != 1 || !hasGap(d.gaps, LookupEvents, Invalid) {
		t.Errorf("%+v, gaps %+v", d.record.Events, d.gaps)
	}
	if list := d.activities; len(list) != 1 || list[0].Count != 4 || !list[0].First.Equal(collected.Add(-70*time.Minute)) {
		t.Errorf("the activities are %+v", list[0])
	}
}

// Activities that are too many to keep are told of.
func TestCollectEventsOfTooManyKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("200,000 activities")
	}
	o := quick()
	_, d := one(t, o, func(_ *fakeaws.Cloud, g *fakeaws.Region) {
		for i := range maxTallies/maxEventSecrets + 1 {
			ids := make([]string, maxEventSecrets)
			for j := range ids {
				ids[j] = fmt.Sprintf("s%d-%d", i, j)
			}
			g.Events = append(g.Events, eventAt(fmt.Sprint(i), 1+i, map[string]any{"eventName": "BatchGetSecretValue", "requestParameters": map[string]any{"secretIdList": ids}}))
		}
	})
	if len(d.activities) != maxTallies || len(d.gaps) != 1 || d.gaps[0].Operation != LookupEvents {
		t.Errorf("%d activities, gaps %+v", len(d.activities), d.gaps)
	}
}
