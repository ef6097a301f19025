package audit

import (
	"encoding/json"
	"slices"
	"strings"
)

// An eventPattern is the part of a pattern of EventBridge that says which events of
// CloudTrail match. A member that is absent matches all.
type eventPattern struct {
	Source     []any
	DetailType []any `json:"detail-type"`
	Detail     struct {
		EventSource []any
		EventName   []any
	}
}

// sees reports whether a rule hands a kind of event on. Events that read come to
// those rules alone that are told to take all management events.
func (r EventRule) sees(k watchedKind) bool {
	if !strings.HasPrefix(r.State, "ENABLED") || k.refused && r.State != "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" {
		return false
	}
	var p eventPattern
	if json.Unmarshal([]byte(r.Pattern), &p) != nil {
		return false
	}
	how := "AWS API Call via CloudTrail"
	if k.service {
		how = "AWS Service Event via CloudTrail"
	}
	return matchesOne(p.Source, "aws.secretsmanager") && matchesOne(p.Detail.EventSource, secretsSource) &&
		matchesOne(p.DetailType, how) && matchesOne(p.Detail.EventName, k.event)
}

// matchesOne reports whether a value matches one of a list, in which an object is a
// way of matching: {"prefix": "Delete"}. A way that is not known matches nothing.
func matchesOne(list []any, value string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(one any) bool {
		if text, ok := one.(string); ok {
			return text == value
		}
		way, _ := one.(map[string]any)
		prefix, isPrefix := way["prefix"].(string)
		suffix, isSuffix := way["suffix"].(string)
		folded, isFolded := way["equals-ignore-case"].(string)
		return isPrefix && strings.HasPrefix(value, prefix) || isSuffix && strings.HasSuffix(value, suffix) || isFolded && strings.EqualFold(value, folded)
	})
}
