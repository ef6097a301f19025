package fakeaws

import (
	"strconv"
	"time"
)

// MetricFilter counts events in a group of CloudWatch Logs.
type MetricFilter struct{ Name, LogGroup, Pattern, Namespace, Metric string }

// Alarm is one of CloudWatch's, on one metric.
type Alarm struct {
	Name, Namespace, Metric string
	State                   string // OK, ALARM, INSUFFICIENT_DATA
	Changed                 time.Time
	Off                     bool // its actions are switched off
	Actions                 []string
}

// EventRule is one of EventBridge's, on the default bus.
type EventRule struct {
	Name, State, Pattern string
	Targets              []string // ARNs
}

func describeMetricFilters(x *call) error {
	all := x.region.MetricFilters
	from, to, next, err := x.page(x.in.NextToken, x.in.Limit, 50, len(all))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("metricFilters", func() {
			for _, f := range all[from:to] {
				x.item(nil, func() {
					x.text("filterName", f.Name)
					x.text("logGroupName", f.LogGroup)
					x.text("filterPattern", f.Pattern)
					x.list("metricTransformations", func() {
						x.item(nil, func() {
							x.text("metricName", f.Metric)
							x.text("metricNamespace", f.Namespace)
							x.text("metricValue", "1")
						})
					})
				})
			}
		})
		x.text("nextToken", next)
	})
	return nil
}

func describeAlarms(x *call) error {
	all := x.region.Alarms
	size, _ := strconv.ParseInt(x.in.form.Get("MaxRecords"), 10, 64)
	from, to, next, err := x.page(x.in.form.Get("NextToken"), &size, 100, len(all))
	if err != nil {
		return err
	}
	openXML(x)
	x.wrap("MetricAlarms", func() {
		for _, a := range all[from:to] {
			x.wrap("member", func() { x.alarm(a) })
		}
	})
	if next != "" {
		x.element("NextToken", next)
	}
	return nil
}

func (x *call) alarm(a *Alarm) {
	x.element("AlarmName", a.Name)
	x.element("Namespace", a.Namespace)
	x.element("MetricName", a.Metric)
	x.element("StateValue", a.State)
	x.element("StateTransitionedTimestamp", a.Changed.UTC().Format(time.RFC3339))
	x.element("ActionsEnabled", strconv.FormatBool(!a.Off))
	x.wrap("AlarmActions", func() {
		for _, action := range a.Actions {
			x.element("member", action)
		}
	})
}

func listRules(x *call) error {
	all := x.region.Rules
	from, to, next, err := x.page(x.in.NextToken, x.in.Limit, 100, len(all))
	if err != nil {
		return err
	}
	x.item(nil, func() {
		x.list("Rules", func() {
			for _, r := range all[from:to] {
				x.item(nil, func() {
					x.text("Name", r.Name)
					x.text("State", r.State)
					x.text("EventPattern", r.Pattern)
					x.text("EventBusName", "default")
				})
			}
		})
		x.text("NextToken", next)
	})
	return nil
}

func listTargetsByRule(x *call) error {
	x.item(nil, func() {
		x.list("Targets", func() {
			for _, r := range x.region.Rules {
				if r.Name != x.in.Rule {
					continue
				}
				for i, arn := range r.Targets {
					x.item(nil, func() {
						x.text("Id", strconv.Itoa(i+1))
						x.text("Arn", arn)
					})
				}
			}
		})
	})
	return nil
}
