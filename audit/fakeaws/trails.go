package fakeaws

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// history is how far back CloudTrail's event history goes.
const history = 90 * 24 * time.Hour

func lookupEvents(x *call) error {
	if len(x.in.LookupAttributes) > 1 {
		return &apiError{http.StatusBadRequest, "InvalidLookupAttributesException", "You can specify only one lookup attribute."}
	}
	from, to := x.in.StartTime.Time, x.in.EndTime.Time
	if !from.IsZero() && !to.IsZero() && from.After(to) {
		return &apiError{http.StatusBadRequest, "InvalidTimeRangeException", "The start time must be before the end time."}
	}
	events, err := x.events(from, to)
	if err != nil {
		return err
	}
	start, end, next, err := x.page(x.in.NextToken, x.in.MaxResults, 50, len(events))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Events", func() {
			for _, e := range events[start:end] {
				x.item(nil, func() { x.eventMembers(e) })
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

// events returns those that are asked for, newest first, none older than the
// history goes back or younger than now.
func (x *call) events(from, to time.Time) ([]*Event, error) {
	now := x.cloud.Clock.Now()
	oldest := now.Add(-history)
	matches := func(*Event) bool { return true }
	if len(x.in.LookupAttributes) == 1 {
		a := x.in.LookupAttributes[0]
		field, ok := eventFields[a.AttributeKey]
		if !ok {
			return nil, &apiError{http.StatusBadRequest, "InvalidLookupAttributesException", "The lookup attribute is not valid."}
		}
		matches = func(e *Event) bool { return slices.Contains(field(e), a.AttributeValue) }
	}
	var found []*Event
	for _, e := range x.region.Events {
		inside := !e.Time.Before(oldest) && !e.Time.After(now) &&
			(from.IsZero() || !e.Time.Before(from)) && (to.IsZero() || !e.Time.After(to))
		if inside && matches(e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *Event) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

// eventFields are what a lookup attribute is compared with.
var eventFields = map[string]func(*Event) []string{
	"EventId":      func(e *Event) []string { return []string{e.ID} },
	"EventName":    func(e *Event) []string { return []string{e.Name} },
	"ReadOnly":     func(e *Event) []string { return []string{e.ReadOnly} },
	"Username":     func(e *Event) []string { return []string{e.Username} },
	"EventSource":  func(e *Event) []string { return []string{e.Source} },
	"AccessKeyId":  func(e *Event) []string { return []string{e.AccessKeyID} },
	"ResourceType": func(e *Event) []string { return e.resources(func(r EventResource) string { return r.Type }) },
	"ResourceName": func(e *Event) []string { return e.resources(func(r EventResource) string { return r.Name }) },
}

func (e *Event) resources(field func(EventResource) string) []string {
	texts := make([]string, len(e.Resources))
	for i, r := range e.Resources {
		texts[i] = field(r)
	}
	return texts
}

func (x *call) eventMembers(e *Event) {
	x.text("EventId", e.ID)
	x.text("EventName", e.Name)
	x.text("ReadOnly", e.ReadOnly)
	x.text("AccessKeyId", e.AccessKeyID)
	x.date("EventTime", e.Time)
	x.text("EventSource", e.Source)
	x.text("Username", e.Username)
	x.list("Resources", func() {
		for _, r := range e.Resources {
			x.item(nil, func() {
				x.text("ResourceType", r.Type)
				x.text("ResourceName", r.Name)
			})
		}
	})
	x.text("CloudTrailEvent", e.Record)
}

// shownTrail is a trail with the region that it is at home in.
type shownTrail struct {
	*Trail
	home string
}

// trails returns what a region shows: its own trails, and when shadows are
// wanted the multi-region ones of the others.
func (x *call) trails(shadows bool) []shownTrail {
	var all []shownTrail
	for _, name := range sortedKeys(x.account.Regions) {
		for _, t := range x.account.Regions[name].Trails {
			if name == x.Region || shadows && t.MultiRegion != nil && *t.MultiRegion {
				all = append(all, shownTrail{t, name})
			}
		}
	}
	return all
}

func describeTrails(x *call) error {
	shadows := x.in.IncludeShadowTrails == nil || *x.in.IncludeShadowTrails
	x.item(nil, func() {
		x.list("trailList", func() {
			for _, t := range x.trails(shadows) {
				if x.in.TrailNameList == nil || slices.Contains(x.in.TrailNameList, t.Name) || slices.Contains(x.in.TrailNameList, t.ARN) {
					x.item(t.Raw, func() { x.trailMembers(t) })
				}
			}
		})
	})
	return nil
}

func (x *call) trailMembers(t shownTrail) {
	x.text("Name", t.Name)
	x.text("S3BucketName", t.Bucket)
	x.flag("IncludeGlobalServiceEvents", t.GlobalServices)
	x.flag("IsMultiRegionTrail", t.MultiRegion)
	x.text("HomeRegion", t.home)
	x.text("TrailARN", t.ARN)
	x.flag("LogFileValidationEnabled", t.Validation)
	x.text("CloudWatchLogsLogGroupArn", t.LogGroupARN)
	x.text("KmsKeyId", t.KmsKeyID)
	x.flag("HasCustomEventSelectors", new(t.EventSelectors != nil || t.AdvancedSelectors != nil))
	x.flag("HasInsightSelectors", new(false))
	x.flag("IsOrganizationTrail", t.Organization)
}

// trail finds a trail by name in this region, or by ARN wherever it is shown.
func (x *call) trail(id string) (*Trail, error) {
	for _, t := range x.trails(true) {
		if t.ARN == id || t.Name == id && t.home == x.Region {
			return t.Trail, nil
		}
	}
	return nil, &apiError{http.StatusBadRequest, "TrailNotFoundException", "Unknown trail: " + id + " for the user: " + x.Account}
}

func getTrailStatus(x *call) error {
	t, err := x.trail(x.in.Name)
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.flag("IsLogging", t.Logging)
		x.date("LatestDeliveryTime", t.LatestDelivery)
		x.text("LatestDeliveryError", t.DeliveryError)
		x.date("StartLoggingTime", t.Started)
		x.date("StopLoggingTime", t.Stopped)
	})
	return nil
}

func getEventSelectors(x *call) error {
	t, err := x.trail(x.in.TrailName)
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.text("TrailARN", t.ARN)
		if t.AdvancedSelectors != nil {
			x.list("AdvancedEventSelectors", func() {
				for _, s := range t.AdvancedSelectors {
					x.item(nil, func() { x.advancedMembers(s) })
				}
			})
			return
		}
		x.list("EventSelectors", func() {
			for _, s := range t.EventSelectors {
				x.item(nil, func() { x.selectorMembers(s) })
			}
		})
	})
	return nil
}

func (x *call) selectorMembers(s EventSelector) {
	x.text("ReadWriteType", s.ReadWriteType)
	x.flag("IncludeManagementEvents", s.IncludeManagementEvents)
	x.list("DataResources", func() {
		for _, d := range s.DataResources {
			x.item(nil, func() {
				x.text("Type", d.Type)
				x.texts("Values", d.Values)
			})
		}
	})
	x.texts("ExcludeManagementEventSources", s.ExcludeSources)
}

func (x *call) advancedMembers(s AdvancedEventSelector) {
	x.text("Name", s.Name)
	x.list("FieldSelectors", func() {
		for _, f := range s.Fields {
			x.item(nil, func() {
				x.text("Field", f.Field)
				x.texts("Equals", f.Equals)
				x.texts("NotEquals", f.NotEquals)
				x.texts("StartsWith", f.StartsWith)
				x.texts("NotStartsWith", f.NotStartsWith)
				x.texts("EndsWith", f.EndsWith)
				x.texts("NotEndsWith", f.NotEndsWith)
			})
		}
	})
}
