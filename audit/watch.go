package audit

import (
	"cmp"
	"context"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// collectWatch asks for what watches over the events of Secrets Manager: metric
// filters, alarms and rules of EventBridge. Accounts have thousands of them; those
// that have nothing to do with it are dropped as they come.
func (r *regionRun) collectWatch(ctx context.Context) {
	w := &Watch{Type: "watch", Account: r.c.account, Region: r.c.region}
	if r.asks(DescribeMetricFilters) {
		r.saveGap(r.metricFilters(ctx, w))
	}
	if r.asks(DescribeAlarms) {
		r.saveGap(r.alarms(ctx, w))
	}
	if r.asks(ListRules) {
		r.saveGap(r.eventRules(ctx, w))
	}
	if len(w.Filters)+len(w.Alarms)+len(w.Rules) > 0 {
		r.save(r.c.cell, w)
	}
}

// A filterPage is a page of DescribeMetricFilters.
type filterPage struct {
	MetricFilters []struct {
		FilterName, LogGroupName, FilterPattern string
		MetricTransformations                   []struct{ MetricName, MetricNamespace string }
	}
	NextToken string
}

func (r *regionRun) metricFilters(ctx context.Context, w *Watch) *Gap {
	gap := r.askPages(ctx, r.c, DescribeMetricFilters, "", func(ctx context.Context, token *string) (*string, int, error) {
		in := map[string]any{"limit": 50}
		if token != nil {
			in["nextToken"] = *token
		}
		page := &filterPage{}
		if err := r.c.askJSON(ctx, wireLogs, DescribeMetricFilters, in, page); err != nil {
			return nil, 0, err
		}
		if page.MetricFilters == nil {
			return nil, 0, lacks("metricFilters")
		}
		for _, f := range page.MetricFilters {
			if !aboutSecrets(f.FilterPattern) {
				continue
			}
			one := MetricFilter{Name: r.texts.clean(f.FilterName), LogGroup: r.texts.clean(f.LogGroupName), Pattern: r.texts.clean(f.FilterPattern)}
			for _, m := range f.MetricTransformations {
				one.Metrics = append(one.Metrics, r.texts.clean(m.MetricNamespace+"/"+m.MetricName))
			}
			w.Filters = append(w.Filters, one)
		}
		return &page.NextToken, len(page.MetricFilters), nil
	})
	slices.SortFunc(w.Filters, func(a, b MetricFilter) int {
		return cmp.Or(cmp.Compare(a.LogGroup, b.LogGroup), cmp.Compare(a.Name, b.Name))
	})
	w.Filters = slices.CompactFunc(w.Filters, func(a, b MetricFilter) bool { return a.LogGroup == b.LogGroup && a.Name == b.Name })
	return gap
}

// aboutSecrets reports whether a pattern of log events has to do with secrets, or
// with refusals of any kind.
func aboutSecrets(pattern string) bool {
	text := strings.ToLower(pattern)
	return slices.ContainsFunc([]string{"secret", "rotation", "resourcepolicy", "accessdenied", "unauthorized"}, func(word string) bool { return strings.Contains(text, word) })
}

// An alarmPage is a page of DescribeAlarms.
type alarmPage struct {
	XMLName xml.Name `xml:"DescribeAlarmsResponse"`
	Result  *struct {
		Alarms []struct {
			AlarmName, Namespace, MetricName, StateValue string
			StateTransitionedTimestamp                   string
			StateUpdatedTimestamp                        string
			ActionsEnabled                               string
			AlarmActions                                 []string `xml:"AlarmActions>member"`
		} `xml:"MetricAlarms>member"`
		NextToken string
	} `xml:"DescribeAlarmsResult"`
}

// alarms asks for the alarms on one metric; those that put several together are
// made of such. They come after the filters, which say what metrics matter.
func (r *regionRun) alarms(ctx context.Context, w *Watch) *Gap {
	fed := map[string]bool{}
	for _, f := range w.Filters {
		for _, m := range f.Metrics {
			fed[m] = true
		}
	}
	gap := r.askPages(ctx, r.c, DescribeAlarms, "", func(ctx context.Context, token *string) (*string, int, error) {
		form := url.Values{"AlarmTypes.member.1": {"MetricAlarm"}, "MaxRecords": {"100"}}
		if token != nil {
			form.Set("NextToken", *token)
		}
		page := &alarmPage{}
		if err := r.c.askXML(ctx, wireAlarms, DescribeAlarms, form, page); err != nil {
			return nil, 0, err
		}
		if page.Result == nil {
			return nil, 0, lacks("DescribeAlarmsResult")
		}
		for _, a := range page.Result.Alarms {
			metric := r.texts.clean(a.Namespace + "/" + a.MetricName)
			if !fed[metric] && !strings.Contains(strings.ToLower(metric), "secret") {
				continue
			}
			one := Alarm{Name: r.texts.clean(a.AlarmName), Metric: metric, State: r.texts.clean(a.StateValue)}
			if at, err := time.Parse(time.RFC3339, cmp.Or(a.StateTransitionedTimestamp, a.StateUpdatedTimestamp)); err == nil && possible(at) {
				one.Changed = aws.Time(at.UTC())
			}
			if a.ActionsEnabled != "false" {
				one.Actions = len(a.AlarmActions)
			}
			w.Alarms = append(w.Alarms, one)
		}
		return &page.Result.NextToken, len(page.Result.Alarms), nil
	})
	slices.SortFunc(w.Alarms, func(a, b Alarm) int { return cmp.Compare(a.Name, b.Name) })
	w.Alarms = slices.CompactFunc(w.Alarms, func(a, b Alarm) bool { return a.Name == b.Name })
	return gap
}

// A rulePage is a page of ListRules.
type rulePage struct {
	Rules []struct {
		Name, EventPattern, State, EventBusName string
	}
	NextToken string
}

// eventRules asks for the rules of the default bus, to which AWS's services send.
func (r *regionRun) eventRules(ctx context.Context, w *Watch) *Gap {
	gap := r.askPages(ctx, r.c, ListRules, "", func(ctx context.Context, token *string) (*string, int, error) {
		in := map[string]any{"Limit": 100}
		if token != nil {
			in["NextToken"] = *token
		}
		page := &rulePage{}
		if err := r.c.askJSON(ctx, wireRules, ListRules, in, page); err != nil {
			return nil, 0, err
		}
		if page.Rules == nil {
			return nil, 0, lacks("Rules")
		}
		for _, one := range page.Rules {
			if strings.Contains(strings.ToLower(one.EventPattern), "secretsmanager") {
				w.Rules = append(w.Rules, EventRule{
					Name: r.texts.clean(one.Name), Bus: r.texts.clean(one.EventBusName), State: r.texts.clean(one.State), Pattern: r.texts.clean(one.EventPattern),
				})
			}
		}
		return &page.NextToken, len(page.Rules), nil
	})
	slices.SortFunc(w.Rules, func(a, b EventRule) int { return cmp.Compare(a.Name, b.Name) })
	w.Rules = slices.CompactFunc(w.Rules, func(a, b EventRule) bool { return a.Name == b.Name })
	for i := range w.Rules {
		if targets := r.ruleTargets(ctx, w.Rules[i].Name); targets >= 0 {
			w.Rules[i].Targets = &targets
		}
	}
	return gap
}

// ruleTargets counts the targets of a rule on the first page, -1 if that is not known.
func (r *regionRun) ruleTargets(ctx context.Context, rule string) int {
	if !r.asks(ListTargetsByRule) {
		return -1
	}
	targets := -1
	r.saveGap(r.ask(ctx, r.c, ListTargetsByRule, "", func(ctx context.Context) error {
		var out struct{ Targets []struct{} }
		if err := r.c.askJSON(ctx, wireRules, ListTargetsByRule, map[string]any{"Rule": rule, "Limit": 100}, &out); err != nil {
			return unlessNotFound(err) // deleted since
		}
		targets = len(out.Targets)
		return nil
	}))
	return targets
}
